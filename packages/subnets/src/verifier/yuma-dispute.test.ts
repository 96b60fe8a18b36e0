import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesToHex, type Hex, hexToBytes, integerWord, signDigest } from '@koinon/base'
import { alphaStakingAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SubmittedRoot } from '../client/index.ts'
import {
  type EpochComputation,
  epochWindow,
  packRow,
  resultDigest,
  subnetFromDefinition,
  weightsCommitment,
} from '../rules/index.ts'
import { resultRoot } from '../rules/result-tree.ts'
import { parseSeatWord } from '../rules/seat-words.ts'
import { digestSource, digestSubnet } from '../testing/digest-subnet.ts'
import { startTestLedger, type TestAccount, type TestLedger, testPhases, token, until } from '../testing/test-ledger.ts'
import { connect, createTestValidator } from '../testing/test-peers.ts'
import { disputeStep } from './dispute-step.ts'
import { EpochHistory } from './epoch-history.ts'
import type { EpochStep } from './epoch-step.ts'
import type { ValidatorEvent } from './ports.ts'

const yumaSubnet = {
  ...digestSubnet,
  ...subnetFromDefinition({ ...digestSubnet, name: 'digest under Yuma', aggregatorName: 'yuma3Capped' }),
}
const specHash = yumaSubnet.specHash(digestSource)
const stakes = [40n * token, 40n * token, 20n * token]
const salt: Hex = `0x${'5a'.repeat(32)}`

let ledger: TestLedger
beforeAll(async () => {
  ledger = await startTestLedger()
}, 120_000)
afterAll(() => ledger.close())

describe('a quorum that cheats under Yuma', () => {
  it('is caught at every number of a seat but the dividend, and slashed, by one honest validator alone', async () => {
    const { netuid, validators, right } = await epochWithRows()
    const [first, second, honest] = validators as [TestAccount, TestAccount, TestAccount]
    const owns = right.posting.seats.map((word) => parseSeatWord(word).own)
    // Every row names its own seat, too, and one that nobody has.
    expect(owns.filter((own) => own > 0n)).toHaveLength(5)
    const chain = connect(ledger.network, first.privateKey)
    const submit = async (words: readonly Hex[]): Promise<SubmittedRoot> => {
      const posting = { ...right.posting, seats: words }
      const result = { ...right.result, root: resultRoot(posting) }
      const digest = resultDigest(chain.ledger.domain, result)
      const signing = [first, second].sort((a, b) => (a.address < b.address ? -1 : 1))
      const places = signing.map(({ address }) =>
        right.inputs.validators.findIndex(({ hotkey }) => hotkey === address.toLowerCase()),
      )
      const signatures = signing.map(({ privateKey }) => signDigest(digest, hexToBytes(privateKey)))
      await chain.writer.submitRoot(result, posting, places, signatures)
      return (await chain.ledger.roots(netuid)).at(-1) as SubmittedRoot
    }

    // One unit more of what the third seat's rank is a part of: the honest validator's loop finds it by itself.
    const wrongOwn = await submit(changed(right, 2, 1n))
    const folder = mkdtempSync(join(tmpdir(), 'koinon-yuma-'))
    const watcher = await createTestValidator(ledger.network, honest.privateKey, netuid, folder, { subnet: yumaSubnet })
    watcher.start()
    await until('the quorum is slashed', () => watcher.events.some(({ kind }) => kind === 'punished'))
    await watcher.close()
    rmSync(folder, { recursive: true, force: true })
    expect(watcher.events.filter(({ kind }) => kind === 'disputed' || kind === 'punished')).toEqual([
      { kind: 'disputed', epoch: 1, what: 'seat' },
      { kind: 'punished', epoch: 1 },
    ])
    expect(await chain.ledger.isDisabled(wrongOwn.resultHash)).toBe(true)
    expect(await Promise.all([first, second, honest].map(stakeOf))).toEqual([32n * token, 32n * token, 20n * token])

    // Anybody, also without a permit; the rest of a seat's word.
    const stranger = connect(ledger.network, ledger.owner.privateKey)
    const look = async (subnet: typeof digestSubnet): Promise<readonly ValidatorEvent[]> => {
      const events: ValidatorEvent[] = []
      const options = {
        ledger: chain.ledger,
        netuid,
        subnet,
        specHash: subnet.specHash(digestSource),
        sourceHash: digestSource,
        writer: stranger.writer,
        account: { address: stranger.hotkey },
        store: { spec: async () => yumaSubnet.specParts(digestSource) },
        onEvent: (event: ValidatorEvent) => events.push(event),
      }
      const history = new EpochHistory({ netuid, ledger: chain.ledger, aggregator: subnet.aggregator })
      const step = { options, nowSeconds: await chain.ledger.nowSeconds() }
      await disputeStep(step as unknown as EpochStep<unknown, unknown, unknown>, history)
      return events
    }
    const shifts = { tenure: 248n, consensus: 208n, rank: 168n } as const
    for (const [number, shift] of Object.entries(shifts)) {
      const { resultHash } = await submit(changed(right, 4, 1n << shift))
      const what = number === 'rank' ? 'rank' : 'seat'
      expect(await look(yumaSubnet)).toMatchObject([{ kind: 'disputed', what }, { kind: 'punished' }])
      expect(await chain.ledger.isDisabled(resultHash)).toBe(true)
    }
    // A validator that ran this file once, and has gone over to one with another aggregator.
    await submit(changed(right, 3, 1n))
    expect(await look(digestSubnet)).toMatchObject([{ kind: 'disputed', what: 'seat' }, {}])
    // Who was slashed for the epoch is not slashed again for more of it.
    expect(await Promise.all([first, second, honest].map(stakeOf))).toEqual([32n * token, 32n * token, 20n * token])
    const untouched = await submit(right.posting.seats)
    expect(await look(yumaSubnet)).toEqual([])
    expect(await chain.ledger.isDisabled(untouched.resultHash)).toBe(false)
  }, 120_000)
})

