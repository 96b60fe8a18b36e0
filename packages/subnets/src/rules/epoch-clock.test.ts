import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EpochPhase, epochAt, epochPhase, epochWindow } from './epoch-clock.ts'

const clock = {
  genesisSeconds: 1_000,
  epochSeconds: 100,
  workCommitSeconds: 10,
  weightCommitSeconds: 20,
  weightRevealSeconds: 15,
  activationDelaySeconds: 30,
}

describe('epochAt', () => {
  it('counts from genesis and knows nothing before', () => {
    expect([999, 1_000, 1_099, 1_100, 2_000].map((at) => epochAt(clock, at))).toEqual([-1, 0, 0, 1, 10])
  })
})

describe('epochPhase', () => {
  it('goes through the half-open phases in order', () => {
    const window = epochWindow(clock, 1)
    expect(window).toEqual({
      startsAtSeconds: 1_100,
      endsAtSeconds: 1_200,
      workCommitEndsAtSeconds: 1_210,
      weightCommitEndsAtSeconds: 1_230,
      revealEndsAtSeconds: 1_245,
    })
    const edges: [number, EpochPhase][] = [
      [1_099, 'future'],
      [1_100, 'open'],
      [1_199, 'open'],
      [1_200, 'workCommit'],
      [1_209, 'workCommit'],
      [1_210, 'weightCommit'],
      [1_229, 'weightCommit'],
      [1_230, 'weightReveal'],
      [1_244, 'weightReveal'],
      [1_245, 'root'],
      [9_999, 'root'],
    ]
    for (const [at, phase] of edges) expect([at, epochPhase(window, at)]).toEqual([at, phase])
  })

  it('calls exactly the epoch of a time open', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 1e9 }), (at) => {
        const epoch = epochAt(clock, at)
        expect(epochPhase(epochWindow(clock, epoch), at)).toBe('open')
        expect(epochPhase(epochWindow(clock, epoch + 1), at)).toBe('future')
      }),
    )
  })
})
