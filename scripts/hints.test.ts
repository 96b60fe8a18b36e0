/** Where a person meets errors, each says what to do next (CONTRIBUTING.md, rule 5). */
import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourceFiles } from './sources.ts'

const root = resolve(import.meta.dirname, '..')
const rooms =
  /^packages\/(cli\/src\/|node\/src\/wallet\/|ledger\/src\/(clients|sender)\.ts$|work\/src\/node\/node-call\.ts$)/
const opening = 'new KoinonError({'

/** The object literals that errors are made of, with the line each begins on. */
function constructionsOf(text: string): readonly { readonly line: number; readonly literal: string }[] {
  return text
    .split(opening)
    .slice(1)
    .map((rest, index) => ({
      line: text
        .split(opening, index + 1)
        .join(opening)
        .split('\n').length,
      literal: rest.slice(0, endOfLiteral(rest)),
    }))
}

function endOfLiteral(rest: string): number {
  let depth = 1
  for (let at = 0; at < rest.length; at++) {
    if (rest[at] === '{') depth += 1
    if (rest[at] === '}') depth -= 1
    if (depth === 0) return at
  }
  return rest.length
}

describe('errors that a person meets', () => {
  const errors = sourceFiles(root, ['packages'])
    .map((path) => relative(root, path))
    .filter((path) => rooms.test(path) && !path.endsWith('.test.ts'))
    .flatMap((path) => constructionsOf(readFileSync(resolve(root, path), 'utf8')).map((each) => ({ path, ...each })))

  it('all have a hint', () => {
    const without = errors.filter(({ literal }) => !/\bhint\b|\.\.\./.test(literal))
    expect(without.map(({ path, line }) => `${path}:${line}`)).toEqual([])
  })

  it('are found by this test', () => {
    expect(errors.length).toBeGreaterThan(40)
    expect(constructionsOf('a\nnew KoinonError({ code: `x${{ y: 1 }}` }) {}')).toEqual([
      { line: 2, literal: ' code: `x${{ y: 1 }}` ' },
    ])
  })
})
