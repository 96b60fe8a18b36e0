#!/usr/bin/env node
// `npm test`: the checks and all suites but the long ones, each with a deadline; last line `N passed, N failed`.
// The end-to-end tests wait for epochs most of the time. The unit tests, and the checks with the contracts after them, run behind them with a lower
// priority, and what they print follows when they are through. --long adds the long suites, one after the other when nothing else runs;
// --only NAME runs one stage. Plain Node >= 20.19; the stages run on the pinned Node 24.
// But for the long suites, files with a failed test run once more, alone: what passes then counts as passed and is named at the end, as are all failures.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { setPriority } from 'node:os'
import { delimiter, dirname, join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureSystemPackages } from './system-packages.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const runtimeBin = join(root, '.node', 'node_modules', '.bin')
const node = join(root, '.node', 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const bin = (name) => join(root, 'node_modules', '.bin', name)
const results = join(root, '.tmp')
const minuteMs = 60_000
/** A third of the processor for each process in front; with a tenth, tests behind them come to their deadlines. */
const backgroundPriority = 5
/** Hours long, so it is a stage of its own. */
const subnetsLong = 'subnets.long.test.ts'

/** A stage passes as one, or brings its own counts. Stages of the same lane run one after the other, in this order; so do those without one, when all lanes are through. */
const stages = [
  ...[
    // More checkers look at the same files several times, and other stages run beside this one.
    ['types', bin('tsc'), '-b', '--checkers', '1'],
    ['lint', bin('oxlint'), '--deny-warnings'],
    ['format', bin('biome'), 'ci', '--colors=off', '.'],
    ['unused code', bin('knip')],
    ['arrow and rooms', node, 'scripts/check-arrow.ts'],
    ['budgets', node, 'scripts/check-budgets.ts'],
    ['error codes', node, 'scripts/error-codes.ts'],
  ].map(([name, ...command]) => ({ name, group: 'checks', lane: 'behind', command, deadlineMs: 12 * minuteMs })),
  {
    name: 'contracts',
    group: 'contracts',
    command: [node, 'contracts/scripts/test.mjs'],
    deadlineMs: 40 * minuteMs,
    counts: fromLastLine,
    lane: 'behind',
  },
  {
    name: 'unit and component tests',
    group: 'unit',
    ...vitest('unit', 'vitest.config.ts'),
    lane: 'unit',
    deadlineMs: 30 * minuteMs,
  },
  {
    name: 'end-to-end tests',
    group: 'e2e',
    ...vitest('e2e', 'test/vitest.config.ts'),
    lane: 'front',
    deadlineMs: 25 * minuteMs,
  },
  ...[
    ['end-to-end tests on anvil', 'e2e-anvil', 'anvil', 40],
    // The first run in a clone builds geth, which takes a quarter of an hour on two idle cores.
    ['end-to-end tests on geth', 'e2e-geth', 'geth', 100],
    ['end-to-end tests with PostgreSQL', 'e2e-postgres', 'postgres', 40],
  ].map(([name, group, ground, minutes]) => ({
    name,
    group,
    long: true,
    ...vitest(group, `test/vitest.${ground}.config.ts`),
    deadlineMs: minutes * minuteMs,
  })),
  {
    name: 'contracts with 10,000 fuzz runs',
    group: 'contracts-long',
    long: true,
    command: [node, 'contracts/scripts/test.mjs', '--long'],
    deadlineMs: 150 * minuteMs,
    counts: fromLastLine,
  },
  {
    name: 'cheat league',
    group: 'league',
    long: true,
    ...vitest('league', 'test/league/vitest.config.ts'),
    deadlineMs: 30 * minuteMs,
  },
  {
    name: 'long suites',
    group: 'long',
    long: true,
    ...vitest('long', 'test/vitest.long.config.ts', '--exclude', `**/${subnetsLong}`),
    deadlineMs: 180 * minuteMs,
  },
  {
    name: 'four subnets for 200 epochs',
    group: 'long-subnets',
    long: true,
    ...vitest('long-subnets', 'test/vitest.long.config.ts', subnetsLong),
    deadlineMs: 600 * minuteMs,
  },
]

const groups = [...new Set(stages.map((stage) => stage.group))].join(', ')
const usage = `npm test -- [--only STAGE] [--long]\nStages: ${groups}.`
const options = readOptions()
const { only } = options
const chosen = stages.filter((stage) =>
  only === undefined ? !stage.long || options.long : stage.group === only || stage.name === only,
)
if (chosen.length === 0) {
  console.error(`No stage is called "${only}". Stages: ${groups}.`)
  process.exit(2)
}
const absent = chosen.some((stage) => stage.group !== 'checks') ? ensureSystemPackages() : []
if (absent.length > 0) {
  console.log(
    `Missing on this machine: ${absent.join(', ')}. Tests that need them will fail; install them, for example: apt-get install ${absent.join(' ')}`,
  )
}
rmSync(results, { recursive: true, force: true })
mkdirSync(results, { recursive: true })

let passed = 0
let failed = 0
const failedStages = []
const failedTests = []
const unsteadyTests = []
const toRunAgain = []
const lanes = new Set(chosen.map((stage) => stage.lane).filter((lane) => lane !== undefined))
await Promise.all([...lanes].map(passLane))
for (const { stage, first } of toRunAgain) book(stage, await runAgain(stage, first))
await passLane(undefined)
if (unsteadyTests.length > 0)
  console.log(`\nFailed at first, passed when its file ran again alone:\n${unsteadyTests.join('\n')}`)
if (failedTests.length > 0) console.log(`\nFailed tests:\n${failedTests.join('\n')}`)
if (failedStages.length > 0)
  console.log(`\nFailed: ${failedStages.join(', ')}. One stage alone: npm test -- --only "${failedStages[0]}"`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

/** Ends here with --help, and on what it does not know: who asks for help would wait for all tests. */
function readOptions() {
  const known = { long: { type: 'boolean' }, only: { type: 'string' }, help: { type: 'boolean', short: 'h' } }
  try {
    const { values } = parseArgs({ options: known })
    if (values.help !== true) return { only: values.only, long: values.long === true }
    console.log(usage)
    process.exit(0)
  } catch (error) {
    console.error(`${error.message}\n${usage}`)
    process.exit(2)
  }
}

async function passLane(lane) {
  const isBackground = lanes.size > 1 && lane !== undefined && lane !== 'front'
  for (const stage of chosen) if (stage.lane === lane) await pass(stage, isBackground)
}

/** Runs one stage and books its counts, unless files of it are to run again. In the background it yields to the others, and what it prints is kept back until it is through. */
async function pass(stage, isBackground) {
  const begun = Date.now()
  if (!isBackground) console.log(`\n== ${stage.name}`)
  const { code, lastLine } = await run(stage, stage.command, isBackground)
  const counts = stage.report === undefined ? countsOf(stage, code, lastLine) : countsOfVitest(stage, code)
  if (counts !== undefined) book(stage, counts)
  const verdict = counts === undefined ? 'runs again in part' : counts.failed === 0 ? 'ok' : 'FAILED'
  console.log(`== ${stage.name}: ${verdict} after ${((Date.now() - begun) / 1000).toFixed(1)} s`)
}

function book(stage, counts) {
  passed += counts.passed
  failed += counts.failed
  if (counts.failed > 0) failedStages.push(stage.name)
}

function countsOf(stage, code, lastLine) {
  const counts = stage.counts?.(lastLine) ?? { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 }
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

/** Undefined: there are failures, and their files run again when nothing else does. */
function countsOfVitest(stage, code) {
  if (!existsSync(stage.report)) return { passed: 0, failed: 1 }
  const first = readReport(stage.report)
  if (first.failures.length === 0) return { passed: first.passed, failed: code === 0 ? 0 : 1 }
  if (stage.long) {
    failedTests.push(...first.failures.map((failure) => failure.text))
    return { passed: first.passed, failed: first.failures.length }
  }
  toRunAgain.push({ stage, first })
  return undefined
}

async function runAgain(stage, first) {
  const files = [...new Set(first.failures.map((failure) => failure.file))]
  console.log(`\n== ${stage.name}: ${files.length} file(s) with failures run again, alone`)
  rmSync(stage.report)
  const again = await run(stage, [...stage.command, '--no-file-parallelism', ...files])
  const second = existsSync(stage.report) ? readReport(stage.report) : { failures: first.failures }
  // Failed without a failed test: something threw outside of all of them.
  if (again.code !== 0 && second.failures.length === 0) {
    failedTests.push(`  ${stage.name}: the second run ended with ${again.code}`)
    return { passed: first.passed, failed: first.failures.length }
  }
  const stillFailing = new Set(second.failures.map((failure) => failure.key))
  for (const failure of first.failures) if (!stillFailing.has(failure.key)) unsteadyTests.push(failure.text)
  for (const failure of second.failures) failedTests.push(failure.text)
  const mended = first.failures.length - second.failures.length
  return { passed: first.passed + Math.max(0, mended), failed: second.failures.length }
}

/** Shape of `failures`: one a failed test, and one a file that did not load. */
function readReport(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const failures = []
  for (const result of report.testResults) {
    const path = relative(root, result.name)
    const failing = result.assertionResults.filter((test) => test.status === 'failed')
    if (failing.length === 0 && result.status === 'failed')
      failures.push({ file: result.name, key: path, text: `  ${path}: ${firstLine(result.message)}` })
    for (const test of failing)
      failures.push({
        file: result.name,
        key: `${path} ${test.fullName}`,
        text: `  ${path}: ${test.fullName}\n    ${firstLine(test.failureMessages[0])}`,
      })
  }
  return { passed: report.numPassedTests, failures }
}

function firstLine(message) {
  return (message ?? '').split('\n')[0].slice(0, 300)
}

function vitest(name, config, ...more) {
  const report = join(results, `${name}.json`)
  return {
    report,
    command: [
      node,
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--config',
      config,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...more,
    ],
  }
}

function fromLastLine(line) {
  const match = /(\d+) passed, (\d+) failed/.exec(line)
  return match === null ? undefined : { passed: Number(match[1]), failed: Number(match[2]) }
}

function run(stage, command, isBackground = false) {
  return new Promise((done) => {
    const held = []
    const print = (chunk) => (isBackground ? held.push(chunk) : process.stdout.write(chunk))
    const [program, ...args] = command
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, PATH: `${runtimeBin}${delimiter}${process.env.PATH ?? ''}`, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', isBackground ? 'pipe' : 'inherit'],
      timeout: stage.deadlineMs,
      killSignal: 'SIGKILL',
    })
    if (isBackground && child.pid !== undefined) setPriority(child.pid, backgroundPriority)
    let tail = ''
    child.stdout.on('data', (chunk) => {
      print(chunk)
      tail = (tail + chunk).slice(-2000)
    })
    child.stderr?.on('data', print)
    child.on('error', (error) => {
      console.log(`could not start: ${error.message}`)
      done({ code: 1, lastLine: '' })
    })
    child.on('exit', async (code, signal) => {
      // The last words may still be in the pipe; a process left behind may hold it open for ever.
      await Promise.race([once(child, 'close'), sleep(2_000)])
      if (isBackground) process.stdout.write(`\n== ${stage.name}\n${Buffer.concat(held)}`)
      if (signal !== null) console.log(`stopped after ${stage.deadlineMs / minuteMs} minutes (${signal})`)
      done({ code: code ?? 1, lastLine: tail.trim().split('\n').at(-1) ?? '' })
    })
  })
}
