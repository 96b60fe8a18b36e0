/** The sybil split: one machine behind many seats, hoping to be paid once a seat for the same answers. */
import { type Attack, honestPlay, medianMiner } from '../attack.ts'

/** Seats of one machine, its own included. */
export const sybilSeats = 8

export const sybil: Attack = {
  name: 'sybil',
  title: 'Sybil split of a miner',
  hope: `One machine answers on ${sybilSeats} seats that it buys in the first epochs; it hopes to be paid ${sybilSeats} times for one machine's work.`,
  reason:
    'Answers are scored, not work: a copied answer is as good as the first, so every further seat earns a full pay for the price of a seat.',
  failure: 'Work is shared among the seats, so together they earn what one would, less what the seats cost.',
  mends: [
    { title: 'score the work delivered, not the answers', world: (settings) => ({ ...settings, scored: 'work' }) },
    {
      title: 'score the work delivered, squared',
      world: (settings) => ({ ...settings, scored: 'work', exponent: 2 }),
    },
  ],
  world: (settings) => ({ ...settings, scored: 'answers' }),
  match: (world) => {
    const miner = medianMiner(world)
    const own = new Set([miner])
    return {
      player: { validators: [], miners: [miner], isOwner: false },
      honest: () => honestPlay,
      attack: () => ({
        prepare: (current) => {
          // Two a whole epoch apart: more at once would be dearer, fewer would be later.
          if (current.epoch === 0) own.clear()
          own.add(miner)
          for (let bought = 0; bought < 2 && own.size < sybilSeats && current.epoch > 0; bought++) {
            own.add(current.takeSeat(miner, own))
          }
        },
      }),
    }
  },
}
