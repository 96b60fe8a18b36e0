/**
 * What a whole local network costs before anybody uses it: time from `koinon up` to ready, cold (a new home) and warm (the same home
 * again), and the memory of each role while idle (Linux). CPU seconds until ready hold on a busy machine better than the times.
 * One JSON line.
 *
 *     node bench/startup.ts [--model FILE.gguf] [--settle 20]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { model: { type: 'string' }, settle: { type: 'string', default: '20' } } })
const readyDeadlineMs = 300_000
const stopDeadlineMs = 30_000
const ticksPerSecond = 100
const command = join(import.meta.dirname, '../packages/cli/bin/koinon.mjs')
const home = mkdtempSync(join(tmpdir(), 'koinon-startup-'))

type Network = { readonly child: ChildProcess; readonly readyMs: number; readonly cpuSeconds: number }
type Memory = { readonly rssMib: number; readonly pssMib: number; readonly privateMib: number }

try {
  const [port, rpcPort] = [await freePort(), await freePort()]
  const cold = await start(port, rpcPort)
  await stop(cold.child)
  const warm = await start(port, rpcPort)
  await new Promise((resolve) => setTimeout(resolve, 1000 * Number(values.settle)))
  const roles = memoryByRole(warm.child.pid as number)
  await stop(warm.child)
  const sum = (field: keyof Memory) => Math.round(Object.values(roles).reduce((all, memory) => all + memory[field], 0))
  console.log(
    JSON.stringify({
      node: process.version,
      cores: cpus().length,
      load: loadavg()[0],
      coldReadySeconds: cold.readyMs / 1000,
      coldCpuSeconds: cold.cpuSeconds,
      warmReadySeconds: warm.readyMs / 1000,
      warmCpuSeconds: warm.cpuSeconds,
      rssMib: sum('rssMib'),
      pssMib: sum('pssMib'),
      privateMib: sum('privateMib'),
      roles,
    }),
  )
} finally {
  rmSync(home, { recursive: true, force: true })
}

async function start(port: number, rpcPort: number): Promise<Network> {
  const began = performance.now()
  const child = spawn(
    process.execPath,
    [
      command,
      'up',
      '--json',
      ...['--home', home, '--port', String(port), '--rpc-port', String(rpcPort)],
      ...(values.model === undefined ? [] : ['--model', values.model]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const timer = setTimeout(() => child.kill('SIGTERM'), readyDeadlineMs)
  try {
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      if (!line.startsWith('{')) continue
      const readyMs = Math.round(performance.now() - began)
      return { child, readyMs, cpuSeconds: treeOf(child.pid as number).reduce((all, pid) => all + cpuSeconds(pid), 0) }
    }
    throw new Error('The network did not become ready')
  } finally {
    clearTimeout(timer)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs)
  await ended
  clearTimeout(timer)
}

/** MiB by process title: resident, its share where pages are shared, and what is its own alone. */
function memoryByRole(pid: number): Record<string, Memory> {
  const roles: Record<string, Memory> = {}
  for (const member of treeOf(pid)) {
    const rollup = readFileSync(`/proc/${member}/smaps_rollup`, 'utf8')
    const mib = (name: string) =>
      Math.round(Number(new RegExp(`^${name}: +([0-9]+)`, 'm').exec(rollup)?.[1] ?? 0) / 1024)
    const name = nameOf(member)
    roles[name] = {
      rssMib: mib('Rss') + (roles[name]?.rssMib ?? 0),
      pssMib: mib('Pss') + (roles[name]?.pssMib ?? 0),
      privateMib: mib('Private_Clean') + mib('Private_Dirty') + (roles[name]?.privateMib ?? 0),
    }
  }
  return roles
}

/** `koinon-gateway` is the gateway; the rest are the supervisor and the launcher in front of it. */
function nameOf(pid: number): string {
  const [title = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  return /^koinon-([a-z0-9-]+)/.exec(title)?.[1] ?? 'supervisor'
}

function treeOf(root: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(entry)) continue
    const parent = statFields(Number(entry))?.[1]
    if (parent !== undefined) parents.set(Number(entry), Number(parent))
  }
  const tree = [root]
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child)
  return tree
}

function cpuSeconds(pid: number): number {
  const fields = statFields(pid) ?? []
  // User and system time, of the process and of its children that have ended.
  return fields.slice(11, 15).reduce((all, ticks) => all + Number(ticks), 0) / ticksPerSecond
}

/** Fields of /proc/PID/stat after the command, or undefined when the process has gone. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
  } catch {
    return undefined
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
