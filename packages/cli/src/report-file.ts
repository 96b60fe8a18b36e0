/** A report that a command writes to a path that its user named. */
import { accessSync, constants, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { KoinonError } from '@koinon/base'

/** Looked at before minutes are spent on what could not be kept. Throws `usage/no-folder`. */
export function requireWritable(path: string): void {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK)
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}

/** Replaces the file whole or not at all. Throws `usage/no-folder`. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.part`
  try {
    writeFileSync(draft, text)
    renameSync(draft, path)
  } catch (cause) {
    rmSync(draft, { force: true })
    throw cannotWrite(path, cause)
  }
}

function cannotWrite(path: string, cause: unknown): KoinonError {
  return new KoinonError({
    code: 'usage/no-folder',
    message: `The report cannot be written to ${path}`,
    hint: 'Give a path that you may write to with --out.',
    cause,
  })
}
