/**
 * How long a founder waits for `koinon subnet dev`: every template of subnets/ and the file of docs/subnets.md, from the command's start to
 * its end, with the CPU seconds of all its processes, which hold on a busy machine better than the times. One JSON line.
 *
 *     node bench/dev.ts [name ...] [--epochs 6]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: { epochs: { type: 'string', default: '6' } },
  allowPositionals: true,
})
const root = join(import.meta.dirname, '..')
const command = join(root, 'packages/cli/bin/koinon.mjs')
const folder = mkdtempSync(join(tmpdir(), 'koinon-dev-'))
const goalSeconds = 10
const deadlineMs = 300_000

type Run = { readonly seconds: number; readonly cpuSeconds: number; readonly problems: number }

try {
  const load = round(loadavg()[0] as number)
  const runs = new Map<string, Run>()
  for (const [name, path] of files()) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    const run = dev(path)
    runs.set(name, run)
    process.stderr.write(`${name}: ${run.seconds} s, ${run.cpuSeconds} s of CPU\n`)
  }
  const report = {
    bench: 'dev',
    node: process.version,
    cores: cpus().length,
    load,
    epochs: Number(values.epochs),
    goalSeconds,
    longestSeconds: Math.max(...[...runs.values()].map(({ seconds }) => seconds)),
    files: Object.fromEntries(runs),
  }
  process.stdout.write(`${JSON.stringify(report)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Templates with questions of their own; the one for inference is judged by receipts, which no founder's file is. */
function files(): readonly (readonly [name: string, path: string])[] {
  const subnets = join(root, 'subnets')
  const templates = readdirSync(subnets)
    .filter((file) => /^[a-z-]+\.ts$/.test(file))
    .map((file) => [file.replace('.ts', ''), join(subnets, file)] as const)
    .filter(([, path]) => readFileSync(path, 'utf8').includes("from '@koinon/subnets/file'"))
  const source = /```ts\n(.*?)```/s.exec(readFileSync(join(root, 'docs/subnets.md'), 'utf8'))?.[1]
  if (source === undefined) throw new Error('docs/subnets.md shows no file')
  const documented = join(folder, 'compress.ts')
  writeFileSync(documented, source)
  return [...templates, ['docs/subnets.md', documented]]
}

/** The shell counts the CPU of all processes that the command waited for. */
function dev(path: string): Run {
  const script = '"$@" >"$OUT"; times'
  const out = join(folder, 'out.json')
  const begunAt = performance.now()
  const words = [process.execPath, command, 'subnet', 'dev', path, '--epochs', values.epochs, '--json']
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...words], {
    env: { ...process.env, OUT: out, KOINON_HOME: folder },
    encoding: 'utf8',
    timeout: deadlineMs,
  })
  const seconds = round((performance.now() - begunAt) / 1000)
  // The second line is that of the children.
  const parts = [...(stdout.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => 60 * Number(minutes) + Number(rest),
  )
  const { data } = JSON.parse(readFileSync(out, 'utf8') || '{}') as { data?: { problems: readonly string[] } }
  if (data?.problems === undefined) {
    throw new Error(`koinon subnet dev ${path} ended with ${status} and no report: ${stderr.slice(-500)}`)
  }
  return { seconds, cpuSeconds: round(parts.reduce((sum, part) => sum + part, 0)), problems: data.problems.length }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
