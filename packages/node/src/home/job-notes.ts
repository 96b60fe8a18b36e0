/** What a home must not forget about jobs between two commands: sealed bids, the bid that is taken, the budget that pays, and how much. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hex, KoinonError } from '@koinon/base'
import { type Home, writeFileDurably } from './home.ts'

/** `budget`: which one pays; `ceiling`: the most that is paid; `award`: the bid that is taken; `bid`: what this home bids. */
export type JobNoteKind = 'bid' | 'award' | 'budget' | 'ceiling'

const folderOf = (home: Home): string => join(home.path, 'jobs')

/** On disk when it returns. `key` tells several notes about the same terms apart: 0 to 66 of `0-9a-fx`. */
export function saveJobNote(home: Home, kind: JobNoteKind, termsHash: Hex, key: string, note: unknown): void {
  mkdirSync(folderOf(home), { recursive: true, mode: 0o700 })
  writeFileDurably(join(folderOf(home), `${kind}-${termsHash}-${key}.json`), `${JSON.stringify(note)}\n`)
}

/** All notes of a kind about the same terms. Throws `home/bad-job-note`. */
export function readJobNotes(home: Home, kind: JobNoteKind, termsHash: Hex): readonly unknown[] {
  const folder = folderOf(home)
  if (!existsSync(folder)) return []
  const start = `${kind}-${termsHash}-`
  return readdirSync(folder)
    .filter((name) => name.startsWith(start) && name.endsWith('.json'))
    .sort()
    .map((name) => readNote(join(folder, name)))
}

function readNote(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new KoinonError({
      code: 'home/bad-job-note',
      message: `The note ${path} about a job is damaged`,
      hint: 'Move it away; what it held is lost, and no money with it.',
      cause,
    })
  }
}
