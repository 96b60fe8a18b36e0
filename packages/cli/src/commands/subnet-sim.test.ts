import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KoinonError } from '@koinon/base'
import { aggregatorsNamed, attacksNamed } from '@koinon/subnets/attack-league'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

const main = new URL('../main.ts', import.meta.url).pathname
const small = ['--epochs', '20', '--seeds', '2', '--validators', '12', '--miners', '16', '--aggregators', 'yuma2,yuma3']
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-sim-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sim = (...args: readonly string[]) => runKoinon(join(folder, 'home'), 'subnet', 'sim', ...args)

describe('koinon subnet sim', () => {
  it('says what pays and why, with progress on standard error only', async () => {
    const { code, stdout, stderr } = await sim(...small, '--attacks', 'burn-key, late-whale')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Of 2 attacks, 1 pays under every aggregator played/)
    expect(stdout).toMatch(/Burn-key farming by the owner +\+\d+ % PAYS +\+\d+ % PAYS/)
    expect(stdout).toMatch(/- Mended by: incentive on the owner's keys is burned/)
    expect(stdout).not.toMatch(/Late whale, new key\n/)
    expect(stderr).toMatch(/ +0 % +Burn-key farming by the owner under Yuma 2/)
    expect(stderr).toMatch(/\d+ epochs played in/)
  })

  it('gives the same bytes for the same seed, as JSON and as a page', async () => {
    const run = async (name: string, seed: string): Promise<readonly string[]> => {
      const page = join(folder, name)
      const { code, stdout } = await sim(
        ...small,
        '--attacks',
        'copier-sealed',
        '--seed',
        seed,
        '--json',
        '--quiet',
        '--out',
        page,
      )
      expect(code).toBe(0)
      return [stdout, readFileSync(page, 'utf8')]
    }
    const [first, page] = await run('a.html', '7')
    expect(await run('b.html', '7')).toEqual([first, page])
    expect((await run('c.html', '8'))[0]).not.toBe(first)
    const { data } = JSON.parse(first as string)
    expect(data.attacks[0].cells[0].gain.seeds).toBe(2)
    expect(page).toContain('koinon subnet sim --seed 7 --seeds 2 --epochs 20')
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('plays a subnet file with attacks that its own score has to stand', async () => {
    const path = join(folder, 'echo.ts')
    writeFileSync(
      path,
      `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'
export const echo = defineSubnet({
  name: 'echo', version: 3, tasks: 3, task: z.int(), response: z.int(),
  sample: (random) => 1 + random.below(1_000_000),
  serve: (task) => task,
  score: (task, answer) => (task === answer ? 1_000_000 : 0),
})
`,
    )
    const { code, stdout, stderr } = await sim(
      path,
      ...small,
      '--attacks',
      'copier-open,file-cheap',
      '--json',
      '--quiet',
    )
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const { data } = JSON.parse(stdout)
    expect(data.subject).toBe('echo 3')
    expect(data.attacks.map(({ name }: { name: string }) => name)).toEqual(['copier-open', 'file-cheap'])
    expect(data.behaviours[0]).toMatchObject({ name: 'honest', scorePpm: 1_000_000 })
  })

  it('names every attack and every aggregator in its help, as files name them', () => {
    const command = ['--disable-warning=ExperimentalWarning', main, 'subnet', 'sim', '--help']
    const { stdout } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 60_000 })
    const known = (ask: (names: readonly string[]) => unknown): readonly string[] => {
      try {
        ask(['none'])
      } catch (error) {
        return /Choose from: (.*)\./.exec((error as KoinonError).hint ?? '')?.[1]?.split(', ') ?? []
      }
      return []
    }
    const [attacks, aggregators] = [known(attacksNamed), known(aggregatorsNamed)]
    expect([attacks.length, aggregators.length]).toEqual([13, 11])
    const listed = stdout.replace(/\s+/g, ' ')
    expect(listed).toContain(`Attacks: ${attacks.join(', ')}.`)
    for (const name of aggregators)
      expect(listed.slice(listed.indexOf('Aggregators,'))).toMatch(new RegExp(`\\b${name}\\b`))
  })

  it.each([
    [['--attacks', 'none-such'], 2, /Choose from: copier-open/],
    [['--aggregators', 'yuma9'], 2, /Choose from: yuma2/],
    [['--stakes', 'odd'], 2, /equal, zipf, whale/],
    [['--epochs', '1'], 2, /--epochs/],
    [['--validators', '128', '--miners', '200'], 1, /256 seats/],
    [['none.ts'], 1, /cannot be read/],
    [['--out', '/no/such/folder/report.html'], 2, /cannot be written/],
  ] as const)('refuses %j', async (args, code, text) => {
    const said = await sim(...args)
    expect(said.code).toBe(code)
    expect(said.stderr).toMatch(text)
  })

  it('keeps the attacks that were played when interrupted', async () => {
    const page = join(folder, 'part.html')
    const world = ['--epochs', '60', '--seeds', '10', '--validators', '8', '--miners', '16', '--aggregators', 'yuma2']
    const command = ['--home', join(folder, 'home'), 'subnet', 'sim', ...world, '--out', page]
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 120_000,
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const isPlayed = /Under-weighter under/.test(said)
      said += text
      if (!isPlayed && /Under-weighter under/.test(said)) child.kill('SIGINT')
    })
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(130)
    expect(said).toMatch(/Stopped before the league was over; \d+ of 13 attacks are in /)
    expect(readFileSync(page, 'utf8')).toMatch(/stopped after \d+ of 13 attacks/)
  })

  it('says of one seed that it gives no interval', async () => {
    const { stdout } = await sim(...small, '--seeds', '1', '--attacks', 'under-weighter')
    expect(stdout).toMatch(
      /Unclear under every aggregator \(.+\): one seed gives no interval\. Give --seeds 2 or more\./,
    )
    expect(stdout).not.toContain('∞')
  })

  it('ends between two worlds when interrupted before one attack was over, and writes nothing', async () => {
    const page = join(folder, 'never.html')
    const command = [
      '--home',
      join(folder, 'home'),
      'subnet',
      'sim',
      '--epochs',
      '100',
      '--seeds',
      '1000',
      '--out',
      page,
    ]
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 120_000,
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said === '') child.kill('SIGINT')
      said += text
    })
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect(code).toBe(130)
    expect(said).toMatch(/nothing was written/)
    expect(existsSync(page)).toBe(false)
  })
})
