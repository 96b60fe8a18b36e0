import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

const given = new URL('../../../../specs/vectors/incentives.json', import.meta.url).pathname
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-epoch-run-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Envelope = {
  readonly ok: boolean
  readonly data: {
    readonly epochs: number
    readonly differing: readonly string[]
    readonly vectors: readonly (Record<string, unknown> & { readonly label: string })[]
  }
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string }
  readonly warnings: readonly string[]
}

const epochRun = (...args: readonly string[]) => runKoinon(join(folder, 'home'), 'epoch', 'run', ...args)

async function runFile(file: unknown): Promise<{ code: unknown; envelope: Envelope }> {
  const path = join(folder, 'file.json')
  writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file))
  const { code, stdout } = await epochRun('--in', path, '--json')
  return { code, envelope: JSON.parse(stdout) as Envelope }
}

describe('koinon epoch run', () => {
  it('recomputes the given epochs and finds that all agree', async () => {
    const { code, stdout } = await epochRun('--in', given, '--json')
    const { ok, data, warnings } = JSON.parse(stdout) as Envelope
    expect({ code, ok, epochs: data.epochs, differing: data.differing }).toEqual({
      code: 0,
      ok: true,
      epochs: 22,
      differing: [],
    })
    expect(data.vectors[1]).toMatchObject({
      label: 'yuma2.bonds8.epoch2',
      agrees: true,
      checks: { emission: { agrees: true, largestDifference: 0, compared: 8 } },
      emission: [44_998_351, 101_110_561, 151_667_215, 202_223_870, 49_998_779, 100_000_610, 149_996_337, 200_004_272],
      bonds_u16_col: { 4: [14_582, 32_767, 49_151, 65_535] },
    })
    expect(warnings[0]).toContain('upscale_u16')
  })

  it('shows a table to people', async () => {
    const { code, stdout } = await epochRun('--in', given)
    expect(code).toBe(0)
    expect(stdout).toMatch(/yuma3\.stable_miner\.epoch5\s+agrees\s+bonds, dividends/)
    expect(stdout).toContain('22 epochs, 0 of them differ from the file')
  })

  it('exits with 1 and names the epoch and the field where one figure is false', async () => {
    const file = JSON.parse(readFileSync(given, 'utf8')) as { vectors: { label: string; emission: number[] }[] }
    const spoilt = file.vectors.find(({ label }) => label === 'yuma2.bonds8.epoch3')
    ;(spoilt as { emission: number[] }).emission[2] = 157_929_637
    const { code, envelope } = await runFile(file)
    expect({ code, ok: envelope.ok, differing: envelope.data.differing }).toEqual({
      code: 1,
      ok: false,
      differing: ['yuma2.bonds8.epoch3'],
    })
    expect(envelope.data.vectors[2]?.['checks']).toMatchObject({ emission: { agrees: false, largestDifference: 1 } })
  })

  it('tells what one vector lacks and computes the rest', async () => {
    const agreeing = {
      label: 'yuma3.b.0',
      stake: [1, 0],
      weights: [[[1, 9]], []],
      emission: [500, 500],
      params: { emission: 1_000 },
    }
    const { code, envelope } = await runFile([{ label: 'yuma2.a.0', stake: [1] }, agreeing])
    expect(code).toBe(1)
    expect(envelope.data.vectors).toMatchObject([
      { label: 'yuma2.a.0', agrees: false, problem: 'The field "weights" is missing' },
      { label: 'yuma3.b.0', agrees: true },
    ])
  })

  it.each<[string, string, number]>([
    ['{', 'usage/bad-json', 2],
    ['{"vectors": 3}', 'subnets/bad-vector-file', 1],
  ])('explains a file that is none: %s', async (text, errorCode, exitCode) => {
    const { code, envelope } = await runFile(text)
    expect({ code, error: envelope.error?.code }).toEqual({ code: exitCode, error: errorCode })
    expect(envelope.error?.hint).toBeDefined()
    expect(envelope.error?.message).toContain('file.json')
  })

  it('reads amounts of 64 bits to the unit, whether they are written as numbers or as strings', async () => {
    const amounts = (text: (value: string) => string) =>
      ['1500000000000000001', '1500000000000000001', '3000000000000000003'].map(text).join(',')
    const file = (
      text: (value: string) => string,
    ) => `\ufeff{"vectors": [{"label": "yuma3.large.0", "permits": [1, 1, 0],
      "stake": [${text('9000000000000000001')}, ${text('9000000000000000001')}, 0], "weights": [[[2, 1]], [[2, 1]]],
      "params": {"emission": ${text('6000000000000000006')}}, "emission": [${amounts(text)}]}]}`
    for (const text of [(value: string) => value, (value: string) => `"${value}"`]) {
      const { code, envelope } = await runFile(file(text))
      expect({ code, differing: envelope.data.differing }).toEqual({ code: 0, differing: [] })
      expect(envelope.data.vectors[0]?.['checks']).toMatchObject({ emission: { largestDifference: 0 } })
    }
  })

  it('explains a file that is not there, and a missing flag', async () => {
    expect(await epochRun('--in', join(folder, 'none.json'))).toMatchObject({ code: 2, stdout: '' })
    await expect(epochRun()).rejects.toMatchObject({ code: 'commander.missingMandatoryOptionValue' })
  })
})
