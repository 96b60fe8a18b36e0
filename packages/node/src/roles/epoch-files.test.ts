import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from '@koinon/base'
import pino from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { subnetFileSpec } from '../local/subnet-files.ts'
import { EpochFiles, filesIn } from './epoch-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-epoch-files-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const source = (version: number): string => `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'
export const subnet = defineSubnet({
  name: 'times',
  version: ${version},
  task: z.object({ number: z.int() }),
  response: z.object({ product: z.int() }),
  sample: (random) => ({ number: random.below(1_000) }),
  score: ({ number }, { product }) => (product === ${version} * number ? 1_000_000 : 0),
})
`
const saved = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const stranger: Hex = `0x${'5c'.repeat(32)}`

/** Files by a ledger that names one hash after the other. */
function filesBy(specHashes: readonly Hex[], options: { readonly file: string; readonly laterFolder?: string }) {
  const asked: number[] = []
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  const ledger = {
    specHash: async (_netuid: number, epoch: number) => {
      asked.push(epoch)
      return specHashes[Math.min(epoch, specHashes.length - 1)] as Hex
    },
  }
  return { files: new EpochFiles({ ...options, netuid: 1, ledger, log }), asked, lines }
}

describe('the file of an epoch', () => {
  it('is opened once for all members of a process, and told with what it says of itself', async () => {
    const file = saved('shared.ts', source(1))
    const { files } = filesBy([(await subnetFileSpec(file)).specHash], { file })
    const [one, other] = await Promise.all([files.first(), files.first()])
    expect(other).toBe(one)
    expect(await files.at(0)).toBe(one)
    expect(one?.description).toMatchObject({ name: 'times', hasServe: false })
  })

  it('is the one that the ledger names, also when it came while the role runs', async () => {
    const file = saved('times.ts', source(1))
    const laterFolder = join(folder, 'times')
    const later = join(laterFolder, 'version-2.ts')
    const first = (await subnetFileSpec(file)).specHash
    const second = (await subnetFileSpec(saved('other.ts', source(2)))).specHash
    const { files, asked } = filesBy([first, first, second], { file, laterFolder })
    expect(await files.first()).toMatchObject({ path: file, specHash: first })
    expect(await files.at(1)).toMatchObject({ path: file })
    expect(await files.at(2)).toBeUndefined()
    mkdirSync(laterFolder)
    writeFileSync(later, source(2))
    expect(await files.at(2)).toMatchObject({ path: later, specHash: second })
    expect(await files.announced()).toMatchObject({ path: later })
    expect(await files.at(1)).toMatchObject({ path: file })
    // What an epoch that has begun goes by is asked for once.
    expect(asked).toEqual([1, 2, Number.MAX_SAFE_INTEGER])
  }, 60_000)

  it('is none where a file is another, or broken, which is told once', async () => {
    const laterFolder = join(folder, 'broken')
    mkdirSync(laterFolder)
    writeFileSync(join(laterFolder, 'version-2.ts'), 'export const nothing = 1')
    const { files, lines } = filesBy([stranger], { file: saved('own.ts', source(1)), laterFolder })
    expect(await files.at(1)).toBeUndefined()
    expect(await files.at(2)).toBeUndefined()
    expect(lines.filter((line) => line.includes('this subnet file is left out'))).toHaveLength(1)
    const { files: gone } = filesBy([stranger], { file: join(folder, 'gone.ts') })
    await expect(gone.first()).rejects.toMatchObject({ code: 'subnets/no-file' })
  }, 60_000)

  it('comes after those of lower versions in a folder', () => {
    const many = join(folder, 'many')
    expect(filesIn(many)).toEqual([])
    mkdirSync(many)
    for (const name of ['version-10.ts', 'version-9.ts', 'notes.txt']) writeFileSync(join(many, name), '')
    expect(filesIn(many)).toEqual([join(many, 'version-9.ts'), join(many, 'version-10.ts')])
  })
})
