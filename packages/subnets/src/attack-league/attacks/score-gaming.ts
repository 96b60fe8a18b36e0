/** Score gaming: a miner that answers well when it is tested and cheaply when it serves users. */
import { type Attack, honestPlay, medianMiner } from '../attack.ts'

const cheapPpm = 200_000

export const scoreGaming: Attack = {
  name: 'score-gaming',
  title: 'Score gaming',
  hope: 'A miner recognises probes and answers them as well as it can; to users it gives a fifth of the quality for a fifth of the cost. Counted after the cost of work.',
  reason:
    'Every validator sees only the good answers, so no agreement among them can help; the miner earns in full and saves most of the work.',
  failure: 'Scores are drawn from what users were really served, so it is paid for a fifth.',
  mends: [{ title: "score blind samples of users' receipts", world: (settings) => ({ ...settings, probes: 'blind' }) }],
  world: (settings) => ({ ...settings, probes: 'marked' }),
  match: (world) => {
    const miner = medianMiner(world)
    return {
      player: { validators: [], miners: [miner], isOwner: false },
      honest: () => honestPlay,
      attack: () => ({
        answers: (each) => (each === miner ? { probesPpm: 1_000_000, usersPpm: cheapPpm } : undefined),
      }),
    }
  },
}
