import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-network-sim-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sim = (...args: readonly string[]) => runKoinon(join(folder, 'home'), 'network', 'sim', ...args)

describe('koinon network sim', () => {
  it('says what each policy leaves to an attacker, as text, as JSON and as a page', async () => {
    const page = join(folder, 'report.html')
    const shown = await sim('--days', '2', '--attacks', 'quiet, wash', '--out', page)
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/^Least is to be had under /)
    expect(shown.stdout).toMatch(/Quiet owner +\+\d+ %/)
    expect(shown.stderr).toMatch(/ +0 % +No attacker under priceEma/)
    expect(readFileSync(page, 'utf8')).toContain('koinon network sim --seed koinon --days 2')
    const { code, stdout } = await sim('--days', '2', '--attacks', 'quiet', '--json', '--quiet')
    expect(code).toBe(0)
    const { data } = JSON.parse(stdout)
    expect(data.attacks[0].cells.map(({ policy }: { policy: string }) => policy)).toContain('userCapital')
    expect(data.attacks[0].cells[0].profit).toMatch(/^\d+$/)
  }, 180_000)

  it.each([
    [['--attacks', 'none-such'], 2, /Choose from: quiet/],
    [['--days', '0'], 2, /--days/],
    [['--capital', '0'], 1, /attacker brings/],
    [['--out', '/no/such/folder/report.html'], 2, /cannot be written/],
  ] as const)('refuses %j', async (args, code, text) => {
    const said = await sim(...args)
    expect(said.code).toBe(code)
    expect(said.stderr).toMatch(text)
  })
})
