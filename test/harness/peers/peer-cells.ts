/** One client at one server: what is expected of them, and what came of it. */
import { party } from '@koinon/payments/testing'
import { expect } from 'vitest'
import type { PeerClient, Way } from './peer-clients.ts'
import type { PeerGround, Transfer } from './peer-ground.ts'
import type { PeerServer } from './peer-servers.ts'

export type CellResult = {
  readonly client: string
  readonly server: string
  /** What the client was set up for. */
  readonly way: Way
  readonly result: string
  /** Of the first call, with its settlement or deposit. */
  readonly ms: number
  /** Who sends this server's transactions; that it sent the payment's is held against the ledger. */
  readonly settledBy: string
}

const isOfChannel = (way: Way) => way === 'x402 batch-settlement' || way === 'mpp session'

/** Pays, twice where a channel is used; or sees that nothing is paid where the two have no way in common. */
export async function runCell(ground: PeerGround, client: PeerClient, server: PeerServer): Promise<CellResult> {
  const payer = party(`payer ${client.name} ${client.pays[0]}`)
  const way = client.pays[0] as Way
  const common = client.pays.find((one) => server.takes.includes(one))
  const pay = client.fetchOf(ground.net, payer)
  const block = await ground.net.reader.getBlockNumber({ cacheTime: 0 })
  const runsBefore = server.runs?.()
  const told = { client: client.name, server: server.name, way, settledBy: server.settledBy }
  const startedAtMs = performance.now()
  const first = await call(pay, server)
  const ms = Math.round(performance.now() - startedAtMs)
  if (common === undefined) {
    expect(await ground.transfersSince(block, payer.address)).toEqual([])
    expect(server.runs?.()).toBe(runsBefore)
    expect(first.status).not.toBe(200)
    expect(first.text.length).toBeGreaterThan(10)
    return { ...told, result: `no way in common: ${oneLine(first.text)}`, ms }
  }
  expect([first.status, first.status === 200 ? '' : first.text]).toEqual([200, ''])
  expect(first.receipt).toBe(common.startsWith('mpp') ? 'payment-receipt' : 'payment-response')
  const isChannel = isOfChannel(common)
  const isRefusedLater = isChannel && client.losesCount === true
  if (isChannel) expect((await call(pay, server)).status).toBe(isRefusedLater ? 402 : 200)
  const transfers = await ground.transfersSince(block, payer.address)
  // One transaction a call, or one deposit for both.
  expect(transfers).toHaveLength(1)
  const { to, amountAtomic, sentBy } = transfers[0] as Transfer
  expect(sentBy).toBe(server.settledBy)
  if (isChannel) expect(to.toLowerCase()).not.toBe(server.payee.toLowerCase())
  else {
    expect(to.toLowerCase()).toBe(server.payee.toLowerCase())
    if (server.priceAtomic !== undefined) expect(amountAtomic).toBe(server.priceAtomic)
  }
  if (runsBefore !== undefined) expect(server.runs?.()).toBe(runsBefore + (isChannel && !isRefusedLater ? 2 : 1))
  const result = isChannel
    ? `paid from a deposit of ${amountAtomic}; ${isRefusedLater ? 'the second call refused' : 'the second call without a transaction'}`
    : `paid ${amountAtomic}`
  return { ...told, result: common === way ? result : `${result} by ${common}`, ms }
}

type Heard = { readonly status: number; readonly text: string; readonly receipt: string | undefined }

/** What a caller gets to know; an error that is thrown counts with its words. */
async function call(pay: typeof fetch, { url, body }: PeerServer): Promise<Heard> {
  try {
    const signal = AbortSignal.timeout(30_000)
    const response = await pay(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal })
    const receipt = ['payment-response', 'payment-receipt'].find((name) => response.headers.has(name))
    const text = await response.text()
    return { status: response.status, text: text.length > 4 ? text : `status ${response.status} ${text}`, receipt }
  } catch (error) {
    return { status: 0, text: String(error), receipt: undefined }
  }
}

/** Rows of results as one table of Markdown. */
export function peerTable(rows: readonly CellResult[]): string {
  const lines = rows.map(({ client, way, server, result, ms, settledBy }) => [
    client,
    way,
    server,
    result,
    ms,
    settledBy,
  ])
  const head = ['client', 'pays by', 'server', 'result', 'ms', 'settled by']
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '/')
  return line.length > 110 ? `${line.slice(0, 107)}...` : line
}