/** Three validators with rows of the first epoch, two miners, and what honest nodes compute of it. */
async function epochWithRows() {
  const { netuid, genesisSeconds } = await ledger.createSubnet(specHash)
  const clock = { genesisSeconds, ...testPhases }
  const validators = stakes.map(() => ledger.nextAccount())
  for (const [place, account] of validators.entries()) await ledger.join(account, netuid, '', stakes[place])
  for (const miner of [ledger.nextAccount(), ledger.nextAccount()]) await ledger.join(miner, netuid, '')
  const rows = [0, 1, 2].map((own) =>
    packRow([0, 1, 2, 3, 4, 9].map((uid) => ({ uid, weight: 1_000 * (uid + 1) + own }))),
  )
  const window = epochWindow(clock, 1)
  await ledger.moveTo(window.workCommitEndsAtSeconds + 1)
  const { contracts, chainId } = ledger.network
  for (const [place, { privateKey, address }] of validators.entries()) {
    const committed = { chainId, weightsContract: contracts.weights, netuid, epoch: 1, hotkey: address, salt }
    const commitment = weightsCommitment({ ...committed, packedRow: rows[place] as Hex })
    await connect(ledger.network, privateKey).writer.commitWeights(netuid, 1, { commitment, specHash })
  }
  await ledger.moveTo(window.weightCommitEndsAtSeconds + 1)
  for (const [place, { privateKey }] of validators.entries())
    await connect(ledger.network, privateKey).writer.revealWeights(netuid, 1, rows[place] as Hex, salt)
  await ledger.advanceEmission()
  await ledger.moveTo(window.revealEndsAtSeconds + 1)
  const history = new EpochHistory({
    netuid,
    ledger: connect(ledger.network, ledger.owner.privateKey).ledger,
    aggregator: yumaSubnet.aggregator,
  })
  return { netuid, validators, right: await history.compute(1, undefined) }
}

/** The right words but for some bits of one seat. */
function changed({ posting }: EpochComputation, uid: number, bits: bigint): readonly Hex[] {
  return posting.seats.map((word, place) => (place === uid ? bytesToHex(integerWord(BigInt(word) ^ bits)) : word))
}

/** KOIN of an account on the root, behind itself. */
async function stakeOf({ address }: TestAccount): Promise<bigint> {
  const [, onRoot] = await ledger.reader.readContract({
    address: ledger.network.contracts.staking,
    abi: alphaStakingAbi,
    functionName: 'positionOf',
    args: [0, address, address],
  })
  // A unit may be lost in rounding.
  return ((onRoot + 1n) / token) * token
}
