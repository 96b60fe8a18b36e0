import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename } from 'node:path'
import { KoinonError, sleep } from '@koinon/base'

/** Checks that a port can be bound. Throws `node/port-in-use` naming the process that holds it, where the system tells. */
export async function requireFreePort(host: string, port: number, flag: string): Promise<void> {
  if (port === 0) return
  let error = await tryBind(host, port)
  // Roles of a home whose supervisor was killed end by themselves within a few seconds.
  for (let look = 0; look < orphanLooks && error?.code === 'EADDRINUSE' && isOrphan(port); look++) {
    await sleep(orphanLookMs)
    error = await tryBind(host, port)
  }
  if (error === undefined) return
  if (error.code === 'EADDRINUSE') {
    const owner = portOwner(port)
    throw new KoinonError({
      code: 'node/port-in-use',
      message: `Port ${port} is in use${owner === undefined ? '' : ` by ${owner.startsWith('koinon-') ? `another koinon, ${owner}` : owner}`}`,
      hint: `Stop that program, or choose another port with ${flag} N.`,
      details: { port },
    })
  }
  throw new KoinonError({
    code: 'node/port-refused',
    message: `Port ${port} on ${host} cannot be used: ${error.message}`,
    hint: `Choose another port with ${flag} N.`,
  })
}

const orphanLooks = 20
const orphanLookMs = 250

/** A role process whose parent is gone. */
function isOrphan(port: number): boolean {
  const pid = /^koinon-\S* \(process (\d+)\)$/.exec(portOwner(port) ?? '')?.[1]
  if (pid === undefined) return false
  try {
    return /^PPid:\s+1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}

/** `name (process 123)` of the program that listens on a TCP port; Linux only, undefined elsewhere or when it is another user's. */
export function portOwner(port: number): string | undefined {
  try {
    const inodes = new Set(
      ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
        readFileSync(table, 'utf8')
          .split('\n')
          .slice(1)
          .map((line) => line.trim().split(/\s+/))
          .filter((fields) => fields[3] === '0A' && Number.parseInt(fields[1]?.split(':')[1] ?? '', 16) === port)
          .map((fields) => `socket:[${fields[9]}]`),
      ),
    )
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holdsSocket(pid, inodes)) return `${programName(pid)} (process ${pid})`
    }
  } catch {
    // Not Linux, or a process ended while we looked.
  }
  return undefined
}

/** The title that our processes give themselves stands in the command line; `comm` is the name of a thread. */
function programName(pid: string): string {
  const [first = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  const title = first.trim().split(' ')[0] ?? ''
  if (/^koinon-[\w-]+$/.test(title)) return title
  return basename(title) || readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
}

function holdsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`))
      } catch {
        return false
      }
    })
  } catch {
    return false
  }
}

function tryBind(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
