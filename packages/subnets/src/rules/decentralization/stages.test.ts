import { describe, expect, it } from 'vitest'
import { type NetworkFacts, stageReport } from './stages.ts'

const day = 86_400
const call = { contract: 'Subnets', call: 'announce', whose: 'the owner of subnet 1', does: 'change its file' }
const best: NetworkFacts = {
  replay: 'agrees',
  privilegedCalls: [{ ...call, delaySeconds: 8 * day }],
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
    ['a network that nobody recomputed', { replay: 'notRun' }, 'none', 'figures recomputed'],
    ['figures that could not be computed again', { replay: 'open' }, 'none', 'figures recomputed'],
    ['figures that differ', { replay: 'differs' }, 'none', 'figures recomputed'],
    [
      'a call that acts at once',
      { privilegedCalls: [{ ...call, delaySeconds: 0 }] },
      'S0',
      'time to leave before a change',
    ],
    ['a key that seizes', { seizingCalls: [{ ...call, delaySeconds: 90 * day }] }, 'S0', 'no seizing key'],
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

  it('says in words who can change what how soon', () => {
    const privilegedCalls = [
      { ...call, delaySeconds: 180 },
      { ...call, does: 'change its rules', delaySeconds: 180 },
      { ...call, does: 'name its hotkey', delaySeconds: 5 * day },
      { ...call, does: 'stop it', delaySeconds: 0 },
    ]
    expect(stageReport({ ...best, privilegedCalls }).binding?.detail).toBe(
      'Some changes hold before the 7 days are over in which everybody could leave: the owner of subnet 1 can change its file and change its rules after 3 minutes; the owner of subnet 1 can name its hotkey after 5 days; the owner of subnet 1 can stop it at once.',
    )
  })
})
