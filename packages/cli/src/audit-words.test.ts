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
  replay: 'agrees' as const,
})

describe('the words of an audit', () => {
  it('say that nothing differs', () => {
    const { text, isBad } = describeAudit(outcome({}))
    expect(isBad).toBe(false)
    expect(text).toMatch(/^local \(chain 7\) up to block 12, 2023-11-14T22:13:20Z\n/)
    expect(text).toMatch(/nothing differs: 3 figures agree, 0 could not be checked$/)
  })

  it('name subnet, epoch, account, what was computed and what was found', () => {
    const difference = { netuid: 1, epoch: 7, account, what: 'amount paid', expected: '5', found: '6' }
    const { text, isBad } = describeAudit(outcome({ differences: [difference] }))
    expect(isBad).toBe(true)
    expect(text).toContain(`  claims: subnet 1, epoch 7, ${account}, amount paid: computed 5, found 6`)
    expect(text).toMatch(/1 FIGURES? DIFFERS?; 3 agree/)
  })

  it('gather what was not checked for the same reason, and cut what is too long', () => {
    const open = (epoch: number, why: string) => ({ netuid: 1, epoch, account, what: 'published scores', why })
    const silent = [3, 9, 4].map((epoch) => open(epoch, 'it cannot be reached'))
    expect(describeAudit(outcome({ open: [...silent, open(1, 'gone')] })).text).toContain(
      `not checked:\n  claims: subnet 1, ${account}, 3 epochs from 3 to 9, published scores: it cannot be reached\n  claims: subnet 1, epoch 1, ${account}, published scores: gone`,
    )
    const contradicted = { ...open(2, 'one of the two'), isContradiction: true as const }
    expect(describeAudit(outcome({ open: [open(1, 'gone'), contradicted] })).text).toContain(
      `VALIDATORS CONTRADICT EACH OTHER:\n  claims: subnet 1, epoch 2, ${account}, published scores: one of the two\n\nnot checked:\n  claims: subnet 1, epoch 1,`,
    )
    const many = Array.from({ length: 50 }, (_, index) => ({ what: `figure ${index}`, expected: '1', found: '2' }))
    expect(describeAudit(outcome({ differences: many })).text).toContain('  and 10 more: see --json')
  })
})
