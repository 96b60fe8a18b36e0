/** Files that somebody names on the command line. */
import { readFileSync } from 'node:fs'
import { KoinonError } from '@koinon/base'

/** Throws `usage/no-file` with the hint. */
export function readGivenText(path: string, hint: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new KoinonError({ code: 'usage/no-file', message: `${path} cannot be read`, hint, cause })
  }
}

/** Throws `usage/no-file` with the hint. */
export function readGivenBytes(path: string, hint: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new KoinonError({ code: 'usage/no-file', message: `${path} cannot be read`, hint, cause })
  }
}

type GivenJson = {
  readonly path: string
  readonly hints: { readonly noFile: string; readonly badJson: string }
  readonly reviver?: Parameters<typeof JSON.parse>[1]
}

/** With or without a byte order mark. Throws `usage/no-file` and `usage/bad-json`. */
export function readGivenJson({ path, hints, reviver }: GivenJson): unknown {
  const text = readGivenText(path, hints.noFile)
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''), reviver)
  } catch (cause) {
    throw new KoinonError({
      code: 'usage/bad-json',
      message: `${path} is not JSON: ${(cause as Error).message}`,
      hint: hints.badJson,
      cause,
    })
  }
}
