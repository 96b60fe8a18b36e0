/**
 * Checks the shared vectors, runs the Solidity tests and the gas snapshot, looks whether the generated ABIs and bytecode are those
 * of the sources, and prints the counts.
 * Usage: node scripts/test.mjs [--long] [--update-gas] [--match TEXT]
 *   --long         more fuzz and invariant runs (profile "long" of foundry.toml)
 *   --update-gas   writes contracts/gas-snapshot.json instead of comparing with it
 *   --match TEXT   only tests whose file path contains TEXT, and none of the other checks
 */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { staleFiles } from './freshness.mjs'
import { CONTRACTS_DIR } from './paths.mjs'

const ROOT = join(CONTRACTS_DIR, '..')
const FORGE_DEADLINE_MS = (process.argv.includes('--long') ? 120 : 30) * 60 * 1000
const GAS_TESTS = 'GasSnapshotTest'

const options = process.argv.slice(2)
const matchIndex = options.indexOf('--match')
const match = matchIndex < 0 ? undefined : options[matchIndex + 1]

/** Path of the native binary inside the platform's npm package (its install script is not needed). */
function forgePath() {
  const platform = process.platform === 'win32' ? 'win32' : process.platform
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const binary = process.platform === 'win32' ? 'forge.exe' : 'forge'
  return createRequire(import.meta.url).resolve(`@foundry-rs/forge-${platform}-${arch}/bin/${binary}`)
}

/** Runs forge on the whole repository with the configuration of this package; resolves to {code, output}. */
function forge(command, args = [], environment = {}) {
  const env = {
    ...process.env,
    ...environment,
    FOUNDRY_CONFIG: join(CONTRACTS_DIR, 'foundry.toml'),
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  }
  if (options.includes('--long')) env.FOUNDRY_PROFILE = 'long'
  const child = spawn(forgePath(), [command, '--root', ROOT, ...args], { env, cwd: ROOT, timeout: FORGE_DEADLINE_MS })
  return new Promise((resolve, reject) => {
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** Sum of the suites' counts in forge's report. */
function counts(output) {
  const total = { passed: 0, failed: 0 }
  for (const [, passed, failed] of output.matchAll(/Suite result: \w+\. (\d+) passed; (\d+) failed/g)) {
    total.passed += Number(passed)
    total.failed += Number(failed)
  }
  return total
}

function failedLines(output) {
  return output.split('\n').filter((line) => /^\[FAIL|^Error|rror \(\d+\)/.test(line))
}

function areVectorsFresh() {
  return ['vectors.mjs', 'job-vectors.mjs'].every((name) => {
    const script = join(CONTRACTS_DIR, 'scripts', name)
    return spawnSync(process.execPath, [script, '--check'], { stdio: 'inherit' }).status === 0
  })
}

/** forge writes its JSON without a last newline, which the formatter wants. */
function endWithNewline(file) {
  writeFileSync(file, `${readFileSync(file, 'utf8').trimEnd()}\n`)
}

const problems = []
if (match === undefined) {
  if (!areVectorsFresh())
    problems.push('the shared vectors are stale: run node contracts/scripts/vectors.mjs and job-vectors.mjs')
}
const selection = match === undefined ? ['--no-match-contract', GAS_TESTS] : ['--match-path', `*${match}*`]
const runs = []
// Each selection of tests compiles what it needs by itself, most of `src/` again; after this neither compiles anything.
if (match === undefined) runs.push(await forge('build'))
runs.push(await forge('test', selection))
if (match === undefined) {
  const check = options.includes('--update-gas') ? {} : { FORGE_SNAPSHOT_CHECK: 'true' }
  runs.push(await forge('test', ['--isolate', '--match-contract', GAS_TESTS], check))
}

if (match === undefined) {
  for (const path of await staleFiles()) problems.push(`${path} is stale: run node contracts/scripts/build.mjs`)
  endWithNewline(join(CONTRACTS_DIR, 'gas-snapshot.json'))
}

const total = { passed: 0, failed: 0 }
for (const { code, output } of runs) {
  const { passed, failed } = counts(output)
  total.passed += passed
  total.failed += failed
  if (code !== 0) problems.push(...failedLines(output))
  if (code !== 0 && failed === 0) problems.push(output.trim().split('\n').slice(-30).join('\n'))
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.stdout.write(`contracts: ${total.passed} passed, ${total.failed} failed\n`)
process.exitCode = problems.length > 0 || total.passed === 0 ? 1 : 0
