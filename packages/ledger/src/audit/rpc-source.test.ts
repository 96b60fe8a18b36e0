import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeAbiParameters, encodeEventTopics, numberToHex } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { alphaStakingAbi } from '../abis.ts'
import { createLedgerReader } from '../clients.ts'
import type { NetworkFile } from '../network-file.ts'
import { eventsOf, viewOf } from './audit-source.ts'
import { createRpcSource } from './rpc-source.ts'

/** A server as strangers run them: it bounds the blocks of a request, and fails now and then. */
const server = {
  head: 12_345,
  mostBlocks: 1_000,
  failures: 0,
  logRequests: [] as number[],
  blockRequests: [] as number[],
  logs: [] as object[],
  hashOf: (_asked: number): string => 'ab',
  document: (): string | number => 404,
}
const http = createServer((request, response) => {
  if (request.method === 'GET') {
    const answer = server.document()
    response.writeHead(typeof answer === 'number' ? answer : 200).end(typeof answer === 'number' ? '' : answer)
    return
  }
  let body = ''
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString()
  })
  request.on('end', () => {
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params?: Record<string, string>[] }
    const result = answer(method, params ?? [])
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        jsonrpc: '2.0',
        id,
        ...(result === undefined ? { error: { code: -32_000, message: 'no' } } : { result }),
      }),
    )
  })
})
let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterAll(() => void http.close())
beforeEach(() => {
  Object.assign(server, {
    mostBlocks: 1_000,
    failures: 0,
    logRequests: [],
    blockRequests: [],
    logs: [],
    hashOf: () => 'ab',
    document: () => 404,
  })
})

function answer(method: string, [first]: Record<string, string>[]): unknown {
  if (method === 'eth_blockNumber') return numberToHex(server.head)
  if (method === 'eth_getBlockByNumber') {
    server.blockRequests.push(Number(first))
    return block(Number(first))
  }
  if (method === 'eth_call') return `0x${'00'.repeat(31)}07`
  if (method !== 'eth_getLogs') return undefined
  const [from, to] = [Number(first?.['fromBlock']), Number(first?.['toBlock'])]
  if (to - from + 1 > server.mostBlocks || server.failures-- > 0) return undefined
  server.logRequests.push(to - from + 1)
  // Only the request for whole contracts has logs here.
  if (!Array.isArray(first?.['address'])) return []
  return server.logs.filter(
    (log) =>
      Number((log as { blockNumber: string }).blockNumber) >= from &&
      Number((log as { blockNumber: string }).blockNumber) <= to,
  )
}

const block = (number: number) => ({
  number: numberToHex(number),
  hash: `0x${server.hashOf(server.blockRequests.length).repeat(32)}`,
  timestamp: numberToHex(1_000_000 + 2 * number),
  transactions: [],
})
const hotkey = '0x00000000000000000000000000000000000000AA'
const stakedAt = (blockNumber: number, logIndex: number, amount: bigint) => ({
  address: contracts.staking,
  topics: encodeEventTopics({ abi: alphaStakingAbi, eventName: 'Staked', args: { netuid: 1, hotkey, staker: hotkey } }),
  data: encodeAbiParameters(
    Array.from({ length: 4 }, () => ({ type: 'uint256' })),
    [amount, amount, amount, amount],
  ),
  blockNumber: numberToHex(blockNumber),
  logIndex: numberToHex(logIndex),
  transactionIndex: '0x0',
  transactionHash: `0x${'cd'.repeat(32)}`,
  blockHash: `0x${'ab'.repeat(32)}`,
  removed: false,
})

const names = [
  'token',
  'dollar',
  'identity',
  'reputation',
  'validation',
  'terms',
  'pools',
  'staking',
  'delegation',
  'permits',
  'conviction',
  'subnets',
  'work',
  'weights',
  'policy',
  'emission',
  'epochs',
  'channels',
  'depositCollector',
]
const contracts = Object.fromEntries(
  names.map((name, index) => [name, `0x${'00'.repeat(18)}ff${(index + 16).toString(16)}`]),
) as NetworkFile['contracts']
const network = (changes: Partial<NetworkFile> = {}): NetworkFile => ({
  v: 1,
  name: 'test',
  chainId: 7,
  chainKind: 'embedded',
  rpcUrl: url,
  startBlock: 345,
  contracts,
  isTest: true,
  ...changes,
})
const open = (changes: Partial<NetworkFile> = {}) =>
  createRpcSource({
    reader: createLedgerReader(network(changes)),
    network: network(changes),
    transfers: 'supply',
    onProgress: () => undefined,
  })

