/** A PostgreSQL server of its own, made from Debian's or any other installed binaries. */
import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { ProcessGroup } from './process-group.ts'
import { waitFor } from './wait.ts'

/** The server refuses to run as root; `nobody` has these numbers on every Linux we know. */
const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

export class PostgresServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-postgres-'))
  #port: number | undefined
  #server: ProcessGroup | undefined

  /** Makes the data folder at the first call; later ones start on the same folder and port. */
  async start(): Promise<void> {
    const data = join(this.#folder, 'data')
    if (this.#port === undefined) {
      if (owner.uid !== undefined) chownSync(this.#folder, owner.uid, owner.gid)
      const make = ['-D', data, '-U', 'koinon', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8']
      execFileSync(join(binaries(), 'initdb'), make, { ...owner, cwd: this.#folder, stdio: 'pipe' })
      this.#port = await freePort()
    }
    const listen = ['-p', String(this.#port), '-k', this.#folder, '-h', '127.0.0.1']
    this.#server = new ProcessGroup(join(binaries(), 'postgres'), ['-D', data, ...listen], {
      ...owner,
      cwd: this.#folder,
    })
    await waitFor('PostgreSQL answers', 60_000, () => {
      if (this.#server?.exit !== undefined) throw new Error(`it ended: ${this.#server.stderr}`)
      execFileSync(join(binaries(), 'pg_isready'), ['-h', '127.0.0.1', '-p', String(this.#port)], { stdio: 'pipe' })
      return true
    })
  }

  /** URL of the database that every server has. */
  get adminUrl(): string {
    return `postgres://koinon@127.0.0.1:${this.#port}/postgres`
  }

  /** Ends the server at once, as a power cut would; its data stay. */
  async stop(): Promise<void> {
    await this.#server?.end('SIGQUIT')
  }

  async dispose(): Promise<void> {
    if (this.#server?.isAlive() === true) await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Makes an empty database on the server of `adminUrl` and returns its URL. */
export function createDatabase(adminUrl: string, name: string): string {
  execFileSync(join(binaries(), 'createdb'), ['--maintenance-db', adminUrl, name], { stdio: 'pipe' })
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Folder with initdb and postgres: on PATH, or where Debian puts them. */
function binaries(): string {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : []
  const found = [...versions, ...(process.env['PATH'] ?? '').split(':')].find((path) =>
    existsSync(join(path, 'initdb')),
  )
  if (found === undefined)
    throw new Error('PostgreSQL is not installed: this suite needs initdb and postgres (Debian: postgresql)')
  return found
}
