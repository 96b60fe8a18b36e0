import { bytesToHex, type Hex, hexToBytes, integerWord, signDigest } from '@koinon/base'
import { leaveSubnet } from '@koinon/ledger'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SubmittedRoot } from '../client/index.ts'
import { columnRuleOf } from '../rules/column-rules.ts'
import { hashOfWords } from '../rules/epoch-record.ts'
import {
  epochWindow,
  findDisputes,
  packRow,
  resultDigest,
  subnetFromDefinition,
  weightsCommitment,
} from '../rules/index.ts'
import { resultRoot } from '../rules/result-tree.ts'
import { dividendBits } from '../rules/seat-words.ts'
import { wrongNumbers } from '../rules/wrong-numbers.ts'
import { digestSource, digestSubnet } from '../testing/digest-subnet.ts'
import { type ForgedResult, type Forgery, forgeriesOf, paidByItsSeats, rightResult } from '../testing/forged-results.ts'
import { startTestLedger, type TestAccount, type TestLedger, testPhases, token } from '../testing/test-ledger.ts'
import { connect } from '../testing/test-peers.ts'
import { EpochHistory } from './epoch-history.ts'

/** Of every seat: of a validator that cheats, an honest one, one without a row, a miner, nobody, a newcomer; beyond the last. */
const uids = [0, 2, 3, 4, 5, 7, 255]
const stakes = [40n, 40n, 12n, 10n].map((stake) => stake * token)
const salt: Hex = `0x${'5a'.repeat(32)}`
/** What the ledger does not even take from two thirds of the stake. */
const refusals =
  /PostingMismatch|ValidatorsNotAscending|ValidatorWithoutStake|StakeMismatch|QuorumNotReached|Total(Decreased|ExceedsAccrued)/
/** Which of all forgeries are posted alone: every fifth, every seventh and so on; and how many pairs. */
const runs = [
  ['stakeMedian', 5, 8],
  ['yuma3Capped', 7, 8],
  ['yuma3', 29, 3],
] as const

describe.each(runs)('what a quorum may post under %s', (aggregatorName, step, pairs) => {
  let ledger: TestLedger
  beforeAll(async () => {
    ledger = await startTestLedger()
  }, 120_000)
  afterAll(() => ledger.close())

  it('is refused by the ledger or overturned by the first dispute, whatever is altered, alone or to hide another', async () => {
    const world = await secondEpoch(ledger, aggregatorName)
    const { own } = world
    const all = forgeriesOf(own, uids)
    const single = all.filter((_, place) => place % step === 0)
    const hiding = fc.sample(fc.tuple(fc.constantFrom(...all), fc.constantFrom(...all)), { numRuns: pairs, seed: 15 })
    const outcomes = new Map<string, number>()
    for (const forgeries of [...single.map((one) => [one]), ...hiding]) {
      const altered = forgeries.reduce((from, { alter }) => alter(from), rightResult(own))
      const what = forgeries.map((forgery: Forgery) => forgery.what).join(', ')
      for (const [how, forged] of Object.entries({ asItIs: altered, paidByItsSeats: paidByItsSeats(own, altered) })) {
        const outcome = await world.show(forged).catch((cause) => {
          throw new Error(`${what}, ${how}`, { cause })
        })
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    }
    const most = step > 5 ? [] : ['amount', 'refused', 'total', 'validator']
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(['right', 'seat', ...most]))
    if (aggregatorName === 'stakeMedian') expect([...outcomes.keys()]).not.toContain('not disputable')
  }, 600_000)
})

/**
 * Four validators, of whom in the second epoch one has a row of the first and one none; three miners, of whom one has left; a newcomer.
 * `show` posts a result of it that two thirds signed, and has it disputed.
 */
