import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EmissionMove, playEmission } from '../../testing/emission-network.ts'
import { poolPrice, wad } from '../pool/weighted-pool.ts'
import { type EmissionPolicyName, emissionPolicies } from './policies.ts'
import { accruedWithin, type EmissionStep, nothingAccrued, type PoolEmissionRules } from './pool-step.ts'

const unit = 10n ** 18n
const cap = 21_000_000n * unit
const genesis = 1_000_000n * unit
const rules: PoolEmissionRules = {
  koin: { cap, base: unit / 20n },
  alpha: { cap, base: unit / 10n },
  periodSeconds: 600n,
  rootWeight: (18n * unit) / 100n,
  policy: emissionPolicies.priceEma,
}

function move(kind: EmissionMove['kind'], seconds: bigint, netuid = 0, amount = 0n, other = 0n): EmissionMove {
  return { kind, seconds, netuid, amount, other }
}

// specs/vectors/pool-emission.json: moves, and what every step of them issued; the Solidity tests play the same.
type Columns = Readonly<Record<string, readonly string[]>>
type Scenario = Readonly<
  Record<'label' | 'koinPerSecond' | 'alphaPerSecond' | 'periodSeconds' | 'rootWeight' | 'genesis', string>
> & {
  readonly policy: EmissionPolicyName
  readonly moves: Columns
  readonly steps: Columns
  readonly issues: Columns
}
const { scenarios } = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/pool-emission.json', import.meta.url), 'utf8'),
) as { scenarios: readonly Scenario[] }

function rows(columns: Columns): Record<string, string>[] {
  const names = Object.keys(columns)
  const length = columns[names[0] as string]?.length ?? 0
  return Array.from({ length }, (_, index) =>
    Object.fromEntries(names.map((name) => [name, columns[name]?.[index] as string])),
  )
}

describe('specs/vectors/pool-emission.json', () => {
  it.each(scenarios)('$label', (scenario) => {
    const moves = rows(scenario.moves).map((row) => ({
      kind: row['kind'] as EmissionMove['kind'],
      seconds: BigInt(row['seconds'] as string),
      netuid: Number(row['netuid']),
      amount: BigInt(row['amount'] as string),
      other: BigInt(row['other'] as string),
    }))
    const steps = playEmission(
      {
        koin: { cap, base: BigInt(scenario.koinPerSecond) },
        alpha: { cap, base: BigInt(scenario.alphaPerSecond) },
        periodSeconds: BigInt(scenario.periodSeconds),
        rootWeight: BigInt(scenario.rootWeight),
        policy: emissionPolicies[scenario.policy],
      },
      BigInt(scenario.genesis),
      moves,
    )
    expect(
      steps.map(({ from, end, koinIssued, koinRecycled }) => texts({ from, end, koinIssued, koinRecycled })),
    ).toEqual(rows(scenario.steps))
    expect(steps.flatMap(issueRows)).toEqual(rows(scenario.issues))
  })
})

function issueRows(step: EmissionStep, index: number): Record<string, string>[] {
  return step.issues.map((issue) => {
    const subnet = step.next.subnets.find(({ netuid }) => netuid === issue.netuid)
    if (subnet === undefined) throw new Error('paid subnets live')
    const { netuid, shareQ64, ...amounts } = issue
    const { userFlow, protocolFlow, capitalAverage, pool } = subnet
    return texts({
      step: BigInt(index + 1),
      netuid: BigInt(netuid),
      share: shareQ64,
      ...amounts,
      userFlow,
      protocolFlow,
      capitalAverage,
      alphaReserve: pool.alpha,
      koinReserve: pool.koin,
      weightKoin: pool.weightKoin,
    })
  })
}

function texts(values: Readonly<Record<string, bigint>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
}

