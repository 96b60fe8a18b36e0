/**
 * The process in the middle of `paid.ts`: our paywall, or the stock Express server of x402, over the ledger of its parent. It says
 * where it listens, and on demand how much CPU it has used and how often it has asked the ledger.
 */
import { pbkdf2Sync } from 'node:crypto'
import { bytesToHex, type Hex } from '@koinon/base'
import { createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { type TestNetwork } from '../packages/payments/src/testing/chain.ts'
import { party } from '../packages/payments/src/testing/fixtures.ts'
import { startSeller } from '../packages/payments/src/testing/seller.ts'
import { startExpressSeller } from '../packages/payments/src/testing/stock-sellers.ts'

export type SellerTask = {
  readonly kind: 'ours' | 'stock'
  readonly network: NetworkFile
  readonly path: string
  readonly facilitatorUrl: string
  readonly schemes: readonly ('exact' | 'batch-settlement')[]
}
/** CPU of all threads, and of the event loop's alone. */
export type SellerFigures = { readonly cpuMicros: number; readonly loopMicros: number; readonly rpcCalls: number }

const answer = JSON.stringify({ answer: 'x'.repeat(200) })

/** About two milliseconds of CPU where the caller asks for work, else none. */
function serve(body: string): string {
  if (body === 'work') pbkdf2Sync('work', 'salt', 6_500, 32, 'sha256')
  return answer
}

let rpcCalls = 0

process.once('message', async (task: SellerTask) => {
  const { network } = task
  const plainFetch = globalThis.fetch
  globalThis.fetch = (input, init) => {
    if (String(input instanceof Request ? input.url : input).startsWith(network.rpcUrl)) rpcCalls += 1
    return plainFetch(input, init)
  }
  const domain = { chainId: network.chainId, escrow: network.contracts.channels }
  const reader = createLedgerReader(network)
  const account = party('seller', domain)
  const gas = party('gas', domain)
  const writer = createLedgerWriter(network, bytesToHex(gas.secretKey) as Hex)
  const net = { network, reader, domain, url: network.rpcUrl } as TestNetwork
  const url =
    task.kind === 'stock'
      ? (
          await startExpressSeller({
            net,
            facilitatorUrl: task.facilitatorUrl,
            schemes: task.schemes,
            handle: serve,
          })
        ).url
      : (
          await startSeller(
            net,
            account,
            { ...gas, sender: new TransactionSender(reader, writer) },
            {
              path: task.path,
              price: () => ({ backEnds: task.schemes[0] === 'exact' ? ['exact'] : ['channel'] }),
              serve: async ({ body }) => {
                const headers = { 'content-type': 'application/json' }
                return { status: 200, headers, body: serve(Buffer.from(body).toString('latin1')) }
              },
            },
          )
        ).url
  process.on('message', () => {
    const [all, loop] = [process.cpuUsage(), process.threadCpuUsage()]
    const [cpuMicros, loopMicros] = [all.user + all.system, loop.user + loop.system]
    process.send?.({ cpuMicros, loopMicros, rpcCalls } satisfies SellerFigures)
  })
  process.send?.({ url })
})