async function secondEpoch(ledger: TestLedger, aggregatorName: (typeof runs)[number][0]) {
  const subnet = {
    ...digestSubnet,
    ...subnetFromDefinition({ ...digestSubnet, name: `digest under ${aggregatorName}`, aggregatorName }),
  }
  const spec = subnet.specParts(digestSource)
  const specHash = subnet.specHash(digestSource)
  const { netuid, genesisSeconds } = await ledger.createSubnet(specHash)
  const clock = { genesisSeconds, ...testPhases }
  const validators = stakes.map(() => ledger.nextAccount())
  for (const [place, account] of validators.entries()) await ledger.join(account, netuid, '', stakes[place])
  const [miner, leaver, other] = [ledger.nextAccount(), ledger.nextAccount(), ledger.nextAccount()]
  for (const account of [miner, leaver, other]) await ledger.join(account, netuid, '')
  const { contracts, chainId } = ledger.network
  const stranger = connect(ledger.network, ledger.owner.privateKey)
  const chain = stranger.ledger
  const vote = async (epoch: number, voters: readonly TestAccount[]): Promise<void> => {
    const window = epochWindow(clock, epoch)
    const rows = voters.map((_, own) =>
      packRow(
        [0, 1, 2, 3, 4, 5, 6, 7, 9].map((uid) => ({ uid, weight: 1_000 * (uid + epoch) + 70 * own + uid * own })),
      ),
    )
    await ledger.moveTo(window.workCommitEndsAtSeconds + 1)
    for (const [place, { privateKey, address }] of voters.entries()) {
      const committed = { chainId, weightsContract: contracts.weights, netuid, epoch, hotkey: address, salt }
      const commitment = weightsCommitment({ ...committed, packedRow: rows[place] as Hex })
      await connect(ledger.network, privateKey).writer.commitWeights(netuid, epoch, { commitment, specHash })
    }
    await ledger.moveTo(window.weightCommitEndsAtSeconds + 1)
    for (const [place, { privateKey }] of voters.entries())
      await connect(ledger.network, privateKey).writer.revealWeights(netuid, epoch, rows[place] as Hex, salt)
    await ledger.moveTo(window.revealEndsAtSeconds + 1)
    await ledger.advanceEmission()
  }
  const history = new EpochHistory({ netuid, ledger: chain, aggregator: subnet.aggregator })
  const thieves = validators.slice(0, 2)
  let count = 0
  const submit = async ({ posting, totals }: ForgedResult, { result: right }: typeof own): Promise<SubmittedRoot> => {
    const { miners: minersTotal, dividends: dividendsTotal } = totals
    const validatorsHash = hashOfWords(posting.validators)
    // Overturned results cannot be submitted again.
    const dataHash = bytesToHex(integerWord(++count))
    const result = { ...right, root: resultRoot(posting), minersTotal, dividendsTotal, validatorsHash, dataHash }
    const digest = resultDigest(chain.domain, result)
    const places = posting.validators.flatMap((word, place) =>
      thieves.some(({ address }) => word.startsWith(address.toLowerCase())) ? [place] : [],
    )
    const signatures = places.map((place) => {
      const thief = thieves.find(({ address }) => posting.validators[place]?.startsWith(address.toLowerCase()))
      return signDigest(digest, hexToBytes((thief as TestAccount).privateKey))
    })
    await stranger.writer.submitRoot(result, posting, places, signatures)
    return { result, posting, resultHash: bytesToHex(digest) } as unknown as SubmittedRoot
  }

  await vote(1, validators.slice(0, 3))
  const first = await history.compute(1, undefined)
  await submit(rightResult(first), first)
  const [root] = await chain.roots(netuid)
  await ledger.join(ledger.nextAccount(), netuid, '')
  await leaveSubnet({ network: ledger.network, reader: ledger.reader, sender: leaver.sender }, netuid)
  await ledger.moveTo((root?.activatesAtSeconds ?? 0) + 1)
  await vote(2, thieves)
  const own = await history.compute(2, await history.resultBehind(root as SubmittedRoot))
  const listed = new Set(own.inputs.validators.map(({ hotkey }) => hotkey))
  const uidsOfValidators = new Set(own.inputs.seats.filter(({ hotkey }) => listed.has(hotkey)).map(({ uid }) => uid))

  /** Whether it differs from the right one in nothing but what the ledger cannot know, and pays by that. */
  const isOnlyUnknowable = (forged: ForgedResult): boolean => {
    if (columnRuleOf(spec.aggregator)?.areDividendsKnown === true) return false
    const seats = forged.posting.seats.map((word, uid) => {
      const right = BigInt(own.posting.seats[uid] ?? '0x0')
      const isKnown = !uidsOfValidators.has(uid) || ((BigInt(word) ^ right) & ~dividendBits) !== 0n
      return isKnown ? word : bytesToHex(hexToBytes(own.posting.seats[uid] as Hex))
    })
    const paid = paidByItsSeats(own, forged)
    const known = {
      posting: { ...forged.posting, seats, amounts: own.posting.amounts },
      totals: rightResult(own).totals,
    }
    return (
      isRight(known) &&
      resultRoot(paid.posting) === resultRoot(forged.posting) &&
      paid.totals.miners === forged.totals.miners &&
      paid.totals.dividends === forged.totals.dividends
    )
  }
  const isRight = ({ posting, totals }: ForgedResult): boolean =>
    resultRoot(posting) === own.result.root &&
    posting.validators.join() === own.posting.validators.join() &&
    totals.miners === own.result.minersTotal &&
    totals.dividends === own.result.dividendsTotal

  /** How it ends: `right`, `not disputable`, `refused` where the ledger does not take it, else the kind of the dispute that overturned it. */
  const show = async (forged: ForgedResult): Promise<string> => {
    const [dispute] = findDisputes(own, forged, spec.aggregator)
    if (isRight(forged) || isOnlyUnknowable(forged)) {
      expect(dispute).toBe(undefined)
      if (isRight(forged)) return 'right'
      const { miners: minersTotal, dividends: dividendsTotal } = forged.totals
      const posted = { posting: forged.posting, result: { ...own.result, minersTotal, dividendsTotal } }
      expect(wrongNumbers(own, posted).some((name) => name.startsWith('dividend of seat'))).toBe(true)
      return 'not disputable'
    }
    let submitted: SubmittedRoot
    try {
      submitted = await submit(forged, own)
    } catch (error) {
      expect(String(error)).toMatch(refusals)
      return 'refused'
    }
    if (dispute === undefined) throw new Error('nothing to dispute')
    await stranger.writer.dispute(submitted, spec, dispute.dispute())
    expect(await chain.isDisabled(submitted.resultHash)).toBe(true)
    return dispute.kind
  }
  return { own, show }
}
