import { describe, expect, it } from 'vitest'
import { StepRisk } from './step-risk.ts'

const [honest, batching] = ['0x01', '0x02'] as const
const dollars = (cents: bigint) => cents * 10_000_000_000n

describe('what a gateway risks by steps', () => {
  it('counts answers under way with their worst case, before anything is lost', () => {
    const risk = new StepRisk()
    const exposure = [{ provider: honest, worstPicoUsd: dollars(20n) }]
    const [first, second] = [risk.hold(exposure, 0), risk.hold(exposure, 0)]
    expect([first, second].map((end) => typeof end)).toEqual(['function', 'function'])
    expect(risk.hold(exposure, 0)).toBeUndefined()
    first?.()
    first?.()
    expect(risk.hold(exposure, 0)).toBeDefined()
    expect(risk.hold(exposure, 0)).toBeUndefined()
  })

  it('sells no more steps of a provider that cost half a dollar, for the rest of its day, and goes on with others', () => {
    const risk = new StepRisk()
    const worstPicoUsd = dollars(1n)
    risk.lose(batching, dollars(50n), 0)
    risk.lose(honest, -1n, 0)
    expect(risk.hold([{ provider: batching, worstPicoUsd }], 1)).toBeUndefined()
    expect(
      risk.hold(
        [
          { provider: honest, worstPicoUsd },
          { provider: batching, worstPicoUsd },
        ],
        1,
      ),
    ).toBeUndefined()
    expect(risk.hold([{ provider: honest, worstPicoUsd }], 1)).toBeDefined()
    expect(risk.hold([{ provider: batching, worstPicoUsd }], 86_400_000)).toBeDefined()
  })
})
