/** Collusion: validators name only the miners of their circle, and hope that clipping spares them. */
import { type Attack, asItIs, circleOfMiners, honestPlay, type Mend, stakeCap } from '../attack.ts'
import { holdersUpTo } from '../stakes.ts'
import { nameOnly } from './under-weighter.ts'

function collusion(
  stakePpm: number,
  first: 'largest' | 'smallest',
  rest: Pick<Attack, 'name' | 'title' | 'hope' | 'reason' | 'failure'> & { readonly mends: readonly Mend[] },
): Attack {
  return {
    ...rest,
    world: asItIs,
    match: (world) => {
      const validators = holdersUpTo(world.stake, stakePpm, first)
      const miners = circleOfMiners(world)
      return {
        player: { validators, miners, isOwner: false },
        honest: () => honestPlay,
        attack: () => nameOnly(validators, miners),
      }
    },
  }
}

export const collusionBelow = collusion(450_000, 'largest', {
  name: 'collusion-below',
  title: 'Collusion below kappa',
  hope: 'Validators with up to 45 % of the stake and an eighth of the miners: the validators name nobody else, and hope to carry their miners up.',
  reason: 'The circle is large enough that what it gives its own miners outweighs the dividends that it forgoes.',
  failure:
    'What they give their own beyond the consensus is clipped; the bonds in all other miners, where most dividends are, go to those who named them.',
  mends: [],
})

export const collusionSmall = collusion(450_000, 'smallest', {
  name: 'collusion-small',
  title: 'Collusion of many small keys',
  hope: 'The smallest validators, with up to 45 % of the stake together, name only an eighth of the miners, which are theirs: less than kappa by stake, most of the keys.',
  reason:
    'A cap per key takes votes from large stakes only, so many small keys become the majority that their stake is not. What the cap mends for whales it opens for crowds.',
  failure: 'They hold less than half of the votes, so what they give their own beyond the consensus is clipped.',
  mends: [],
})

export const collusionAbove = collusion(600_000, 'largest', {
  name: 'collusion-above',
  title: 'Collusion above kappa',
  hope: 'Validators with up to 60 % of the stake name only an eighth of the miners, which are theirs: the circle itself is the consensus, so the honest are clipped and its miners take everything.',
  reason:
    'More than half of the stake is the consensus by definition. No rule over rows alone can tell a lying majority from an honest one; scores that anybody can recompute can.',
  failure: 'The cap leaves the circle with less than half of the votes, as long as it does not split its keys.',
  mends: [stakeCap],
})
