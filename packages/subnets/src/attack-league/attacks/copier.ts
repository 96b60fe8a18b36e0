/** The weight copier: votes what others voted, and hopes to earn a careful validator's dividends without looking at any miner. */
import { type Attack, asItIs, honestPlay, middlingValidator } from '../attack.ts'
import type { Play } from '../play.ts'
import type { WorldSettings } from '../settings.ts'

const reason =
  'The median of all rows has less error in it than any honest row, so a copy of it is clipped less than the rows it was copied from.'
const errless =
  'Where validators do not err, the median of all rows is no better than any of them: there is nothing to gain by a copy.'
const failure =
  'The rows that can still be read are older than the ones they compete with; quality has moved on by more than an honest error, and the difference is clipped.'

/** Copies the consensus of rows of a certain age, or of the newest that can be read. */
export function copyRows(validator: number, ageEpochs?: number): Play {
  return {
    vote: (world, publicRows) => {
      const consensus = publicRows.consensusAt(Math.max(publicRows.newestAge, ageEpochs ?? 0), [validator])
      // In the first epochs there is nothing to copy yet: it starts honestly.
      if (consensus !== undefined) world.writeRow(validator, consensus)
    },
  }
}

function copier(
  rest: Pick<Attack, 'name' | 'title' | 'hope' | 'failure' | 'mends'> & Pick<WorldSettings, 'rows'>,
): Attack {
  return {
    name: rest.name,
    title: rest.title,
    hope: rest.hope,
    mends: rest.mends,
    reason,
    failure: rest.failure,
    world: (settings) => ({ ...settings, rows: rest.rows }),
    match: (world) => {
      const validator = middlingValidator(world)
      return {
        player: { validators: [validator], miners: [], isOwner: false },
        honest: () => honestPlay,
        attack: () => copyRows(validator),
      }
    },
  }
}

/** Rows are public as they are sent, and the copier sends last. */
export const copierOpen = copier({
  name: 'copier-open',
  title: 'Weight copier, open rows',
  hope: "Waits until the others' rows are public and votes their median: dividends without work.",
  failure: errless,
  rows: 'open',
  mends: [{ title: 'commit and reveal', world: (settings) => ({ ...settings, rows: 'sealed' }) }],
})

/** Rows are committed blind and revealed together, so the newest that can be copied is an epoch old. */
export const copierSealed = copier({
  name: 'copier-sealed',
  title: 'Weight copier, sealed rows',
  hope: 'Votes the median of the newest rows that it can read; under commit and reveal they are one epoch old when its own row is due.',
  failure,
  rows: 'sealed',
  mends: [
    {
      title: 'rows hidden for 4 more epochs',
      world: (settings) => ({ ...asItIs(settings), hiddenEpochs: settings.hiddenEpochs + 4 }),
    },
  ],
})
