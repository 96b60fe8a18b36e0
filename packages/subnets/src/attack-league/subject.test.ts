import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { aggregatorsNamed, attacksNamed, runLeague } from './league.ts'
import type { LeagueReport } from './league-report.ts'
import { defaultWorld } from './settings.ts'
import { readSubject, type Subject } from './subject.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-league-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Sums of numbers: `score` as given. */
function subnetFile(
  name: string,
  score: string,
  serve = 'serve: ({ numbers }) => ({ sum: numbers.reduce((a, b) => a + b, 0) }),',
): string {
  const path = join(folder, `${name}.ts`)
  writeFileSync(
    path,
    `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

export const subnet = defineSubnet({
  name: '${name}',
  version: 1,
  tasks: 4,
  task: z.object({ numbers: z.array(z.int()) }),
  response: z.object({ sum: z.int() }),
  sample: (random) => ({ numbers: [1000 + random.below(1000), random.below(1000)] }),
  ${serve}
  score: ({ numbers }, { sum }) => ${score},
})
`,
  )
  return path
}

const exact = 'sum === numbers.reduce((a, b) => a + b, 0) ? 1_000_000 : 0'
const read = (path: string): Promise<Subject> => readSubject(path, 'a', () => undefined)

function play({ world, attacks, behaviours }: Subject): LeagueReport {
  const run = runLeague({
    world: { ...defaultWorld, validators: 8, miners: 8, epochs: 20, ...world },
    seeds: 4,
    attacks: [...attacksNamed(['copier-open']), ...attacks],
    aggregators: aggregatorsNamed(['yuma3']),
    behaviours,
  })
  for (;;) {
    const step = run.next()
    if (step.done === true) return step.value
  }
}

describe('a subnet file in the league', () => {
  it('that scores well makes cheap answers worthless, and copying too', async () => {
    const subject = await read(subnetFile('sums', exact))
    expect(subject.title).toBe('sums 1')
    expect(subject.world).toMatchObject({ noisePpm: 0, driftPpm: 0, weights: 'linear' })
    const scores = Object.fromEntries(subject.behaviours.map(({ name, scorePpm }) => [name, scorePpm]))
    expect(scores).toMatchObject({ honest: 1_000_000, lazy: 0, garbage: 0, empty: 0, half: 1_000_000 })
    expect(scores['one-for-all']).toBe(250_000)
    const { attacks, behaviours } = play(subject)
    expect(attacks.map(({ name }) => name)).toEqual(['copier-open', 'file-lazy', 'file-garbage', 'file-cheap'])
    const [copier, lazy, garbage] = attacks.map(({ cells }) => cells[0]?.gain?.meanPercent as number)
    expect(Math.abs(copier as number)).toBeLessThan(0.1)
    expect(lazy).toBeLessThan(-90)
    expect(garbage).toBeLessThan(-90)
    expect(behaviours.length).toBe(6)
  })

  it('that anybody can please is said to be weak', async () => {
    const { attacks } = play(await read(subnetFile('weak', 'sum > 0 ? 900_000 : 0')))
    expect(attacks.find(({ name }) => name === 'file-cheap')?.cells[0]?.verdict).toBe('profitable')
    expect(attacks.find(({ name }) => name === 'file-cheap')?.hope).toContain('one for all')
  })

  it('is the same for the same seed', async () => {
    const path = subnetFile('again', 'Math.min(1_000_000, Math.abs(sum))')
    expect(JSON.stringify(await read(path))).toBe(JSON.stringify(await read(path)))
  })

  it('that cannot be played is told why', async () => {
    await expect(read(join(folder, 'none.ts'))).rejects.toThrow(/cannot be read/)
    await expect(read(subnetFile('mute', exact, ''))).rejects.toThrow(/serve/)
    await expect(read(subnetFile('hopeless', '0'))).rejects.toThrow(/scores nothing/)
    await expect(read(subnetFile('broken', 'nothing.here'))).rejects.toThrow(/scores nothing/)
  })
})
