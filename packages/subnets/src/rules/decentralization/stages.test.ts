import { describe, expect, it } from 'vitest'
import { type NetworkFacts, stageReport } from './stages.ts'

const day = 86_400
const best: NetworkFacts = {
  replay: 'agrees',
  privilegedCalls: [{ contract: 'Subnets', call: 'announce', delaySeconds: 8 * day }],
  seizingCalls: [],
  validatorEntities: 12,
  exitSeconds: 300,
  challenge: { isPermissionless: true, windowSeconds: 30 * day },
  guardians: 0,
  nakamotoThirdByEntity: 9,
}

describe('stages', () => {
  it('reaches the last with nothing in the way', () => {
    expect(stageReport(best)).toMatchObject({ stage: 'S2', binding: undefined })
  })

  it.each<[string, Partial<NetworkFacts>, string, string]>([
    ['a network that nobody recomputed', { replay: 'notRun' }, 'none', 'replayable'],
    ['figures that could not be computed again', { replay: 'open' }, 'none', 'replayable'],
    ['figures that differ', { replay: 'differs' }, 'none', 'replayable'],
    [
      'a call that acts at once',
      { privilegedCalls: [{ contract: 'A', call: 'stop', delaySeconds: 0 }] },
      'S0',
      'delayed privileges',
    ],
    [
      'a key that seizes',
      { seizingCalls: [{ contract: 'A', call: 'take', delaySeconds: 90 * day }] },
      'S0',
      'no seizing key',
    ],
    ['one operator', { validatorEntities: 1, nakamotoThirdByEntity: 1 }, 'S0', 'independent validators'],
    ['an exit by consent', { exitSeconds: undefined }, 'S0', 'free exit'],
    ['a quorum only', { challenge: { isPermissionless: false, windowSeconds: 0 } }, 'S1', 'open challenge'],
    ['a short window', { challenge: { isPermissionless: true, windowSeconds: day } }, 'S1', 'open challenge'],
    ['a guardian', { guardians: 1 }, 'S1', 'no guardian'],
    ['held stake', { nakamotoThirdByEntity: 6 }, 'S1', 'spread stake'],
  ])('names what binds: %s', (_, change, stage, binding) => {
    const report = stageReport({ ...best, ...change })
    expect(report.stage).toBe(stage)
    expect(report.binding?.name).toBe(binding)
    expect(report.requirements).toHaveLength(8)
  })
})
