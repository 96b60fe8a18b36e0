import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, bytesToHex, type Hex, hexToBytes, signDigest, zeroHash } from '@koinon/base'
import { alphaStakingAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SubmittedRoot } from '../client/index.ts'
import { hashOfWords } from '../rules/epoch-record.ts'
import { epochWindow, resultDigest, type SpecParts, subnetFromDefinition } from '../rules/index.ts'
import { amountProof, halfProof, resultRoot } from '../rules/result-tree.ts'
import { amountWord, noRow, seatWord, validatorWord } from '../rules/seat-words.ts'
import { digestSource, digestSpecHash, digestSubnet } from '../testing/digest-subnet.ts'
import { startTestLedger, type TestLedger, testPhases, token } from '../testing/test-ledger.ts'
import { connect, createTestValidator } from '../testing/test-peers.ts'
import { disputeStep, punishStep } from './dispute-step.ts'
import { EpochHistory } from './epoch-history.ts'
import type { EpochStep } from './epoch-step.ts'
import type { ValidatorEvent } from './ports.ts'

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
    const { posting, result } = forged(netuid, thief.address, { consensus: 0n, mined: 5n })
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
    expect([await weightOf(netuid, thief.address), events]).toEqual([30n * token, []])
    await look(dueSeconds)
    await look(dueSeconds + 1)
    expect(await weightOf(netuid, thief.address)).toBe(24n * token)
    expect(events).toEqual([{ kind: 'punished', epoch: 1 }])
    expect(await chain.offences(netuid)).toEqual([])
  }, 60_000)
})

describe('disputeStep', () => {
  it('shows what is wrong in an epoch of an earlier file: amounts always, shares where that file is remembered', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(digestSpecHash)
    const thief = ledger.nextAccount()
    await ledger.join(thief, netuid, '', 30n * token)
    const { ledger: chain, writer } = connect(ledger.network, thief.privateKey)
    await ledger.moveTo(genesisSeconds + 3 * testPhases.epochSeconds)
    await ledger.advanceEmission()
    const witness = connect(ledger.network, ledger.owner.privateKey)
    const look = async (remembered: SpecParts | undefined): Promise<readonly ValidatorEvent[]> => {
      const events: ValidatorEvent[] = []
      const options = {
        ledger: chain,
        netuid,
        subnet: otherSubnet,
        specHash: otherSubnet.specHash(digestSource),
        sourceHash: digestSource,
        writer: witness.writer,
        store: { spec: async () => remembered },
        onEvent: (event: ValidatorEvent) => events.push(event),
      }
      const history = new EpochHistory({ netuid, ledger: chain, aggregator: otherSubnet.aggregator })
      const step = { options, nowSeconds: await chain.nowSeconds() }
      await disputeStep(step as unknown as EpochStep<unknown, unknown, unknown>, history)
      return events
    }
    const submit = async ({ posting, result }: ReturnType<typeof forged>): Promise<void> => {
      const signature = signDigest(resultDigest(chain.domain, result), hexToBytes(thief.privateKey))
      await writer.submitRoot(result, posting, [0], [signature])
    }
    await submit(forged(netuid, thief.address, { consensus: 0n, mined: 5n }))
    expect(await look(undefined)).toMatchObject([{ kind: 'disputed', epoch: 1, what: 'amount' }, { kind: 'punished' }])
    await submit(forged(netuid, thief.address, { consensus: 7n, mined: 0n }))
    expect(await look(undefined)).toEqual([])
    expect(await look(digestSubnet.specParts(digestSource))).toMatchObject([{ kind: 'disputed', what: 'seat' }, {}])

    // A number of a seat that nobody holds, which takes no file to be wrong.
    const dividendOfNobody = seatWord({ tenure: 0, consensus: 0n, rank: 0n, dividend: 1n })
    await submit(forged(netuid, thief.address, { consensus: 0n, mined: 0n }, [dividendOfNobody]))
    expect(await look(undefined)).toMatchObject([{ kind: 'disputed', what: 'seat' }, {}])

    // A validator that has gone over to the other file goes on looking.
    await submit(forged(netuid, thief.address, { consensus: 0n, mined: 6n }))
    const folder = mkdtempSync(join(tmpdir(), 'koinon-dispute-'))
    const events: string[] = []
    const { promise: disputed, resolve } = Promise.withResolvers<void>()
    const validator = await createTestValidator(ledger.network, ledger.owner.privateKey, netuid, folder, {
      subnet: otherSubnet,
      onEvent: ({ kind }) => {
        events.push(kind)
        if (kind === 'disputed') resolve()
      },
    })
    validator.start()
    await disputed
    await validator.close()
    rmSync(folder, { recursive: true, force: true })
    expect(events.slice(0, events.indexOf('disputed'))).not.toContain('committed')
  }, 60_000)
})

