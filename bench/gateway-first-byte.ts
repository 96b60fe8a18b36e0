/** Time to the first byte of a stream, through each of the targets of `gateway.ts` and straight from what stands behind them. */
import { bytesToHex, systemClock, systemRandom } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import { channelIdOf } from '@koinon/payments/rules'
import { nodeRequestHeader } from '@koinon/work'
import { signedHeader } from '@koinon/work/node'
import { Pool } from 'undici'
import { testChannel, testDomain, testParty, testSession } from '../packages/inference/src/testing/parties.ts'
import { bodies, path, type Target } from './gateway-load.ts'

const firstByteTurns = 220

/** Time to the first byte of a stream, one request at a time; targets take turns. */
export async function firstByteTable(
  targets: readonly Target[],
  mockPort: number,
  providerPort: number,
): Promise<Readonly<Record<string, number>>> {
  const session = await testSession(testParty('gateway'))
  const caller = { session: () => session, clock: systemClock, random: systemRandom }
  const { account } = testParty('provider')
  const gatewayAccount = testParty('gateway').account
  const bodyHash = bytesToHex(sha256Native(bodies.sse))
  const direct: readonly Target[] = [
    { name: 'direct, plain mock', port: mockPort, pid: 0, headers: () => ({}) },
    {
      name: 'direct, provider',
      port: providerPort,
      pid: 0,
      headers: () => ({
        [nodeRequestHeader]: signedHeader(caller, { recipient: account, method: 'POST', path, bodyHash }),
        'x-koinon-request-id': bytesToHex(systemRandom(16)),
        'x-koinon-channel': channelIdOf(testChannel(gatewayAccount, gatewayAccount, account), testDomain),
      }),
    },
  ]
  const all = [...direct, ...targets]
  const pools = new Map(
    all.map((target) => [target.name, new Pool(`http://127.0.0.1:${target.port}`, { connections: 1 })]),
  )
  const times = new Map<string, number[]>(all.map(({ name }) => [name, []]))
  for (let turn = 0; turn < firstByteTurns; turn++) {
    for (const target of all) {
      const headers = target.headers()
      const began = performance.now()
      const { body } = await (pools.get(target.name) as Pool).request({
        method: 'POST',
        path,
        headers,
        body: bodies.sse,
      })
      let first: number | undefined
      for await (const _ of body) first ??= performance.now() - began
      if (turn >= 20 && first !== undefined) times.get(target.name)?.push(first)
    }
  }
  console.error('\ntime to first byte of a stream, concurrency 1, p50 of 200')
  const median = (name: string): number => {
    const sorted = (times.get(name) as number[]).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  }
  for (const { name } of all) console.error(`  ${name.padEnd(18)} ${median(name).toFixed(2)} ms`)
  console.error(`  added by the bare proxy   ${(median('bare proxy') - median('direct, plain mock')).toFixed(2)} ms`)
  console.error(`  added by koinon           ${(median('koinon gateway') - median('direct, provider')).toFixed(2)} ms`)
  console.error(
    `  added by portkey          ${(median('portkey 1.15.2') - median('direct, plain mock')).toFixed(2)} ms`,
  )
  await Promise.all([...pools.values()].map((pool) => pool.close()))
  return Object.fromEntries(all.map(({ name }) => [name, median(name)]))
}
