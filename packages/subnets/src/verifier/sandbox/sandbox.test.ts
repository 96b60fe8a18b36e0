import { type Address, type Hex, sha256Hex } from '@koinon/base'
import { afterEach, describe, expect, it } from 'vitest'
import { taskAnswer } from '../../rules/subnet-file/task-answer.ts'
import { judgeTasks } from '../judge-tasks.ts'
import { type SandboxOptions, SubnetSandbox } from './sandbox.ts'
import type { AdmittedAnswer } from './sandbox-messages.ts'

const beacon: Hex = `0x${'5a'.repeat(32)}`
const opened: SubnetSandbox[] = []
/** For tests that wait for several deadlines, and for new processes after them. */
const longMs = 300_000

afterEach(async () => {
  for (const sandbox of opened.splice(0)) await sandbox.close()
})

describe('SubnetSandbox', () => {
  it('describes a file with its defaults', async () => {
    const { description, sourceHash } = await open(fileOf())
    expect(description).toEqual({
      name: 'sum',
      version: 1,
      tasks: 2,
      scoreTimeoutMs: 1_000,
      answerBytes: 32_768,
      aggregate: 'mean',
      weights: 'linear',
      aggregator: 'yuma3',
      hasServe: true,
    })
    expect(sourceHash).toMatch(/^0x[0-9a-f]{64}$/)
  })

  it('asks the same questions from the same beacon, in every sandbox', async () => {
    const [one, other] = [await open(fileOf()), await open(fileOf())]
    const tasks = await one.tasks({ epoch: 3, beacon })
    expect(tasks).toHaveLength(2)
    expect(await other.tasks({ epoch: 3, beacon })).toEqual(tasks)
    expect(await one.tasks({ epoch: 3, beacon: `0x${'5b'.repeat(32)}` })).not.toEqual(tasks)
  })

  it('serves the baseline, waiting for what it promises', async () => {
    const sandbox = await open(fileOf({ serve: 'async ({ a }) => { await null; return { sum: a } }' }))
    expect(await serve(sandbox)).toBe('{"sum":7}')
    const broken = await open(fileOf({ serve: "() => { throw new Error('no engine') }" }))
    await expect(serve(broken)).rejects.toThrow(/serve failed: no engine \(sum\.ts:\d+:\d+\)/)
    const waiting = await open(fileOf({ serve: '() => new Promise(() => undefined)' }))
    await expect(serve(waiting)).rejects.toThrow(/waits for something/)
  })

  it('gives no score for what is no score, for errors, and for what a score must not depend on', async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['return 1000001', /1000001, not a whole number/],
      ['return -1', /-1, not/],
      ['return 0.5', /0\.5, not/],
      ['return NaN', /NaN, not/],
      ['return', /undefined, not/],
      ['return Promise.resolve(1)', /not a whole number/],
      ["throw new Error('oh')", /oh \(sum\.ts:\d+:\d+\)/],
      ['throw null', /null/],
      ['const f = () => f() + 1; return f()', /call stack/],
      ['return Date.now()', /Date is not there/],
      ['return Math.floor(Math.random())', /Math\.random is not there.*"random"/],
      ['return Math.exp(0)', /Math\.exp is not there.*whole numbers/],
      ["return 'a'.localeCompare('b')", /localeCompare is not there/],
      ["return fetch('http://127.0.0.1')", /fetch is not there/],
      ['return process.pid', /process is not defined/],
      ["return eval('1')", /Code generation/],
      ["return new Function('return 1')()", /Code generation/],
      ['return setTimeout(() => 0)', /setTimeout is not there/],
      ['task.a = 1; return 1', /read only/],
    ]
    const bodies = cases.map(([body], index) => `if (sum === ${index}) { ${body} }`).join('\n')
    const sandbox = await open(fileOf({ score: `(task, { sum }) => {\n${bodies} }`, scoreTimeoutMs: '5000' }))
    const verdicts = await judge(
      sandbox,
      cases.map((_, sum) => JSON.stringify({ sum })),
    )
    for (const [index, [body, problem]] of cases.entries()) {
      expect(verdicts[index], body).toEqual({
        kind: 'fault',
        problem: expect.stringMatching(problem),
        isDeadline: false,
      })
    }
  })

  it('ends what takes too long and scores the others as if nothing had happened', async () => {
    const score = '(task, { sum }, { peers }) => { while (sum === 1) {} ; return sum + peers.length }'
    const sandbox = await open(fileOf({ score }))
    const answers = ['{"sum":10}', '{"sum":1}', '{"sum":30}']
    const expected = [
      { kind: 'scored', scorePpm: 12, reasons: [] },
      { kind: 'fault', problem: 'the file took longer than 1000 ms', isDeadline: true },
      { kind: 'scored', scorePpm: 32, reasons: [] },
    ]
    expect(await judge(sandbox, answers)).toEqual(expected)
    expect(await judge(sandbox, answers, 'descending')).toEqual(expected)
  })

  it('loses nothing but the late answers when the question starts over', async () => {
    const response = `z.object({ sum: z.string() }).superRefine(({ sum }) => { const n = Number(sum); let x = 0; for (let i = 0; i < n; i++) x = (x * 31 + i) | 0; })`
    const score = "(task, { sum }) => { while (sum === '1') {} ; return 5 }"
    const sandbox = await open(fileOf({ response, score, scoreTimeoutMs: '3000' }))
    const timed = (budgetMs: number) => {
      const answers = ['{"sum":"5000000"}', '{"sum":"1"}', '{"sum":"2"}'].map((responseText, uid) => ({
        uid,
        hotkey: hotkeyOf(uid),
        responseText,
        ...(uid === 0 ? { budgetMs } : {}),
      }))
      return sandbox.judge({ epoch: 3, beacon, index: 1, taskText: '{"a":7}', answers, order: 'descending' })
    }
    const kinds = (judged: Awaited<ReturnType<typeof timed>>) =>
      judged.map(({ verdict }) => (verdict.kind === 'fault' ? verdict.isDeadline : verdict.kind))
    const free = await timed(60_000)
    expect(kinds(free)).toEqual(['scored', true, 'scored'])
    // Admitted once in time, then, because of the answer 1, a second time: for that its time is too short.
    const costMs = (free[0]?.spentMs ?? 0) / 2
    expect(kinds(await timed(costMs))).toEqual([true, true, 'scored'])
  })

  it('ends patterns that backtrack for ever, in schemas too', async () => {
    const slow = 'z.object({ sum: z.string().regex(/^(a+)+$/) })'
    const sandbox = await open(fileOf({ response: slow, score: '() => 5' }))
    const verdicts = await judge(sandbox, [`{"sum":"${'a'.repeat(40)}b"}`, '{"sum":"aa"}'])
    expect(verdicts.map(({ kind }) => kind)).toEqual(['fault', 'scored'])
  })

  it('says what does not fit the schema, and who cheats', async () => {
    const verify = "(task, { sum }) => (sum === 13 ? 'Thirteen is a lie.' : true)"
    const sandbox = await open(fileOf({ verify }))
    expect(await judge(sandbox, ['{"sum":"7"}', '{"sum":13}', '{"sum":7}', '[]'])).toEqual([
      { kind: 'malformed', problem: expect.stringContaining('"sum"') },
      { kind: 'cheat', reason: 'Thirteen is a lie.' },
      { kind: 'scored', scorePpm: 7, reasons: ['peers 1'] },
      { kind: 'malformed', problem: expect.stringContaining('schema') },
    ])
  })

  it('takes an answer on which the schema itself fails for malformed, and judges the others', async () => {
    const response = 'z.object({ sum: z.string().refine((text) => BigInt(text) > 0n) })'
    const sandbox = await open(fileOf({ response, score: '() => 5' }))
    const verdicts = await judge(sandbox, ['{"sum":"seven"}', '{"sum":"7"}'])
    expect(verdicts.map(({ kind }) => kind)).toEqual(['malformed', 'scored'])
  })

  it('believes no name of a field that a file makes up', async () => {
    for (const field of ['(', '(a+)+b', 7]) {
      const thrown = `throw Object.assign(new Error('x'), { details: { field: ${JSON.stringify(field)} } })`
      const file = { fileName: 'hostile.ts', source: `${thrown}\n// ${'a'.repeat(60)}\n` }
      await expect(SubnetSandbox.open(file)).rejects.toMatchObject({ code: 'subnets/bad-definition' })
    }
  })

  it('believes nothing that a file says of itself when no definition may say it', async () => {
    const forged = (field: string) => ({
      fileName: 'forged.ts',
      source: `import { z } from 'zod'
WeakSet.prototype.has = () => true
Number.isInteger = () => true
export const forged = { name: 'forged', version: 1, task: z.int(), response: z.int(), sample: () => 1, score: () => 1, ${field} }`,
    })
    for (const field of [
      'tasks: 65',
      'tasks: 1e9',
      'answerBytes: 1e12',
      'scoreTimeoutMs: 1e9',
      "name: 'x'.repeat(65)",
    ]) {
      await expect(SubnetSandbox.open(forged(field)), field).rejects.toMatchObject({ code: 'subnets/bad-definition' })
    }
    const patched = await open(fileOf({ aggregate: '() => { Number.isInteger = () => true; return 0.5 }' }))
    await expect(patched.aggregate([[{ task: 0, scorePpm: 1 }]])).rejects.toMatchObject({ code: 'subnets/file-failed' })
  })

  it('draws the same numbers for all answers to a question', async () => {
    const sandbox = await open(fileOf({ score: '(task, response, { random }) => random.below(1000000)' }))
    const verdicts = await judge(sandbox, ['{"sum":1}', '{"sum":2}'])
    expect(verdicts[0]).toEqual(verdicts[1])
  })

  it('runs an aggregate of the file, and gives null where that fails', async () => {
    const aggregate = '(scores) => Math.floor(scores.reduce((s, { scorePpm }) => s + scorePpm, 0) / scores.length)'
    const sandbox = await open(fileOf({ aggregate }))
    expect(sandbox.description.aggregate).toBe('function')
    expect(
      await sandbox.aggregate([
        [
          { task: 0, scorePpm: 4 },
          { task: 1, scorePpm: 7 },
        ],
        [],
      ]),
    ).toEqual([5, null])
  })

  it('asks, serves and judges the questions of each mechanism by its own functions', async () => {
    const mechanism = (name: string, shareBps: number, factor: number) => `defineMechanism({
      name: '${name}', shareBps: ${shareBps}, tasks: 2, task: z.object({ n: z.int() }), response: z.object({ m: z.int() }),
      sample: (random, { index }) => ({ n: 100 * ${factor} + index }), serve: ({ n }) => ({ m: n * ${factor} }),
      score: ({ n }, { m }, { index }) => (m === n * ${factor} ? 1000 * ${factor} + index : 0),
      aggregate: (scores) => scores.reduce((sum, { scorePpm }) => sum + scorePpm * ${factor}, 0),
    })`
    const both = [mechanism('single', 2_500, 1), mechanism('triple', 7_500, 3)]
    const source = `import { defineMechanism, defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'
export const two = defineSubnet({ name: 'two', version: 1, mechanisms: [${both}] })`
    const sandbox = await open({ fileName: 'two.ts', source })
    const described = [{ shareBps: 2_500 }, { tasks: 2 }]
    expect(sandbox.description).toMatchObject({ tasks: 4, hasServe: true, mechanisms: described })
    const taskTexts = await sandbox.tasks({ epoch: 3, beacon })
    expect(taskTexts).toEqual(['{"n":100}', '{"n":101}', '{"n":300}', '{"n":301}'])
    const hotkey = hotkeyOf(0)
    const own = new Map<number, string>()
    for (const [task, taskText] of taskTexts.entries()) {
      const response = await sandbox.serve({ epoch: 3, beacon, index: task, hotkey, taskText })
      own.set(task, taskAnswer({ netuid: 1, epoch: 3, hotkey, task, taskHash: sha256Hex(taskText) }, response).text)
    }
    const answers = new Map([[hotkey, own]])
    const epoch = { netuid: 1, epoch: 3, closingBeacon: beacon, taskTexts, seats: [{ uid: 0, hotkey }], answers }
    const [miner] = await judgeTasks(sandbox, epoch)
    expect(miner?.work.map(({ facts }) => facts['scorePpm'])).toEqual([1_000, 1_001, 3_000, 3_001])
    expect(miner?.facts).toEqual({ 'aggregatePpm 0': 2_001, 'aggregatePpm 1': 18_003 })
  })

  it('costs the answer on which the file eats the memory, and goes on in a new process', async () => {
    const score =
      '(task, { sum }, { peers }) => { const all = []; while (sum === 1) all.push(new Array(1e6).fill(1)); return sum + peers.length }'
    const sandbox = await open(fileOf({ score, scoreTimeoutMs: '60000' }))
    for (const order of ['ascending', 'descending'] as const) {
      expect(await judge(sandbox, ['{"sum":10}', '{"sum":1}', '{"sum":30}'], order)).toEqual([
        { kind: 'scored', scorePpm: 12, reasons: [] },
        { kind: 'fault', problem: expect.stringMatching(/sum\.ts ended its process.*memory/), isDeadline: true },
        { kind: 'scored', scorePpm: 32, reasons: [] },
      ])
    }
  })

  it('leaves out whose schema ends the process, and fails where the file always does', async () => {
    const eat = '{ const all = []; for (;;) all.push(new Array(1e6).fill(1)) }'
    const response = `z.object({ sum: z.int() }).superRefine(({ sum }) => { if (sum === 1) ${eat} })`
    const sandbox = await open(fileOf({ response, scoreTimeoutMs: '60000' }))
    expect(await judge(sandbox, ['{"sum":10}', '{"sum":1}'])).toEqual([
      { kind: 'scored', scorePpm: 10, reasons: ['peers 0'] },
      { kind: 'fault', problem: expect.stringMatching(/memory/), isDeadline: true },
    ])
    const hungry = await open(fileOf({ sample: `() => ${eat}` }))
    await expect(hungry.tasks({ epoch: 3, beacon })).rejects.toThrow(/ended its process|took longer|timed out/)
  })

  const loop = 'for (;;) ;'
  const endless: readonly (readonly [string, string, RegExp])[] = [
    ['an async loop that never yields', '(async () => { for (;;) await null })(); return 5', /took longer/],
    ['promises that make promises', 'const f = () => Promise.resolve().then(f); f(); return 5', /took longer/],
    [
      'a flood of promises',
      'const f = () => { for (let i = 0; i < 50; i++) Promise.resolve().then(f) }; f(); return 5',
      /took longer|memory/,
    ],
    ['a loop after the answer', `Promise.resolve().then(() => { ${loop} }); return 5`, /took longer/],
    [
      'an async generator without an end',
      '(async () => { async function* g() { for (;;) yield 1 } for await (const x of g()) ; })(); return 5',
      /took longer/,
    ],
    ['a thenable that loops', `Promise.resolve({ then() { ${loop} } }); return 5`, /took longer/],
    ['a getter on the score', `return { get scorePpm() { ${loop} } }`, /took longer/],
    ['a proxy for a score', `return new Proxy({}, { get() { ${loop} } })`, /took longer/],
    ['toJSON on the score', `return { toJSON() { ${loop} } }`, /took longer/],
    [
      'Symbol.toPrimitive on a reason',
      `return { scorePpm: 5, reasons: [{ [Symbol.toPrimitive]() { ${loop} } }] }`,
      /took longer/,
    ],
    ['an error whose message loops', `throw { get message() { ${loop} } }`, /took longer/],
    ['an error whose stack loops', `throw { message: 'x', get stack() { ${loop} } }`, /took longer/],
    ['a loop that catches its own end', `for (;;) { try { ${loop} } finally { continue } }`, /took longer/],
    [
      'an iterator without an end',
      'return Math.max(...{ *[Symbol.iterator]() { for (;;) yield 1 } })',
      /took longer|memory/,
    ],
    ['a JSON that is no text', `JSON.stringify = () => ({ toString() { ${loop} } }); return 5`, /read only/],
    ['a promise that is never kept', 'return new Promise(() => undefined)', /not a whole number/],
    ['a thenable for a score', `return { then() { ${loop} } }`, /not a whole number/],
    ['a string that doubles', "let s = 'ab'; for (;;) s += s", /Invalid string length/],
  ]

  it(
    'ends what goes on for ever at its deadline, before the answer and after it, and goes on',
    async () => {
      const bodies = endless.map(([, body], index) => `if (sum === ${index}) { ${body} }`).join('\n')
      const score = `(task, { sum }) => {\n${bodies}\nreturn sum }`
      const sandbox = await open(fileOf({ score, scoreTimeoutMs: '400' }))
      for (const [sum, [name, , problem]] of endless.entries()) {
        expect(await judge(sandbox, ['{"sum":100}', JSON.stringify({ sum }), '{"sum":300}']), name).toEqual([
          { kind: 'scored', scorePpm: 100, reasons: [] },
          { kind: 'fault', problem: expect.stringMatching(problem), isDeadline: expect.any(Boolean) },
          { kind: 'scored', scorePpm: 300, reasons: [] },
        ])
      }
    },
    longMs,
  )

  it('counts a promise for nothing that the file let go of and that fails', async () => {
    const score = '(task, { sum }) => { (async () => { throw new Error(String(sum)) })(); return sum }'
    const sandbox = await open(fileOf({ score }))
    for (const _ of [1, 2]) {
      expect(await judge(sandbox, ['{"sum":10}'])).toEqual([{ kind: 'scored', scorePpm: 10, reasons: [] }])
    }
  })

  it('ends the process where a call cannot be interrupted, and goes on in a new one', async () => {
    // Fills four thousand million places, of which nothing can stop it but the end of its process.
    const score = '(task, { sum }) => (sum === 1 ? new Array(2 ** 32 - 1).fill(0).length : sum)'
    const sandbox = await open(fileOf({ score, scoreTimeoutMs: '100' }))
    expect(await judge(sandbox, ['{"sum":10}', '{"sum":1}', '{"sum":30}'])).toEqual([
      { kind: 'scored', scorePpm: 10, reasons: [] },
      {
        kind: 'fault',
        problem: expect.stringMatching(
          /sum\.ts ended its process: (a call of at most 100 ms|it (ran out of|took more))/,
        ),
        isDeadline: true,
      },
      { kind: 'scored', scorePpm: 30, reasons: [] },
    ])
  })

  it(
    'gives null for the list on which an aggregate loops, and the others their own',
    async () => {
      const aggregate = '(scores) => { while (scores[0].scorePpm === 1) {} ; return scores[0].scorePpm }'
      const sandbox = await open(fileOf({ aggregate, scoreTimeoutMs: '100' }))
      const rows = [4, 1, 7].map((scorePpm) => [{ task: 0, scorePpm }])
      expect(await sandbox.aggregate(rows)).toEqual([4, null, 7])
      const hopeless = [1, 1, 1, 7].map((scorePpm) => [{ task: 0, scorePpm }])
      expect(await sandbox.aggregate(hopeless)).toEqual([null, null, null, null])
    },
    longMs,
  )

  it(
    'ends a baseline that goes on for ever, before and after it answered',
    async () => {
      for (const body of ['for (;;) await null', 'Promise.resolve().then(() => { for (;;) ; }); return { sum: 7 }']) {
        const sandbox = await open(fileOf({ serve: `async () => { ${body} }` }), { callTimeoutMs: 1_000 })
        await expect(serve(sandbox)).rejects.toThrow(/timed out|took longer/)
        expect(await judge(sandbox, ['{"sum":7}'])).toHaveLength(1)
      }
    },
    longMs,
  )

  it('hands out what the file writes to its console', async () => {
    const lines: string[] = []
    const file = fileOf({ score: "() => { console.log('seen', { a: 1 }); return 1 }" })
    const sandbox = await SubnetSandbox.open(file, { onLog: (line) => lines.push(line) })
    opened.push(sandbox)
    await judge(sandbox, ['{"sum":1}'])
    expect(lines).toEqual(['seen {"a":1}'])
  })

  it.each([
    ['a wrong field, with its line', fileOf({ tasks: '65' }), /tasks must be a whole number from 1 to 64.*sum\.ts:7/],
    ['a missing function', fileOf({ score: undefined }), /score must be a function/],
    ['a syntax error', { fileName: 'sum.ts', source: 'export const a = {\n  b: 1 c\n}' }, /sum\.ts:2/],
    [
      'no subnet',
      { fileName: 'sum.ts', source: 'export const a = 1' },
      /one value that defineSubnet gave; it exports 0/,
    ],
    ['an import of something else', { fileName: 'sum.ts', source: "import 'node:fs'" }, /imports "node:fs"/],
    ['imports while it runs', { fileName: 'sum.ts', source: "\nconst a = import /* */ ('node:fs')" }, /sum\.ts:2/],
    ['import.meta', { fileName: 'sum.ts', source: 'export const a = import.meta.url' }, /may not import while it runs/],
    ['an error while loading', { fileName: 'sum.ts', source: '\nnull.x' }, /sum\.ts:2/],
    [
      'types that have to be compiled',
      { fileName: 'sum.ts', source: '\nenum A { b }\nexport const c = A.b' },
      /enum.*sum\.ts:2/,
    ],
  ])('refuses %s', async (_, file, problem) => {
    await expect(SubnetSandbox.open(file)).rejects.toMatchObject({
      code: 'subnets/bad-definition',
      message: expect.stringMatching(problem),
    })
  })
})