describe('disputeStep of a validator whose server of the ledger lies', () => {
  it('goes on to a number that the ledger accepts, and objects when there is none', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(digestSpecHash)
    const thief = ledger.nextAccount()
    const honest = ledger.nextAccount()
    await ledger.join(thief, netuid, '', 30n * token)
    await ledger.join(honest, netuid, '', 10n * token)
    const { ledger: chain, writer } = connect(ledger.network, thief.privateKey)
    await ledger.moveTo(genesisSeconds + 3 * testPhases.epochSeconds)
    await ledger.advanceEmission()
    const witness = connect(ledger.network, honest.privateKey)
    const saved: Hex[] = []
    // Of seats that both have had for one epoch it says three.
    const lying = {
      ...chain,
      seatsAt: async (...at: Parameters<typeof chain.seatsAt>) =>
        (await chain.seatsAt(...at)).map((seat) => ({ ...seat, sinceSeconds: seat.sinceSeconds - 2_000 })),
    }
    const look = async (): Promise<readonly ValidatorEvent[]> => {
      const events: ValidatorEvent[] = []
      const options = {
        ledger: lying,
        netuid,
        subnet: digestSubnet,
        specHash: digestSpecHash,
        sourceHash: digestSource,
        writer: witness.writer,
        account: {
          address: witness.hotkey,
          signDigest: (digest: Uint8Array) => signDigest(digest, hexToBytes(honest.privateKey)),
        },
        store: {
          saveObjection: async (_: number, __: number, { resultHash }: { resultHash: Hex }) => saved.push(resultHash),
        },
        onEvent: (event: ValidatorEvent) => events.push(event),
      }
      const history = new EpochHistory({ netuid, ledger: lying, aggregator: digestSubnet.aggregator })
      const step = { options, nowSeconds: await chain.nowSeconds() }
      await disputeStep(step as unknown as EpochStep<unknown, unknown, unknown>, history)
      return events
    }
    const validators = [thief, honest].map(({ address }, place) =>
      validatorWord({ hotkey: address, age: noRow, stake: place === 0 ? 30n * token : 10n * token }),
    )
    const submit = async (mined: bigint): Promise<Hex> => {
      const words = {
        ...forged(netuid, thief.address, { consensus: 0n, mined }).posting,
        validators: validators.toSorted(),
        seats: [0, 1].map(() => seatWord({ tenure: 1, consensus: 0n, rank: 0n, dividend: 0n })),
      }
      const result = {
        ...forged(netuid, thief.address, { consensus: 0n, mined }).result,
        root: resultRoot(words),
        validatorsHash: hashOfWords(words.validators),
      }
      const digest = resultDigest(chain.domain, result)
      const place = words.validators.indexOf(validators[0] as Hex)
      await writer.submitRoot(result, words, [place], [signDigest(digest, hexToBytes(thief.privateKey))])
      return bytesToHex(digest)
    }

    const wrong = await submit(5n)
    const refused = ['seat 0: NothingWrong()']
    expect(await look()).toMatchObject([
      { kind: 'notShown', resultHash: wrong, refused, shown: 'amount' },
      { kind: 'disputed', what: 'amount' },
      { kind: 'punished' },
    ])
    expect(saved).toEqual([])

    const right = await submit(0n)
    expect(await look()).toEqual([
      {
        kind: 'notShown',
        epoch: 1,
        resultHash: right,
        wrong: ['tenure of seat 0', 'tenure of seat 1', 'dataHash'],
        refused: [...refused, 'seat 1: NothingWrong()'],
        shown: 'nothing',
      },
    ])
    expect(saved).toEqual([right])
    expect(await chain.isDisabled(right)).toBe(false)
  }, 60_000)
})

/** A later file of the subnet, whose shares the ledger cannot check. */
const otherSubnet = {
  ...digestSubnet,
  ...subnetFromDefinition({ ...digestSubnet, version: 2, aggregatorName: 'yuma3' }),
}

/** What the only validator, without a row, might sign of epoch 1 in favour of its own seat. */
function forged(
  netuid: number,
  hotkey: Address,
  seat: { readonly consensus: bigint; readonly mined: bigint },
  more: readonly Hex[] = [],
) {
  const { consensus, mined } = seat
  const posting = {
    validators: [validatorWord({ hotkey, age: noRow, stake: 30n * token })],
    seats: [seatWord({ tenure: 1, consensus, rank: 0n, dividend: 0n }), ...more],
    amounts: [amountWord({ mined, dividends: 0n })],
    carry: [],
  }
  const result = {
    netuid,
    epoch: 1,
    previousHash: zeroHash,
    root: resultRoot(posting),
    minersTotal: mined,
    dividendsTotal: 0n,
    validatorsHash: hashOfWords(posting.validators),
    carryHash: hashOfWords(posting.carry),
    specHash: digestSpecHash,
    dataHash: zeroHash,
  }
  return { posting, result }
}

function weightOf(netuid: number, hotkey: Hex): Promise<bigint> {
  const { staking } = ledger.network.contracts
  return ledger.reader.readContract({
    address: staking,
    abi: alphaStakingAbi,
    functionName: 'weightOf',
    args: [netuid, hotkey],
  })
}
