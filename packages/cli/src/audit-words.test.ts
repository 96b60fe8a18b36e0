import { describe, expect, it } from 'vitest'
import { describeAudit } from './audit-words.ts'

const account = `0x${'a1'.repeat(20)}` as const
const outcome = (check: Partial<Parameters<typeof describeAudit>[0]['checks'][number]>) => ({
  network: { name: 'local', chainId: 7 },
  head: { block: 12, hash: '0x' as const, seconds: 1_700_000_000 },
  checks: [{ name: 'claims', compares: 'payments', agreed: 3, differences: [], open: [], ...check }],
  agreed: 3,
  differs: check.differences?.length ?? 0,
  open: check.open?.length ?? 0,
  contradicted: 0,
  unanswered: 0,
  replay: check.differences === undefined ? ('agrees' as const) : ('differs' as const),
})

describe('the words of an audit', () => {
  it('say that everything agrees', () => {
    const { text, isBad } = describeAudit(outcome({}))
    expect(isBad).toBe(false)
    expect(text).toMatch(/^local \(chain 7\) up to block 12, 2023-11-14T22:13:20Z\n/)
    expect(text).toMatch(/everything agrees: 3 figures agree, 0 differ, 0 could not be checked$/)
  })

  it('name subnet, epoch, account, what was computed and what was found', () => {
    const difference = { netuid: 1, epoch: 7, account, what: 'amount paid', expected: '5', found: '6' }
    const { text, isBad } = describeAudit(outcome({ differences: [difference] }))
    expect(isBad).toBe(true)
    expect(text).toContain(`  claims: subnet 1, epoch 7, ${account}, amount paid: computed 5, found 6`)
    expect(text).toMatch(/figures differ: 3 figures agree, 1 differs, 0 could/)
  })

  it('gather what was not checked for the same reason, and cut what is too long', () => {
    const open = (epoch: number, why: string) => ({ netuid: 1, epoch, account, what: 'published scores', why })
    const silent = [3, 9, 4].map((epoch) => open(epoch, 'it cannot be reached'))
    expect(describeAudit(outcome({ open: [...silent, open(1, 'gone')] })).text).toContain(
      `not checked:\n  claims: subnet 1, ${account}, 3 epochs from 3 to 9, published scores: it cannot be reached\n  claims: subnet 1, epoch 1, ${account}, published scores: gone`,
    )
    const many = Array.from({ length: 50 }, (_, index) => ({ what: `figure ${index}`, expected: '1', found: '2' }))
    expect(describeAudit(outcome({ differences: many })).text).toContain('  and 10 more: see --json')
  })

  it('tell who waited in vain from who contradicts, by pair of validators and miner, and what to do', () => {
    const other = `0x${'b2'.repeat(20)}` as const
    const between = (kind: 'contradiction' | 'noAnswer', epoch: number, reason: string) => ({
      ...{ netuid: 2, epoch, account, what: 'answers', why: 'said elsewhere' },
      disagreement: { kind, validators: [other], uid: 4, answers: 3, reason },
    })
    const late = [5, 9].map((epoch) => between('noAnswer', epoch, 'no answer within 875 ms'))
    const withheld = between('contradiction', 7, 'it does not have it')
    const slow = { ...outcome({ open: late }), unanswered: 6 }
    expect(describeAudit(slow).text).toContain(
      `probably slow or unreachable:\n  subnet 2, 2 epochs from 5 to 9, miner uid 4: ${account} did not judge 6 answers ("no answer within 875 ms"), ${other} did\n  No figure of the ledger is wrong.`,
    )
    expect(describeAudit(slow).text).not.toMatch(/contradict|not checked:/)
    expect(describeAudit(slow).text).toMatch(/\nnothing differs, some probably slow or unreachable: 3 figures agree/)
    const worse = describeAudit({ ...outcome({ open: [...late, withheld] }), unanswered: 6, contradicted: 3 }).text
    expect(worse).toContain('validators contradict each other:\n  subnet 2, epoch 7, miner uid 4: ')
    expect(worse).toMatch(/\nvalidators contradict each other: 3 figures agree, 0 differ, 3 could not be checked$/)
  })
})
