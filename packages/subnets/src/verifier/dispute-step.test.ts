import { type Hex, hexToBytes, signDigest, zeroHash } from '@koinon/base'
import { alphaStakingAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SubmittedRoot } from '../client/index.ts'
import { hashOfWords } from '../rules/epoch-record.ts'
import { epochWindow, resultDigest } from '../rules/index.ts'
import { amountProof, halfProof, resultRoot } from '../rules/result-tree.ts'
import { amountWord, noRow, seatWord, validatorWord } from '../rules/seat-words.ts'
import { digestSource, digestSpecHash, digestSubnet } from '../testing/digest-subnet.ts'
import { startTestLedger, type TestLedger, testPhases, token } from '../testing/test-ledger.ts'
import { connect } from '../testing/test-peers.ts'
import { punishStep } from './dispute-step.ts'
import type { ValidatorEvent } from './ports.ts'
import type { EpochStep } from './weights-step.ts'

let ledger: TestLedger
beforeAll(async () => {
  ledger = await startTestLedger()
}, 120_000)
afterAll(() => ledger.close())

describe('punishStep', () => {
  it('slashes for an offence that whoever showed it left unpunished, once, and not before it had its time', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(digestSpecHash)
    const clock = { genesisSeconds, ...testPhases }
    const thief = ledger.nextAccount()
    await ledger.join(thief, netuid, '', 30n * token)
    const { ledger: chain, writer } = connect(ledger.network, thief.privateKey)
    await ledger.moveTo(genesisSeconds + 3 * testPhases.epochSeconds)
    // Pays its only signer without a row.
    const posting = {
      validators: [validatorWord({ hotkey: thief.address, age: noRow, stake: 30n * token })],
      seats: [seatWord({ tenure: 1, consensus: 0n, rank: 0n, dividend: 0n })],
      amounts: [amountWord({ mined: 5n, dividends: 0n })],
      carry: [],
    }
    const result = {
      netuid,
      epoch: 1,
      root: resultRoot(posting),
      minersTotal: 5n,
      dividendsTotal: 0n,
      validatorsHash: hashOfWords(posting.validators),
      carryHash: hashOfWords(posting.carry),
      specHash: digestSpecHash,
      dataHash: zeroHash,
    }
    await ledger.advanceEmission()
    const signature = signDigest(resultDigest(chain.domain, result), hexToBytes(thief.privateKey))
    await writer.submitRoot(result, posting, [0], [signature])
    const root = (await chain.roots(netuid))[0] as SubmittedRoot
    expect(await chain.offences(netuid)).toEqual([])

    const witness = connect(ledger.network, ledger.owner.privateKey)
    const previousProof = amountProof({ seats: [], amounts: [] }, 0)
    const [word] = posting.amounts as [Hex]
    await witness.writer.dispute(root, digestSubnet.specParts(digestSource), {
      kind: 'amount',
      uid: 0,
      word,
      proof: halfProof(posting.amounts, 0),
      previous: zeroHash,
      previousProof,
    })
    const [offence] = await chain.offences(netuid)
    expect(offence).toMatchObject({ epoch: 1, resultHash: root.resultHash, result, posting })
    expect(await chain.roots(netuid)).toEqual([])

    const events: ValidatorEvent[] = []
    const look = (nowSeconds: number): Promise<void> => {
      const options = {
        ledger: chain,
        netuid,
        writer: witness.writer,
        onEvent: (event: ValidatorEvent) => events.push(event),
      }
      const step = { options, nowSeconds, epoch: 1, window: epochWindow(clock, 1) }
      return punishStep(step as unknown as EpochStep<unknown, unknown, unknown>)
    }
    const dueSeconds = (offence?.overturnedAtSeconds ?? 0) + testPhases.activationDelaySeconds
    await look(dueSeconds - 1)
    expect([await stakeOf(netuid, thief.address), events]).toEqual([30n * token, []])
    await look(dueSeconds)
    await look(dueSeconds + 1)
    expect(await stakeOf(netuid, thief.address)).toBe(24n * token)
    expect(events).toEqual([{ kind: 'punished', epoch: 1 }])
    expect(await chain.offences(netuid)).toEqual([])
  }, 60_000)
})

function stakeOf(netuid: number, hotkey: Hex): Promise<bigint> {
  const { staking } = ledger.network.contracts
  return ledger.reader.readContract({
    address: staking,
    abi: alphaStakingAbi,
    functionName: 'stakeOf',
    args: [netuid, hotkey],
  })
}
