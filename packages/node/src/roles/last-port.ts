/** The port of a role's last start, so that its registered endpoint stays true across restarts. */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { writeFileDurably } from '../home/home.ts'

/** The last port if it is still free, else 0 for a free one. */
export async function lastFreePort(folder: string, host: string): Promise<number> {
  const file = join(folder, 'port')
  const port = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return 0
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(0))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(port)))
  })
}

/** Remembers a port for the next start. */
export function keepPort(folder: string, port: number): void {
  writeFileDurably(join(folder, 'port'), String(port))
}
