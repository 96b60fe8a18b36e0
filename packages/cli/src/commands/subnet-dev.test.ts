import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createProgram } from '../program.ts'

const probing = new URL('../../../../subnets/probing.ts', import.meta.url).pathname
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-subnet-dev-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Envelope = {
  readonly ok: boolean
  readonly data: {
    readonly problems: readonly string[]
    readonly firstDifference: string | null
    readonly checks: readonly { readonly name: string; readonly state: string }[]
  }
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string }
}

describe('koinon subnet dev', () => {
  it('shows who earned what and why, keeps records, and replays them from a file and from a validator', async () => {
    const records = join(folder, 'records')
    const dev = await subnet('dev', probing, '--epochs', '2', '--seed', 'x', '--out', records)
    expect(dev.code).toBe(0)
    expect(dev.stdout).toMatch(/^probing 1: 2 epochs of 4 questions, yuma3, seed x/)
    expect(dev.stdout).toMatch(/0 {2}honest +1000000 +33\.\d % .*1536 steps in a row/)
    expect(dev.stdout).toMatch(/4 {2}copier +0 +0\.0 %/)
    expect(dev.stdout).toMatch(/Honest work pays/)
    const names = readdirSync(records)
    expect(names).toHaveLength(6)
    const record = join(records, names[0] as string)

    const replayed = await subnet('replay', record, '--file', probing)
    expect([replayed.code, replayed.stdout]).toEqual([0, expect.stringMatching(/Computed again, nothing differs/)])

    const text = readFileSync(record, 'utf8')
    const changed = join(folder, 'changed.json')
    writeFileSync(changed, text.replace('"scorePpm":1000000', '"scorePpm":999999'))
    const found = await json('replay', changed, '--file', probing)
    expect(found.code).toBe(1)
    expect(found.envelope.data.firstDifference).toMatch(/^evidence: uid 0, question 0: the log says 999999 millionths/)

    const { log, blobs } = JSON.parse(text) as { log: { epoch: number }; blobs: Record<string, string> }
    const validator = createServer((request, response) => {
      const answer = /^\/v1\/answers\/1\/(0x[0-9a-f]{64})$/.exec(request.url ?? '')?.[1]
      const isLog = request.url === `/v1/evidence-log/1/${log.epoch}`
      response.writeHead(isLog || answer !== undefined ? 200 : 404, { 'content-type': 'application/json' })
      response.end(isLog ? JSON.stringify(log) : JSON.stringify({ text: blobs[answer ?? ''] }))
    })
    await new Promise<void>((resolve) => validator.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(validator.address() as AddressInfo).port}`
    try {
      const asked = await json('replay', url, '--epoch', String(log.epoch), '--file', probing)
      expect([asked.code, asked.envelope.data.firstDifference]).toEqual([0, null])
      expect((await json('replay', url, '--file', probing)).envelope.error?.code).toBe('usage/no-epoch')
    } finally {
      validator.closeAllConnections()
      await new Promise((resolve) => validator.close(resolve))
    }
  })

  it('exits with 1 and says what to mend when a bad miner earns more', async () => {
    const file = join(folder, 'upside-down.ts')
    writeFileSync(
      file,
      `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'
export const upsideDown = defineSubnet({
  name: 'upside-down',
  version: 1,
  task: z.int(),
  response: z.int(),
  sample: (random) => random.below(1_000_000),
  serve: (task) => task,
  score: (task, response) => (task === response ? 1 : 1_000_000),
})
`,
    )
    const { code, envelope } = await json('dev', file, '--epochs', '2')
    expect([code, envelope.ok]).toEqual([1, false])
    expect(envelope.data.problems.join()).toMatch(/The garbage \(uid 3\) earned more than an honest miner/)
    const shown = await subnet('dev', file, '--epochs', '2')
    expect(shown.stdout).toMatch(/TO MEND BEFORE LAUNCH\n- The honest baseline earned nothing\.\n- The garbage/)
  })

  it.each([
    [['dev', '/nowhere/file.ts'], 'subnets/no-file', 1],
    [['dev', 'probing', '--epochs', '1'], 'usage/bad-number', 2],
    [['replay', '/nowhere/record.json', '--file', 'probing'], 'usage/no-file', 2],
    [['replay', 'probing', '--file', 'probing'], 'usage/bad-record', 2],
  ] as const)('refuses %j with %s', async (words, code, exit) => {
    const args = words.map((word) => (word === 'probing' ? probing : word))
    const refused = await json(...args)
    expect([refused.envelope.error?.code, refused.code]).toEqual([code, exit])
    expect(refused.envelope.error?.hint).toBeDefined()
  })

  it('shows what each mechanism gives, in dev and in replay', async () => {
    const file = join(folder, 'two.ts')
    const mechanism = (name: string, shareBps: number, tasks: number) =>
      `defineMechanism({ name: '${name}', shareBps: ${shareBps}, tasks: ${tasks}, task: z.object({ n: z.int() }),
  response: z.object({ n: z.int(), by: z.string() }), sample: (random) => ({ n: random.below(1e6) }),
  serve: ({ n }, { hotkey }) => ({ n, by: hotkey }), score: ({ n }, own, { hotkey }) => own.n === n && own.by === hotkey ? 1000 : 0 })`
    writeFileSync(
      file,
      `import { defineMechanism, defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'
export const two = defineSubnet({ name: 'two', version: 1, mechanisms: [${mechanism('echo', 7_000, 2)}, ${mechanism('reply', 3_000, 1)}] })`,
    )
    const records = join(folder, 'two')
    const { code, stdout } = await subnet('dev', file, '--epochs', '2', '--out', records)
    expect([code, stdout]).toEqual([0, expect.stringMatching(/uid +echo +reply +together\n/)])
    expect(stdout).toMatch(/\n +0 +23\.33 % for 1000 +10\.00 % for 1000 +33\.33 %\n/)
    expect(stdout).toMatch(/\n +3 +0\.00 % for 0 +0\.00 % for 0 +0\.00 %\n/)
    expect(stdout).toMatch(/echo: score 1000, which brings 23333\d millionths of all/)
    const replayed = await subnet('replay', join(records, readdirSync(records)[0] as string), '--file', file)
    expect(replayed.stdout).toMatch(/\n +2 +23\.33 % for 1000 +10\.00 % for 1000 +33\.33 %\n/)
    expect(replayed.stdout).toMatch(/Computed again, nothing differs/)
  })

  it('keeps a file with the prices of a feed, never over another, and says what is wrong with a feed', async () => {
    const subnets = new URL('../../../../subnets/', import.meta.url).pathname
    const saved = join(folder, 'with-feed.ts')
    const args = ['dev', join(subnets, 'forecast.ts'), '--epochs', '2', '--feed', join(subnets, 'example-feed.csv')]
    const { code, stdout } = await subnet(...args, '--save', saved)
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^forecast 2: 2 epochs/)])
    expect(readFileSync(saved, 'utf8')).toMatch(/^const feedMovesPpm: readonly number\[\] = \[-?\d+, -?\d+, /m)
    const again = await json(...args, '--save', saved)
    expect([again.code, again.envelope.error?.code]).toEqual([2, 'usage/no-folder'])
    const bad = join(folder, 'bad.csv')
    writeFileSync(bad, 'time,price\n')
    const refused = await json('dev', join(subnets, 'forecast.ts'), '--feed', bad)
    expect(refused.envelope.error?.code).toBe('subnets/bad-feed')
    expect((await json('dev', probing, '--save', saved)).envelope.error?.code).toBe('usage/no-feed')
    expect((await json('dev', probing, '--feed', '/nowhere.csv')).envelope.error?.code).toBe('usage/no-file')
  })

  it('names field and line of a bad file', async () => {
    const file = join(folder, 'bad.ts')
    writeFileSync(file, readFileSync(probing, 'utf8').replace('tasks: 4', 'tasks: 400'))
    const { envelope, code } = await json('dev', file)
    expect([code, envelope.error?.code]).toEqual([1, 'subnets/bad-definition'])
    expect(envelope.error?.message).toMatch(
      /bad\.ts is no subnet: .*tasks must be a whole number from 1 to 64.*bad\.ts:\d+/,
    )
  })
})

async function json(...args: readonly string[]): Promise<{ code: unknown; envelope: Envelope }> {
  const { code, stdout } = await subnet(...args, '--json')
  return { code, envelope: JSON.parse(stdout) as Envelope }
}

async function subnet(...args: readonly string[]): Promise<{ code: unknown; stdout: string }> {
  let stdout = ''
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  const program = createProgram()
  await program.parseAsync(['--home', join(folder, 'home'), 'subnet', ...args], { from: 'user' })
  vi.restoreAllMocks()
  return { code: process.exitCode, stdout }
}
