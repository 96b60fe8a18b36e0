import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readGivenJson, readGivenText } from './given-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-given-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const written = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const hints = { noFile: 'Name one that is there.', badJson: 'Give JSON.' }
const thrown = (call: () => unknown): unknown => {
  try {
    return call()
  } catch (error) {
    return error
  }
}

describe('a file named on the command line', () => {
  it('is read as it is, JSON also after a byte order mark', () => {
    expect(readGivenText(written('a.csv', 'time,price\n'), '')).toBe('time,price\n')
    expect(readGivenJson({ path: written('a.json', '\uFEFF{"a":[1]}'), hints })).toEqual({ a: [1] })
    const reviver = (_: string, value: unknown) => (typeof value === 'number' ? BigInt(value) : value)
    expect(readGivenJson({ path: written('b.json', '[7]'), hints, reviver })).toEqual([7n])
  })

  it('that is not there, or no JSON, is told with the hint of its command', () => {
    const path = join(folder, 'none')
    const absent = { code: 'usage/no-file', message: `${path} cannot be read`, hint: hints.noFile }
    expect(thrown(() => readGivenText(path, hints.noFile))).toMatchObject(absent)
    expect(thrown(() => readGivenJson({ path, hints }))).toMatchObject(absent)
    const broken = written('broken.json', '{')
    const wanted = {
      code: 'usage/bad-json',
      message: expect.stringContaining(`${broken} is not JSON: `),
      hint: hints.badJson,
    }
    expect(thrown(() => readGivenJson({ path: broken, hints }))).toMatchObject(wanted)
  })
})
