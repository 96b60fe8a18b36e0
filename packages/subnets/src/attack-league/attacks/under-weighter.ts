/** The under-weighter: a small validator gives rivals of its miners nothing, and hopes that they fall while its miners rise. */
import { type Attack, asItIs, circleOfMiners, honestPlay } from '../attack.ts'
import type { Play } from '../play.ts'

/** Leaves every miner outside the circle out of the rows of these validators. */
export function nameOnly(validators: readonly number[], circle: readonly number[]): Play {
  const friends = new Set(circle)
  return {
    vote: (world) => {
      for (const validator of validators) {
        world.leaveOut(validator, (seat) => !friends.has(world.holder[seat] as number))
      }
    },
  }
}

export const underWeighter: Attack = {
  name: 'under-weighter',
  title: 'Under-weighter',
  hope: 'A small validator leaves the rivals of its own miners (an eighth of all) out of its row. Rows above the consensus are clipped, rows below it are not, so the rivals lose its part of the vote.',
  reason: 'What its miners gain on their rivals is more than the dividends that its own row loses.',
  failure:
    'The rivals lose no more than its part of the stake, while its own bonds in them are gone and what it moves onto its miners is clipped.',
  mends: [],
  world: asItIs,
  match: (world) => {
    // The second smallest: nearly nothing to lose in dividends.
    const validators = [world.settings.validators - 2]
    const miners = circleOfMiners(world)
    return {
      player: { validators, miners, isOwner: false },
      honest: () => honestPlay,
      attack: () => nameOnly(validators, miners),
    }
  },
}
