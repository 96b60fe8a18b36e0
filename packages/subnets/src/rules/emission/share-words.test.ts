import { describe, expect, it } from 'vitest'
import { type EmissionPolicyName, emissionPolicies } from './policies.ts'
import { policyNameOf, policyWords, shareWords } from './share-words.ts'

const koin = 10n ** 18n
const facts = { shareQ64: 1n << 62n, averagePrice: koin / 20n, capital: (1234n * koin) / 10n, userFlow: koin / 1000n }
const said = (name: EmissionPolicyName, changed: Partial<typeof facts> = {}): string =>
  shareWords(emissionPolicies[name].specHash, { ...facts, ...changed })

describe('why a subnet gets its share of new KOIN', () => {
  it('is said by the policy of the network, and with what it was computed from', () => {
    expect(said('userCapital')).toBe(
      '25 % of new KOIN, because people keep 123.4 KOIN in its pool, by an average that begins at 0 and follows slowly (userCapital)',
    )
    expect(said('priceEma')).toBe('25 % of new KOIN, by its average price of 0.05 KOIN (priceEma)')
    expect(said('netFlow')).toBe('25 % of new KOIN, by the 86.4 KOIN a day that people brought lately (netFlow)')
    expect(said('taoflow', { userFlow: -koin / 1000n })).toContain('taken out 86.4 KOIN a day lately')
    expect(said('equal')).toBe('25 % of new KOIN, as to every subnet (equal)')
  })

  it('tells nothing from next to nothing', () => {
    expect(said('equal', { shareQ64: 1n })).toContain('less than 0.0001 %')
    expect(said('equal', { shareQ64: 0n })).toContain('0 % of new KOIN')
    expect(shareWords(emissionPolicies.equal.specHash, undefined)).toMatch(/second step/)
  })

  it('names the policy of every network, and says when it knows none', () => {
    for (const [name, { specHash }] of Object.entries(emissionPolicies)) {
      expect(policyNameOf(specHash)).toBe(name)
      expect(policyWords(specHash)).toMatch(new RegExp(`\\(${name}\\)$`))
    }
    const other = `0x${'ab'.repeat(32)}` as const
    expect(policyNameOf(other)).toBe(undefined)
    expect(policyWords(other)).toContain('0xabababab')
    expect(shareWords(other, facts)).toContain('not known here')
  })
})