describe('a step', () => {
  const opening = [move('open', 0n, 0, 1000n * unit, 1000n * unit), move('root', 0n, 0, 10_000n * unit)]

  it('deepens a pool by 5 parts in 10,000 and recycles the rest of the KOIN', () => {
    const [step] = playEmission(rules, genesis, [...opening, move('step', 600n)])
    expect(step?.koinIssued).toBe(30n * unit)
    expect(step?.koinRecycled).toBe(30n * unit - unit / 2n)
    expect(step?.next.koinMinted).toBe(genesis + unit / 2n)
    expect(step?.issues[0]).toMatchObject({ owner: (108n * unit) / 10n, miners: (246n * unit) / 10n })
  })

  it('pays dividends in full, whatever prices are and however much KOIN is on the root', () => {
    const dividends = (...moves: EmissionMove[]): unknown =>
      playEmission(rules, genesis, [...moves, move('step', 600n)])[0]?.issues[0]
    const all = { dividends: (246n * unit) / 10n, alphaRecycled: 0n }
    expect(dividends(...opening)).toMatchObject(all)
    expect(dividends(opening[0] as EmissionMove)).toMatchObject(all)
    expect(dividends(...opening, move('root', 0n, 0, 900_000n * unit))).toMatchObject(all)
    expect(dividends(move('open', 0n, 0, unit, 900_000n * unit))).toMatchObject(all)
  })

  it('takes all whole periods since the last, and needs one', () => {
    const steps = playEmission(rules, genesis, [...opening, move('step', 599n), move('step', 1n), move('step', 5_000n)])
    expect(steps.map(({ from, end }) => [from, end])).toEqual([
      [0n, 600n],
      [600n, 5_400n],
    ])
  })

  it('reads an average at its end, whenever it is opened, unless the pool moved since', () => {
    const average = (late: bigint, ...between: EmissionMove[]): bigint | undefined =>
      playEmission(rules, genesis, [...opening, move('step', 600n), ...between, move('step', late)]).at(-1)?.issues[0]
        ?.average
    const onTime = average(600n)
    expect(average(1_199n)).toBe(onTime)
    const bought = move('buy', 700n, 1, 5_000n * unit)
    // The trade came after the end: its price has no weight, the second before it has.
    expect(average(0n, bought)).toBe(average(400n, bought))
    expect((average(0n, bought) as bigint) > (onTime as bigint)).toBe(true)
    expect((average(0n, bought) as bigint) < ((onTime as bigint) * 12n) / 10n).toBe(true)
  })

  it('accrues evenly within itself', () => {
    const [step] = playEmission(rules, genesis, [...opening, move('step', 600n)])
    const after = step?.next.subnets[0]?.accrued
    if (step === undefined || after === undefined) throw new Error('one step')
    const before = nothingAccrued
    expect(accruedWithin(before, after, step, 0n)).toEqual(before)
    expect(accruedWithin(before, after, step, 150n).miners).toBe(after.miners / 4n)
    expect(accruedWithin(before, after, step, 600n)).toEqual(after)
  })

  it('conserves every unit, whatever happens', () => {
    const amount = fc.bigInt(unit, 5_000n * unit)
    const drawn = fc.oneof(
      fc.record({ kind: fc.constant('open' as const), amount, other: amount }),
      fc.record({
        kind: fc.constantFrom('buy' as const, 'step' as const, 'step' as const, 'root' as const),
        amount,
        other: amount,
      }),
    )
    const timed = fc.array(fc.tuple(drawn, fc.bigInt(0n, 5_000n)), { minLength: 5, maxLength: 25 })
    fc.assert(
      fc.property(timed, fc.constantFrom(...Object.values(emissionPolicies)), (drawnMoves, policy) => {
        const moves = drawnMoves.map(([{ kind, amount: size, other }, seconds]) => move(kind, seconds, 1, size, other))
        for (const step of playEmission({ ...rules, policy }, genesis, [...opening, ...moves])) {
          const used = step.issues.reduce((sum, { koinIn }) => sum + koinIn, 0n)
          expect(step.koinIssued).toBe(used + step.koinRecycled)
          expect(step.koinRecycled >= 0n && step.next.koinMinted <= cap).toBe(true)
          for (const issue of step.issues) {
            const subnet = step.next.subnets.find(({ netuid }) => netuid === issue.netuid)
            if (subnet === undefined) throw new Error('paid subnets live')
            expect(subnet.minted <= cap && issue.koinExcess >= 0n).toBe(true)
            expect(issue.alphaRecycled >= 0n && issue.alphaRecycled < 3n).toBe(true)
            const before = {
              ...subnet.pool,
              alpha: subnet.pool.alpha - issue.alphaIn,
              koin: subnet.pool.koin - issue.koinIn,
            }
            const moved = poolPrice({ ...subnet.pool }) - poolPrice({ ...before, weightKoin: subnet.pool.weightKoin })
            expect(moved <= 2n && -moved <= 2n + poolPrice(before) / before.koin).toBe(true)
            expect(subnet.pool.weightKoin - wad / 2n <= 1n && wad / 2n - subnet.pool.weightKoin <= 10_000n).toBe(true)
          }
        }
      }),
      { numRuns: 40 },
    )
  })
})
