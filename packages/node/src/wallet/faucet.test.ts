import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { KoinonError, systemRandom } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accountKey } from '../home/secrets.ts'
import { ControlServer, controlSocketPath } from '../supervisor/control.ts'
import { temporaryHome } from '../testing/home.ts'
import { askFaucet } from './faucet.ts'

const { home, remove } = temporaryHome()
const wallet = accountKey(home, 'wallet', systemRandom).address
const role = accountKey(home, 'provider', systemRandom).address
let gateway: Server
let control: ControlServer
let supervisor: ChildProcess
let network: NetworkFile
let isFounder = false

beforeAll(async () => {
  gateway = createServer((_, response) => response.end('{"koinAtomic":"from the gateway"}'))
  gateway.listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  network = { isTest: true, gatewayUrl: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}` } as NetworkFile
  control = new ControlServer(controlSocketPath(home), async (method) => {
    if (isFounder && method === 'wallet.faucet') return { koinAtomic: 'from the supervisor' }
    throw new KoinonError({ code: 'node/unknown-method', message: `The supervisor does not know "${method}"` })
  })
  await control.start()
  supervisor = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'koinon'], { stdio: 'ignore' })
  const record = { pid: supervisor.pid, startedAtMs: 1, controlSocket: controlSocketPath(home) }
  writeFileSync(join(home.run, 'supervisor.json'), JSON.stringify(record))
})

afterAll(async () => {
  supervisor.kill('SIGKILL')
  await control.stop()
  gateway.close()
  remove()
})

describe('who is asked for test money', () => {
  it('is the gateway, for the wallet of a home that joined while its node runs', async () => {
    expect(await askFaucet(network, wallet, home)).toEqual({ koinAtomic: 'from the gateway' })
  })

  it('is the own supervisor, for the wallet of the home that runs the network, and for that alone', async () => {
    accountKey(home, 'founder', systemRandom)
    isFounder = true
    expect(await askFaucet(network, wallet, home)).toEqual({ koinAtomic: 'from the supervisor' })
    expect(await askFaucet(network, role, home)).toEqual({ koinAtomic: 'from the gateway' })
    expect(await askFaucet(network, wallet)).toEqual({ koinAtomic: 'from the gateway' })
  })

  it('is nobody where money is real, or where no gateway is known', async () => {
    const real = { ...network, isTest: false }
    await expect(askFaucet(real, wallet, home)).rejects.toMatchObject({ code: 'wallet/no-faucet' })
    const { gatewayUrl: _, ...alone } = network
    await expect(askFaucet(alone, role, home)).rejects.toMatchObject({ code: 'wallet/no-gateway' })
  })
})
