/**
 * Every client that we know at every server that we know, each way to pay, on a running network of ours and its chain: one table, printed
 * and written to the folder that KOINON_TEST_OUTPUT names (.tmp without it).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CellResult, peerTable, runCell } from '../harness/peers/peer-cells.ts'
import { peerClients, type Way } from '../harness/peers/peer-clients.ts'
import { type PeerGround, startPeerGround } from '../harness/peers/peer-ground.ts'
import { startPeerServers } from '../harness/peers/peer-servers.ts'

let ground: PeerGround
let opened: Awaited<ReturnType<typeof startPeerServers>>
const rows: CellResult[] = []

beforeAll(async () => {
  ground = await startPeerGround()
  opened = await startPeerServers(ground)
  for (const { name, pays } of peerClients) await ground.net.fund(`payer ${name} ${pays[0]}`)
}, 300_000)

afterAll(async () => {
  const folder = resolve(process.env['KOINON_TEST_OUTPUT'] ?? join(import.meta.dirname, '../../.tmp'))
  mkdirSync(folder, { recursive: true })
  const table = peerTable(rows)
  writeFileSync(join(folder, 'payment-peers.md'), `${table}\n`)
  console.log(table)
  await opened?.close()
  await ground?.close()
}, 120_000)

describe.each(peerClients)('$name by $pays', (client) => {
  it('pays whoever takes what it pays by, and nobody else', async () => {
    const failures: string[] = []
    for (const server of opened.servers) {
      try {
        rows.push(await runCell(ground, client, server))
      } catch (error) {
        failures.push(`${server.name} (${server.settledBy}): ${String(error)}`)
        rows.push({
          client: client.name,
          server: server.name,
          way: client.pays[0] as Way,
          result: 'FAILED',
          ms: 0,
          settledBy: '?',
        })
      }
    }
    expect(failures).toEqual([])
  }, 300_000)
})
