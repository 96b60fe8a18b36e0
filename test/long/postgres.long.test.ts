/** The same network with its index on PostgreSQL, on a server of its own made from Debian's or any other installed binaries. */
import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, getJson } from '../harness/ask.ts'
import { koinonJson } from '../harness/cli.ts'
import { expectConsistent, killInMidStream, snapshot } from '../harness/group-kills.ts'
import { freePort, TestNetwork } from '../harness/network.ts'
import { ProcessGroup } from '../harness/process-group.ts'
import { waitFor } from '../harness/wait.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-postgres-'))
const data = join(folder, 'data')
/** The server refuses to run as root; `nobody` has these numbers on every Linux we know. */
const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
let server: ProcessGroup
let port: number
let network: TestNetwork

beforeAll(async () => {
  port = await freePort()
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid)
  const make = ['-D', data, '-U', 'koinon', '--auth=trust', '--no-sync', '-E', 'UTF8']
  execFileSync(join(binaries(), 'initdb'), make, { ...owner, cwd: folder, stdio: 'pipe' })
  await startServer()
  network = new TestNetwork(['--postgres', `postgres://koinon@127.0.0.1:${port}/postgres`])
  await network.start()
})
afterAll(async () => {
  await network?.dispose()
  await server?.end('SIGQUIT')
  rmSync(folder, { recursive: true, force: true })
})

describe('an index on PostgreSQL', () => {
  it('serves the page and the command line from it', async () => {
    expect((await ask(network.ready, { maxTokens: 8 })).status).toBe(200)
    const view = await getJson<{ asOfBlock: number; subnets: [{ neurons: unknown[] }] }>(network.ready, '/api/network')
    expect(view.asOfBlock).toBeGreaterThan(0)
    expect(view.subnets[0].neurons).toHaveLength(5)
    expect(existsSync(join(network.home, 'index', 'PG_VERSION'))).toBe(false)
    expect((await koinonJson(['epoch', 'show', '--home', network.home])).code).toBe(0)
  })

  it('shows an epoch that was paid', async () => {
    const paid = await waitFor('an epoch has been paid', 300_000, async () => {
      const { epochs } = await getJson<{ epochs: { epoch: number; state: string; paidAtomic: string }[] }>(
        network.ready,
        '/api/epochs',
      )
      return epochs.find(({ state, paidAtomic }) => state === 'active' && BigInt(paidAtomic) > 0n)
    })
    const detail = await getJson<{ payouts: unknown[] }>(network.ready, `/api/epochs/1/${paid.epoch}`)
    expect(detail.payouts.length).toBeGreaterThan(0)
  })

  it('goes on where it was after Ctrl-C and after kill -9', async () => {
    const before = await snapshot(network)
    expect(await network.stop()).toBe(0)
    await network.start()
    await expectConsistent(network, before, [])
    const again = await snapshot(network)
    await expectConsistent(network, again, await killInMidStream(network, 800))
    const tip = Number(await (await snapshot(network)).tip)
    await waitFor('the index has caught up', 20_000, async () => {
      const { asOfBlock } = await getJson<{ asOfBlock: number }>(network.ready, '/api/network')
      return asOfBlock >= tip
    })
  })

  it('survives a restart of the server itself', async () => {
    await server.end('SIGQUIT')
    expect((await ask(network.ready, { maxTokens: 4 })).status).toBe(200)
    await startServer()
    await waitFor('the page is served again', 60_000, async () => {
      return (await getJson<{ asOfBlock: number }>(network.ready, '/api/network')).asOfBlock > 0
    })
  })
})

async function startServer(): Promise<void> {
  const listen = ['-p', String(port), '-k', folder, '-h', '127.0.0.1']
  server = new ProcessGroup(join(binaries(), 'postgres'), ['-D', data, ...listen], { ...owner, cwd: folder })
  await waitFor('PostgreSQL answers', 30_000, () => {
    execFileSync(join(binaries(), 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], { stdio: 'pipe' })
    return true
  })
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
