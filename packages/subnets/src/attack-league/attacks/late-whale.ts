/** The late whale: a large stake arrives when the work of finding good miners is done, and hopes for the dividends of those who did it. */
import { type Attack, asItIs, honestPlay } from '../attack.ts'
import type { Play } from '../play.ts'
import type { World } from '../world.ts'

const reason =
  'A unit of stake earns at once what it earns after years, so staking late costs nothing; nothing is left for the early.'
const growing = 'Bonds grow over epochs: until they have, a unit of new stake earns less than one that was there.'
const grown =
  'Bonds that were grown with next to no stake earn what they would have earned all along, and no more: coming late this way is not punished where bonds are not weighted by stake, and not rewarded.'

/** Keeps all but one unit of the stake away for the first half of the world. */
function arrivingHalfway(validator: number, before: 'silent' | 'voting on dust'): Play {
  let whole = 0
  const isAway = (world: World): boolean => world.epoch < Math.floor(world.settings.epochs / 2)
  return {
    prepare: (world) => {
      if (world.epoch === 0) whole = world.stake[validator] as number
      world.stake[validator] = isAway(world) ? 1 : whole
    },
    vote: (world) => {
      if (before === 'silent' && isAway(world)) world.leaveOut(validator)
    },
  }
}

function lateWhale(
  before: 'silent' | 'voting on dust',
  rest: Pick<Attack, 'name' | 'title' | 'hope' | 'failure'>,
): Attack {
  return {
    ...rest,
    reason,
    mends: [],
    world: asItIs,
    match: () => ({
      // The second largest: a whale, and not the whole of the vote.
      player: { validators: [1], miners: [], isOwner: false },
      honest: () => honestPlay,
      attack: () => arrivingHalfway(1, before),
    }),
  }
}

export const lateWhaleNewKey = lateWhale('silent', {
  name: 'late-whale',
  title: 'Late whale, new key',
  hope: 'The second largest stake arrives halfway on a key that has never voted. Counted per unit of stake and epoch that it was there.',
  failure: growing,
})

export const lateWhaleWarmKey = lateWhale('voting on dust', {
  name: 'late-whale-warm',
  title: 'Late whale, warm key',
  hope: 'The second largest stake arrives halfway on a key that has voted with next to no stake from the beginning, so that its bonds are grown when the stake comes.',
  failure: grown,
})
