/** The bond-omission trick: a miner that could not be reached is listed with the least weight there is rather than left out, to keep the bond in it. */

import { notListed } from '../../rules/yuma/columns.ts'
import { type Attack, asItIs, honestPlay, middlingValidator } from '../attack.ts'

export const bondOmission: Attack = {
  name: 'bond-omission',
  title: 'Token weight instead of omission',
  hope: 'Every validator misses a tenth of the miners each epoch. The honest leave them out; this one lists them with weight 1 of 65,535, and hopes that its bonds in them outlive the gap.',
  reason:
    'Sparse liquid alpha moves only the bonds of pairs that a row names: a bond that is left out is lost at once, one listed with next to nothing decays.',
  failure: 'The bonds of all pairs decay alike, whether a row names them or not.',
  mends: [{ title: 'liquid alpha that always decays', world: asItIs, aggregator: 'yuma3LiquidDecaying' }],
  world: (settings) => ({ ...settings, missPpm: 100_000 }),
  match: (world) => {
    const validator = middlingValidator(world)
    return {
      player: { validators: [validator], miners: [], isOwner: false },
      honest: () => honestPlay,
      attack: () => ({
        vote: ({ rows, settings }) => {
          for (let at = validator; at < rows.length; at += settings.validators) if (rows[at] === notListed) rows[at] = 1
        },
      }),
    }
  },
}
