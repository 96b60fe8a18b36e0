/** The split whale: one holder spreads its stake over many keys, hoping that a cap per key then does not bind. */
import { type Attack, asItIs } from '../attack.ts'
import type { Play } from '../play.ts'

const keys = 4

/** Gives the largest stake to the first or to all of the last `keys` validators and itself; in both twins those keys are the whale's. */
function whale(spreads: 'one key' | 'all keys'): Play {
  return {
    prepare: (world) => {
      if (world.epoch > 0) return
      const { validators } = world.settings
      const own = ownKeys(validators)
      const each = Math.floor((world.stake[0] as number) / own.length)
      for (const key of own.slice(1)) world.stake[key] = spreads === 'all keys' ? each : 1
      if (spreads === 'all keys') world.stake[0] = each
    },
  }
}

function ownKeys(validators: number): readonly number[] {
  return [0, ...Array.from({ length: keys - 1 }, (_, index) => validators - 1 - index)]
}

export const capSplit: Attack = {
  name: 'cap-split',
  title: 'Whale that splits its stake',
  hope: `The largest stake is spread over ${keys} keys of one holder, so that a cap on each key leaves it whole.`,
  reason: 'A cap counts keys, not people: the parts together stand below it.',
  failure: 'Without a cap there is nothing to evade: shares follow the sum of the stake.',
  mends: [],
  world: asItIs,
  match: (world) => ({
    player: { validators: ownKeys(world.settings.validators), miners: [], isOwner: false },
    honest: () => whale('one key'),
    attack: () => whale('all keys'),
  }),
}
