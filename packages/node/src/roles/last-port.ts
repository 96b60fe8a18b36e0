/** The port of a role's last start, so that its registered endpoint stays true across restarts. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { writeFileDurably } from '../home/home.ts'

/** The last port if it is still free, else 0 for a free one. */
export async function lastFreePort(folder: string, host: string): Promise<number> {
  const port = keptPort(folder)
  if (port === 0) return 0
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(0))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(port)))
  })
}

/** The port of the last start; 0 where there is none. */
export function keptPort(folder: string): number {
  const file = join(folder, 'port')
  const port = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : 0
}

/** A port that nobody holds at the moment. */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen({ host, port: 0, exclusive: true }, () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

/** Remembers a port for the next start. */
export function keepPort(folder: string, port: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileDurably(join(folder, 'port'), String(port))
}
