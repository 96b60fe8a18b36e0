/** A real PostgreSQL server of the system's own programs on a fresh data folder, for tests. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { KoinonError, sleep, withDeadline } from '@koinon/base'

const run = promisify(execFile)
const startTimeoutMs = 30_000
const stopTimeoutMs = 15_000
const pollMs = 100
const installations = '/usr/lib/postgresql'
/** `nobody`: PostgreSQL refuses to run as root. */
const unprivileged = 65_534

/** A running server; `createDatabase` returns the URL of a new, empty database. */
export type TestPostgres = { createDatabase(name: string): Promise<string>; close(): Promise<void> }

/** Starts a server on a free loopback port, as an unprivileged user. Throws `test/no-postgres` where none is installed. */
export async function startPostgres(): Promise<TestPostgres> {
  const programs = programFolder()
  const folder = mkdtempSync(join(tmpdir(), 'koinon-pg-'))
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const isRoot = process.getuid?.() === 0
  if (isRoot) for (const path of [folder, data]) chownSync(path, unprivileged, unprivileged)
  chmodSync(folder, 0o700)
  const user = isRoot ? { uid: unprivileged, gid: unprivileged } : {}
  const options = { cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' }, ...user }
  await run(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'koinon', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--no-instructions'],
    { ...options, timeout: startTimeoutMs },
  )
  const port = await freePort()
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder, '-c', 'fsync=off', '-c', 'max_connections=40'],
    { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const url = (database: string): string => `postgres://koinon@127.0.0.1:${port}/${database}`
  const close = async (): Promise<void> => {
    await stop(server)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilReady(server, join(programs, 'pg_isready'), port)
  } catch (error) {
    await close()
    throw error
  }
  return {
    async createDatabase(name) {
      await run(join(programs, 'createdb'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'koinon', name], {
        timeout: startTimeoutMs,
      })
      return url(name)
    },
    close,
  }
}

function programFolder(): string {
  const versions = existsSync(installations) ? readdirSync(installations) : []
  const newest = versions.map(Number).sort((a, b) => b - a)[0]
  const folder = join(installations, String(newest), 'bin')
  if (newest !== undefined && existsSync(join(folder, 'initdb'))) return folder
  throw new KoinonError({
    code: 'test/no-postgres',
    message: `These tests need the PostgreSQL server programs below ${installations}, and there are none`,
    hint: 'Install them: apt-get install postgresql.',
  })
}

async function untilReady(server: ChildProcess, isReady: string, port: number): Promise<void> {
  let complaints = ''
  server.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-2_000)
  })
  const deadline = Date.now() + startTimeoutMs
  while (Date.now() < deadline && server.exitCode === null) {
    const ready = await run(isReady, ['-h', '127.0.0.1', '-p', String(port), '-t', '1']).catch(() => undefined)
    if (ready !== undefined) return
    await sleep(pollMs)
  }
  throw new KoinonError({ code: 'test/postgres', message: `PostgreSQL did not start: ${complaints}` })
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, 'exit')
  server.kill('SIGINT')
  await withDeadline(exited, stopTimeoutMs, 'Stopping PostgreSQL').catch(() => server.kill('SIGKILL'))
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
