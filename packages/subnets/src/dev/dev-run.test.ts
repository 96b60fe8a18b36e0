import type { Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { EvidenceLog } from '../rules/index.ts'
import { replayLog } from '../verifier/replay-log.ts'
import { SubnetSandbox } from '../verifier/sandbox/sandbox.ts'
import { garbageOf } from './dev-miners.ts'
import { type ReplayBundle, runSubnetDev } from './dev-run.ts'

const right = '(task, { sum }) => Math.max(0, 1_000_000 - 20_000 * Math.abs(task.a + task.b - sum))'

/** One run for all that only read it. */
const honest = run()

describe('runSubnetDev', () => {
  it('pays honest miners alike and the bad next to nothing, the same for the same seed', async () => {
    const [one, again, other] = [await honest, await run(), await run(right, { seed: 'other' })]
    expect(one.problems).toEqual([])
    const [first, second, third, garbage, copier] = one.miners
    expect([first, second, third, garbage, copier].map((miner) => miner?.play)).toEqual([
      'honest',
      'honest',
      'honest',
      'garbage',
      'copier',
    ])
    for (const miner of [first, second, third]) expect(miner?.incentivePpm).toBeGreaterThan(300_000)
    for (const miner of [garbage, copier]) expect(miner?.incentivePpm).toBeLessThan(40_000)
    expect(again).toEqual(one)
    expect(other.miners[0]?.hotkey).not.toBe(first?.hotkey)
    expect(other.bundles[0]?.log.beacon).not.toBe(one.bundles[0]?.log.beacon)
  })

  it('pays out what accrued: an epoch each, and of the one before the first once more', async () => {
    const { miners, validators } = await honest
    const paid = [...miners, ...validators].reduce((sum, { earnedAtomic }) => sum + earnedAtomic, 0n)
    const epoch = (3_600n * 10n ** 18n) / 20n
    expect(paid).toBeLessThanOrEqual(4n * epoch)
    expect(paid).toBeGreaterThan(4n * epoch - 100n)
  })

  it('names a bad miner that earns more than an honest one', async () => {
    const { problems } = await run('(task, { sum }) => (task.a + task.b === sum ? 1 : 1_000_000)')
    expect(problems.join()).toMatch(/The garbage \(uid 3\) earned more than an honest miner/)
  })

  it('names bad miners that earn as much as honest ones, the copier since it had something to copy', async () => {
    const { miners, problems } = await run('() => 500_000')
    expect(miners[3]?.earnedAtomic).toBe(miners[0]?.earnedAtomic)
    expect(miners[4]?.earnedAtomic).toBeLessThan(miners[0]?.earnedAtomic as bigint)
    expect(problems).toEqual([
      expect.stringMatching(/^The garbage \(uid 3\) earned as much as an honest miner\. Let verify or score/),
      expect.stringMatching(/^The copier \(uid 4\) earned as much as an honest miner\. Let what is asked change/),
    ])
  })

  it('names nobody when a winner takes all and the bad earn nothing', async () => {
    const { problems } = await run(`${right}, weights: 'wta'`)
    expect(problems).toEqual([])
  })

  it('names a scorer that keeps something between calls', async () => {
    const { problems } = await run('() => (globalThis.count = (globalThis.count ?? 0) + 1)')
    expect(problems.join()).toMatch(/Validators disagree on uid 0/)
  })

  it('names a scorer that fails, and pays nobody by it', async () => {
    const { problems, miners } = await run("() => { throw new Error('not written yet') }")
    expect(problems).toEqual([
      expect.stringMatching(
        /^The file failed on \d+ answers in epochs 1 to 3: (?!the file failed).*not written yet \(sum\.ts:/,
      ),
      'Nobody earned in epochs 1 to 3.',
    ])
    expect(miners.every(({ earnedAtomic }) => earnedAtomic === 0n)).toBe(true)
  })

  it('asks for a baseline', async () => {
    const file = fileOf(right)
    const source = file.source.replace(/ {2}serve.*\n/, '')
    const running = runSubnetDev({ file: { ...file, source }, epochs: 2, seed: '1' })
    await expect(running).rejects.toThrow(/has no "serve"/)
  })
})

describe('replayLog', () => {
  it('finds nothing in an honest record, and the first thing that was changed in others', async () => {
    const { bundles } = await honest
    const bundle = bundles.at(-1) as ReplayBundle
    const sandbox = await SubnetSandbox.open(fileOf(right))
    const differenceIn = async (log: EvidenceLog, blobs: Readonly<Record<Hex, string>> = bundle.blobs) =>
      (await replayLog(sandbox, log, async (hash) => blobs[hash])).firstDifference
    try {
      for (const honest of bundles) expect(await differenceIn(honest.log, honest.blobs)).toBeUndefined()
      const changed = (change: (log: Mutable) => void): EvidenceLog => {
        const copy = structuredClone(bundle.log) as unknown as Mutable
        change(copy)
        return copy as unknown as EvidenceLog
      }
      const cases: readonly (readonly [RegExp, (log: Mutable) => void])[] = [
        [/^spec: /, (log) => void (log.specHash = log.beacon)],
        [/^questions: question 1 of 3/, (log) => void (log.tasks.taskHashes[1] = log.beacon)],
        [/^questions: /, (log) => void (log.tasks.openingBeacon = log.beacon)],
        [
          /^evidence: uid 1, question 2: the log says 999999 millionths.*here it is 1000000/,
          (log) => void (workOf(log, 1, 2).facts.scorePpm = 999_999),
        ],
        [
          /^evidence: uid 3, question 0/,
          (log) => void (workOf(log, 3, 0).checks = [{ name: 'verify', state: 'fail', detail: 'Forged.' }]),
        ],
        [/^scores: uid 2/, (log) => void ((log.scores[2] as { scorePpm: number }).scorePpm = 5)],
        [/^row: /, (log) => void (log.row = '0x0000ffff')],
      ]
      for (const [difference, change] of cases) expect(await differenceIn(changed(change))).toMatch(difference)
      const [hash, text] = Object.entries(bundle.blobs)[0] as [Hex, string]
      const { [hash]: _, ...rest } = bundle.blobs
      // An answer that is not to be had accuses nobody, and leaves open what rests on it.
      const partial = await replayLog(sandbox, bundle.log, async (name) => rest[name])
      expect(partial.firstDifference).toBeUndefined()
      expect(partial.checks.map(({ name, state }) => `${name} ${state}`)).toEqual([
        'spec pass',
        'questions pass',
        'answers notChecked',
        'evidence notChecked',
        'unjudged pass',
        'scores pass',
        'row pass',
        'previous pass',
        'committed notChecked',
      ])
      expect(await differenceIn(bundle.log, { ...rest, [hash]: `${text} ` })).toMatch(/^answers: .*is another one/)
      const { tasks: __, ...other } = bundle.log
      expect(await differenceIn(other)).toMatch(/^questions: the log is not that of a subnet file/)
    } finally {
      await sandbox.close()
    }
  })

  it('says which scores another file gives', async () => {
    const { bundles } = await honest
    const sandbox = await SubnetSandbox.open(fileOf(right.replace('1_000_000', '999_999')))
    try {
      const { log, blobs } = bundles[0] as ReplayBundle
      const { checks } = await replayLog(sandbox, log, async (hash) => blobs[hash])
      expect(checks.map(({ name, state }) => `${name} ${state}`)).toEqual([
        'spec fail',
        'questions pass',
        'answers pass',
        'evidence fail',
        'unjudged pass',
        'scores pass',
        'row pass',
        'previous pass',
        'committed notChecked',
      ])
    } finally {
      await sandbox.close()
    }
  })
})

describe('garbageOf', () => {
  it('keeps the form and the size of what it replaces', () => {
    const draws = [3, 1, 0, 2]
    const random = { below: (bound: number) => (draws.shift() ?? 0) % bound, nextUint64: () => 0n, sample: () => [] }
    const garbage = garbageOf({ text: 'ab', list: [4, 0], yes: true, none: null }, random) as Record<string, unknown>
    expect(Object.keys(garbage)).toEqual(['text', 'list', 'yes', 'none'])
    expect([...(garbage['text'] as string)].sort()).toEqual(['a', 'b'])
    expect((garbage['list'] as number[]).every((value) => value >= 0 && value <= 4)).toBe(true)
    expect(garbage['none']).toBeNull()
  })
})

type Mutable = {
  specHash: Hex
  beacon: Hex
  row: Hex
  tasks: { openingBeacon: Hex; taskHashes: Hex[] }
  scores: { scorePpm: number }[]
  miners: { work: { facts: { scorePpm: number }; checks: { name: string; state: string; detail: string }[] }[] }[]
}

function workOf({ miners }: Mutable, uid: number, task: number) {
  return miners[uid]?.work[task] as Mutable['miners'][number]['work'][number]
}

function run(score = right, changes: { readonly seed?: string } = {}) {
  return runSubnetDev({ file: fileOf(score), epochs: 3, seed: '1', ...changes })
}

function fileOf(score: string) {
  const source = `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

export const sum = defineSubnet({
  name: 'sum',
  version: 1,
  tasks: 3,
  task: z.object({ a: z.int(), b: z.int() }),
  response: z.object({ sum: z.int() }),
  sample: (random) => ({ a: random.below(1000), b: random.below(1000) }),
  serve: ({ a, b }) => ({ sum: a + b }),
  score: ${score},
})
`
  return { fileName: 'sum.ts', source }
}
