/**
 * The x402 client of PyPI, with httpx and with requests, pays our paywall and our gateway, and a stock seller over our facilitator. Its
 * packages are installed into an environment of their own unless KOINON_X402_PYTHON names a Python that has them.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesToHex } from '@koinon/base'
import { party } from '@koinon/payments/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PeerGround, startPeerGround, type Transfer } from '../harness/peers/peer-ground.ts'
import { type PeerServer, startPeerServers } from '../harness/peers/peer-servers.ts'

const packages = [
  'x402[evm,httpx,requests]==2.25.0',
  'httpx==0.28.1',
  'requests==2.34.2',
  'web3==8.0.0',
  'eth-account==0.14.0',
]
const program = join(import.meta.dirname, 'python/x402_client.py')
const folder = mkdtempSync(join(tmpdir(), 'koinon-x402-python-'))
const calls = 3

type Answer = {
  readonly status: number
  readonly receipt: string | null
  readonly text: string
  readonly error: string | null
  readonly ms: number
}

let python = process.env['KOINON_X402_PYTHON'] ?? ''
let ground: PeerGround
let opened: Awaited<ReturnType<typeof startPeerServers>> | undefined

beforeAll(async () => {
  if (python === '') {
    python = join(folder, 'python/bin/python')
    execFileSync('python3', ['-m', 'venv', join(folder, 'python')], { timeout: 120_000 })
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { timeout: 540_000 })
  }
  ground = await startPeerGround()
  opened = await startPeerServers(ground)
}, 900_000)

afterAll(async () => {
  await opened?.close()
  await ground?.close()
  rmSync(folder, { recursive: true, force: true })
}, 120_000)

const serverOf = (name: string, settledBy: string) =>
  opened?.servers.find((server) => server.name === name && server.settledBy === settledBy) as PeerServer

describe.each(['httpx', 'requests'] as const)('x402 2.25.0 of PyPI with %s', (transport) => {
  it.each([
    ['koinon paywall', 'koinon paywall'],
    ['koinon gateway', 'koinon gateway'],
    ['@x402/express 2.27.0', 'koinon facilitator'],
  ])('pays %s exactly, and from one deposit, settled by %s', async (name, settledBy) => {
    const server = serverOf(name, settledBy)
    for (const scheme of ['exact', 'batch-settlement'] as const) {
      const { address, secretKey } = await ground.net.fund(`python ${transport} ${name} ${scheme}`)
      const block = await ground.net.reader.getBlockNumber({ cacheTime: 0 })
      const runs = server.runs?.()
      const answers = await buy({ transport, scheme, secretKey, server })
      expect(answers.map(({ status, error }) => error ?? status)).toEqual(Array(calls).fill(200))
      expect(answers.map(({ receipt }) => JSON.parse(atob(receipt as string)).success)).toEqual(Array(calls).fill(true))
      const transfers = await ground.transfersSince(block, address)
      expect(transfers.map(({ sentBy }: Transfer) => sentBy)).toEqual(
        Array(scheme === 'exact' ? calls : 1).fill(settledBy),
      )
      if (runs !== undefined) expect(server.runs?.()).toBe(runs + calls)
      const [first, ...rest] = answers.map(({ ms }) => ms)
      console.log(
        `${transport} ${scheme} at ${name}, settled by ${settledBy}: first ${first} ms, then ${rest.join(', ')}`,
      )
    }
  })

  it('is told clearly when a seller takes nothing that it knows, and pays nothing', async () => {
    const { address, secretKey } = party('python stranger')
    const block = await ground.net.reader.getBlockNumber({ cacheTime: 0 })
    const server = serverOf('mppx 0.11.0', 'stock facilitator')
    const [answer] = await buy({ transport, scheme: 'batch-settlement', secretKey, server })
    expect(answer?.status).not.toBe(200)
    expect(answer?.error).toMatch(/batch-settlement|scheme|requirements/i)
    expect(await ground.transfersSince(block, address)).toEqual([])
  })
})

type Order = {
  readonly transport: string
  readonly scheme: string
  readonly secretKey: Uint8Array
  readonly server: PeerServer
}

/** Runs the Python program for one order; its answers in order. */
async function buy({ transport, scheme, secretKey, server: { url, body } }: Order): Promise<readonly Answer[]> {
  const { network, url: rpcUrl } = ground.net
  const child = spawn(python, [program], { stdio: ['pipe', 'pipe', 'pipe'], timeout: 240_000 })
  let [said, failed] = ['', '']
  child.stdout.on('data', (data) => {
    said += data
  })
  child.stderr.on('data', (data) => {
    failed += data
  })
  child.stdin.end(
    `${JSON.stringify({
      ...{ transport, scheme, url, body, rpcUrl, calls },
      privateKey: bytesToHex(secretKey),
      network: `eip155:${network.chainId}`,
      asset: network.contracts.dollar,
    })}\n`,
  )
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`the Python client ended with ${code}: ${failed}`)
  return said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
}