async function open(
  file: { readonly fileName: string; readonly source: string },
  options?: SandboxOptions,
): Promise<SubnetSandbox> {
  const sandbox = await SubnetSandbox.open(file, options)
  opened.push(sandbox)
  return sandbox
}

/** One field a line, from line 6 on, so that tests know lines. */
function fileOf(changes: Readonly<Record<string, string | undefined>> = {}) {
  const fields = {
    version: '1',
    tasks: '2',
    scoreTimeoutMs: '1000',
    task: 'z.object({ a: z.int() })',
    score: '(task, { sum }, { peers }) => ({ scorePpm: sum, reasons: [`peers ${peers.length}`] })',
    response: 'z.object({ sum: z.int() })',
    sample: '(random) => ({ a: random.below(1000) })',
    serve: '({ a }) => ({ sum: a })',
    ...changes,
  }
  const lines = Object.entries(fields).flatMap(([name, text]) => (text === undefined ? [] : [`  ${name}: ${text},`]))
  const head = [
    "import { defineSubnet } from '@koinon/subnets/file'",
    "import { z } from 'zod'",
    '',
    'export const subnet = defineSubnet({',
  ]
  return { fileName: 'sum.ts', source: [...head, "  name: 'sum',", ...lines, '})'].join('\n') }
}

function serve(sandbox: SubnetSandbox): Promise<string> {
  return sandbox.serve({ epoch: 3, beacon, index: 0, hotkey: hotkeyOf(0), taskText: '{"a":7}' })
}

async function judge(
  sandbox: SubnetSandbox,
  texts: readonly string[],
  order: 'ascending' | 'descending' = 'ascending',
) {
  const answers = texts.map((responseText, uid): AdmittedAnswer => ({ uid, hotkey: hotkeyOf(uid), responseText }))
  const judged = await sandbox.judge({ epoch: 3, beacon, index: 0, taskText: '{"a":7}', answers, order })
  return judged.map(({ verdict }) => verdict)
}

function hotkeyOf(uid: number): Address {
  return `0x${uid.toString(16).padStart(40, '0')}`
}
