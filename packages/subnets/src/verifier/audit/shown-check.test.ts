import type { Address, Hex } from '@koinon/base'
import { type AuditCheck, Tally } from '@koinon/ledger/audit'
import { fail, notChecked, pass } from '@koinon/work'
import { describe, expect, it } from 'vitest'
import type { MinerEvidence, WorkEvidence } from '../../rules/index.ts'
import { compareShown, type ShownLog } from './shown-check.ts'

const addressOf = (letter: string): Address => `0x${letter.repeat(40)}`
const [first, second, third] = ['a', 'b', 'c'].map(addressOf) as [Address, Address, Address]
const hashOf = (task: number): Hex => `0x${String(task).repeat(64)}`
const item = (task: number, rest: Pick<WorkEvidence, 'facts' | 'checks'>): WorkEvidence => ({
  source: 'sample',
  requestId: `0x${String(task).repeat(32)}`,
  receiptHash: hashOf(task),
  ...rest,
})
const judged = (task: number) => item(task, { facts: { task, scorePpm: 7 }, checks: [pass('score', 'fine')] })
const withheld = (task: number) => item(task, { facts: {}, checks: [fail('evidence', 'no answer')] })
const unread = (task: number) => item(task, { facts: {}, checks: [notChecked('evidence', 'the time ended')] })

/** Of one miner with two answers, whose texts are published unless said. */
function logOf(validator: Address, work: readonly WorkEvidence[], change: Partial<MinerEvidence> = {}): ShownLog {
  const miner = { uid: 4, hotkey: addressOf('4'), committedCount: 2, checks: [], probesAsked: 0, probesAnswered: 0 }
  const tasks = { openingBeacon: hashOf(9), taskHashes: [hashOf(7), hashOf(8)] }
  const published = new Set(work.map(({ receiptHash }) => receiptHash))
  return { validator, log: { tasks, miners: [{ ...miner, work, ...change }] }, published }
}

function compared(...logs: readonly ShownLog[]) {
  const tally = new Tally()
  compareShown(tally, { netuid: 2, epoch: 5 }, logs)
  const { differences, open } = tally.report({ name: 'evidence', compares: '' } as AuditCheck)
  expect(differences).toEqual([])
  return open.map(({ account, why, disagreement }) => [account, why, disagreement?.kind ?? false])
}

describe('compareShown', () => {
  it('has nothing to say where all was judged', () => {
    const all = [judged(0), judged(1)]
    expect(compared(logOf(first, all), logOf(second, all))).toEqual([])
  })

  it('names the validator that calls withheld what another judged, and who is in doubt', () => {
    const open = compared(logOf(first, [judged(0), withheld(1)]), logOf(second, [judged(0), judged(1)]))
    const doubt = 'in doubt are this validator and, if not all could reach it, uid 4'
    const judgedBy = `judged by ${second}, with the texts published`
    expect(open).toEqual([[first, `1 of 2 withheld ("no answer"); ${judgedBy}; ${doubt}`, 'contradiction']])
  })

  it.each([
    ['no answer within 875 ms', 'noAnswer'],
    ['its answers took longer than the 875 ms that one miner may take in all', 'noAnswer'],
    ['no answer within 875 ms, and none before', 'contradiction'],
  ])('tells who waited in vain from who says something else: %s', (detail, kind) => {
    const vain = item(1, { facts: {}, checks: [fail('evidence', detail)] })
    const compare = (...work: readonly WorkEvidence[]) =>
      compared(logOf(first, work), logOf(second, [judged(0), judged(1)])).map(([, , found]) => found)
    expect(compare(judged(0), vain)).toEqual([kind])
    expect(compare(withheld(0), vain)).toEqual(['contradiction'])
  })

  it('does so of a whole list that was not to be had', () => {
    const listless = logOf(first, [], { checks: [fail('list', 'it does not have it')] })
    const open = compared(listless, logOf(second, [judged(0), judged(1)]))
    expect(open).toEqual([
      [first, expect.stringMatching(/^2 of 2 withheld \("it does not have it"\); judged by/), 'contradiction'],
    ])
  })

  it('believes no verdict whose text is not published', () => {
    const bare = { ...logOf(second, [judged(0), judged(1)]), published: new Set<Hex>() }
    const open = compared(logOf(first, [judged(0), withheld(1)]), bare)
    expect(open).toEqual([[first, 'only its word: 1 of 2 withheld ("no answer"); not judged in 1 other logs', false]])
  })

  it('leaves open what nobody judged, what one alone says, and who did not come to it', () => {
    const alone = 'only its word: 1 of 2 withheld ("no answer"); no other log of the epoch is at hand'
    expect(compared(logOf(first, [judged(0), withheld(1)]))).toEqual([[first, alone, false]])
    const both = compared(logOf(first, [withheld(0), withheld(1)]), logOf(second, [withheld(0), withheld(1)]))
    expect(both.map(([account, , kind]) => [account, kind])).toEqual([
      [first, false],
      [second, false],
    ])
    const slow = compared(logOf(third, [judged(0), unread(1)]), logOf(second, [judged(0), judged(1)]))
    expect(slow).toEqual([[third, `1 of 2 not looked at ("the time ended"); judged by ${second}`, false]])
  })
})
