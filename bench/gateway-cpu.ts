/** CPU of one request in the process in the middle (Linux). */
import { readFileSync } from 'node:fs'
import { load, type Mode, type Target } from './gateway-load.ts'

const warmUpRequests = 1_500

/** What is measured: answers share group commits, so how many are under way at once decides what each costs. */
export const loads: readonly Load[] = [
  { name: 'json', mode: 'json', connections: 8 },
  { name: 'json64', mode: 'json', connections: 64 },
  { name: 'sse', mode: 'sse', connections: 8 },
]
type Load = { readonly name: string; readonly mode: Mode; readonly connections: number }
type Cpu = { readonly allMicros: number; readonly loopMicros: number }
/** Of the least busy round, the fastest one, and all of them. */
type Figures = { readonly cpu: Cpu; readonly perSecond: number; readonly failed: number }

/** CPU microseconds a request: rounds alternate between the targets, the least busy round counts. */
export async function cpuTable(
  { name, mode, connections }: Load,
  targets: readonly Target[],
  requests: number,
  rounds: number,
): Promise<Readonly<Record<string, unknown>>> {
  const figures = new Map<string, Figures>()
  // The optimising compiler is done after some thousand requests; a server lives longer than that.
  for (const target of targets) await load(target, mode, Math.max(requests, warmUpRequests), connections)
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) {
      const next = await measure(target, mode, requests, connections)
      const known = figures.get(target.name)
      figures.set(target.name, known === undefined ? next : together(known, next))
    }
  }
  console.error(`\nCPU a request, ${name}, ${connections} connections, best of ${rounds} rounds of ${requests}`)
  const microsOf = (target: string): number => (figures.get(target) as Figures).cpu.allMicros
  for (const [target, found] of figures)
    print(target, found, found.cpu.allMicros / microsOf('bare proxy'), rounds * requests)
  const koinonToBare = microsOf('koinon gateway') / microsOf('bare proxy')
  const portkeyToKoinon = microsOf('portkey 1.15.2') / microsOf('koinon gateway')
  console.error(`  portkey / koinon ${portkeyToKoinon.toFixed(2)}`)
  const spent = [...figures].map(([target, { cpu, perSecond, failed }]) => [target, { ...cpu, perSecond, failed }])
  return { connections, koinonToBare, portkeyToKoinon, ...Object.fromEntries(spent) }
}

async function measure(target: Target, mode: Mode, requests: number, connections: number): Promise<Figures> {
  const before = cpuOf(target.pid)
  const begunMs = performance.now()
  const failed = await load(target, mode, requests, connections)
  const perSecond = Math.round((requests * 1000) / (performance.now() - begunMs))
  const after = cpuOf(target.pid)
  const cpu = {
    allMicros: (after.allMicros - before.allMicros) / requests,
    loopMicros: (after.loopMicros - before.loopMicros) / requests,
  }
  return { cpu, perSecond, failed }
}

function together(known: Figures, next: Figures): Figures {
  return {
    cpu: next.cpu.allMicros < known.cpu.allMicros ? next.cpu : known.cpu,
    perSecond: Math.max(known.perSecond, next.perSecond),
    failed: known.failed + next.failed,
  }
}

function print(target: string, { cpu, perSecond, failed }: Figures, ratio: number, requests: number): void {
  const note = failed === 0 ? '' : `  (${failed} of ${requests} requests failed)`
  console.error(
    `  ${target.padEnd(16)} ${cpu.allMicros.toFixed(0).padStart(6)} us  ${ratio.toFixed(2)}x bare, ${cpu.loopMicros.toFixed(0)} us of it on the event loop, ${perSecond} a second${note}`,
  )
}

/** User and system time of a process with all its threads, and of its first thread alone. */
function cpuOf(pid: number): Cpu {
  return { allMicros: ticksMicros(`/proc/${pid}/stat`), loopMicros: ticksMicros(`/proc/${pid}/task/${pid}/stat`) }
}

function ticksMicros(file: string): number {
  const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? []
  const microsPerTick = 10_000
  return (Number(fields[11]) + Number(fields[12])) * microsPerTick
}