describe('a source behind JSON-RPC', () => {
  it('reads every block once, in pages as large as the server lets it', async () => {
    server.logs = [
      stakedAt(12_345, 0, 3n),
      stakedAt(345, 1, 2n),
      stakedAt(345, 0, 1n),
      { ...stakedAt(400, 0, 9n), address: contracts.identity },
    ]
    const source = await open()
    expect(source.head).toEqual({ block: 12_345, hash: `0x${'ab'.repeat(32)}`, seconds: 1_024_690 })
    const [first] = server.logRequests
    // 5,000 halved three times.
    expect(first).toBe(625)
    expect(server.logRequests.filter((_, index) => index % 5 === 0).reduce((sum, blocks) => sum + blocks, 0)).toBe(
      12_001,
    )
    const staked = eventsOf(source, 'staking', 'Staked')
    expect(staked.map(({ args, seconds }) => [args.amount, seconds])).toEqual([
      [1n, 1_000_690],
      [2n, 1_000_690],
      [3n, 1_024_690],
    ])
    expect(staked[0]?.args.hotkey).toBe(hotkey.toLowerCase())
    expect(await viewOf(source, 'staking', 'totalWeightOf', [1])).toEqual({ value: 7n })
  })

  it('asks for the times of those blocks only whose logs do not tell them', async () => {
    server.logs = [
      { ...stakedAt(400, 0, 1n), blockTimestamp: numberToHex(1_000_800) },
      { ...stakedAt(401, 0, 2n), blockTimestamp: '0x0' },
      stakedAt(402, 0, 3n),
    ]
    const source = await open()
    expect(eventsOf(source, 'staking', 'Staked').map(({ seconds }) => seconds)).toEqual([
      1_000_800, 1_000_802, 1_000_804,
    ])
    expect(server.blockRequests).toEqual([12_345, 401, 402, 12_345])
  })

  it('leaves out blocks of an external chain that may still be replaced, and events it does not know', async () => {
    server.mostBlocks = 100_000
    const unknown = { ...stakedAt(500, 0, 1n), topics: [`0x${'99'.repeat(32)}`] }
    server.logs = [unknown, stakedAt(12_314, 0, 1n)]
    const source = await open({ chainKind: 'external' })
    expect(source.head.block).toBe(12_313)
    expect(source.events).toEqual([])
  })

  it('does not audit a chain that was replaced by another while it read', async () => {
    server.mostBlocks = 100_000
    server.hashOf = (asked) => (asked === 1 ? 'ab' : 'cd')
    await expect(open()).rejects.toMatchObject({ code: 'ledger/audit-unreadable', retry: 'later' })
  })

  it('gives up on a server that gives nothing', async () => {
    server.mostBlocks = 0
    await expect(open({ startBlock: 12_345 })).rejects.toMatchObject({
      code: 'ledger/audit-unreadable',
      retry: 'later',
    })
  }, 30_000)

  it('says why a view or a document is not to be had', async () => {
    const source = await open({ startBlock: 12_345 })
    const gone = await source.view({ contract: 'staking', name: 'thereIsNone', args: [] })
    expect(gone).toEqual({ problem: expect.stringContaining('staking.thereIsNone did not answer') })
    expect(await source.document(`${url}/x`)).toEqual({ problem: 'it publishes none' })
    server.document = () => 500
    expect(await source.document(`${url}/x`)).toEqual({ problem: 'it answered with status 500' })
    server.document = () => 'x'.repeat(17 * 1024 * 1024)
    expect(await source.document(`${url}/x`)).toEqual({ problem: expect.stringContaining('longer than') })
    server.document = () => 'fine'
    expect(await source.document(`${url}/x`)).toEqual({ value: 'fine' })
    expect(await source.document('http://127.0.0.1:1/')).toEqual({ problem: 'it cannot be reached' })
  })
})
