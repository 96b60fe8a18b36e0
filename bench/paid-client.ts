/**
 * The buying process of `paid.ts`: plain `fetch`, our paying one or the stock one of x402, on the ledger of its parent. It makes the calls
 * that it is told to, and says how long they took, what CPU it used and how many deposits it signed.
 */

import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import { createPayingFetch } from '@koinon/payments/x402'
import { localPaymentSigner } from '../packages/payments/src/client/payment-signer.ts'
import type { TestNetwork } from '../packages/payments/src/testing/chain.ts'
import { party } from '../packages/payments/src/testing/fixtures.ts'
import { testPayer } from '../packages/payments/src/testing/payer-fixtures.ts'
import { stockFetch } from '../packages/payments/src/testing/stock-clients.ts'

export type ClientTask = {
  readonly kind: 'ours' | 'stock'
  readonly scheme: 'exact' | 'batch-settlement'
  readonly network: NetworkFile
  readonly url: string
  /** Names of the funded payers; each is one worker. */
  readonly payers: readonly string[]
}
/** So many calls of one kind, so many at once. `work` asks the handler for two milliseconds of CPU. */
export type Round = {
  readonly call: 'free' | 'paid'
  readonly body: 'x' | 'work'
  readonly count: number
  readonly concurrency: number
}
/** `ms` is the mean time of a call. */
export type RoundFigures = { readonly ms: number; readonly cpuMicros: number; readonly deposits: number }

let deposits = 0

process.once('message', async (task: ClientTask) => {
  const { network, url, payers } = task
  const domain = { chainId: network.chainId, escrow: network.contracts.channels }
  const net = { network, reader: createLedgerReader(network), domain, url: network.rpcUrl } as TestNetwork
  const buyers = payers.map((name) => (task.kind === 'ours' ? ours : stock)(net, party(name, domain), task.scheme))
  const paid = async (worker: number, body: string) =>
    mustBeOk(await (buyers[worker] as typeof fetch)(`${url}/paid`, { method: 'POST', body }))
  const free = async (_worker: number, body: string) => mustBeOk(await fetch(`${url}/free`, { method: 'POST', body }))
  for (let worker = 0; worker < payers.length; worker++) await paid(worker, 'x')
  process.on('message', async ({ call, body, count, concurrency }: Round) => {
    const before = { deposits, cpu: process.cpuUsage() }
    const ms = await latencyOf((worker) => (call === 'free' ? free : paid)(worker, body), count, concurrency)
    const { user, system } = process.cpuUsage(before.cpu)
    process.send?.({ ms, cpuMicros: user + system, deposits: deposits - before.deposits } satisfies RoundFigures)
  })
  process.send?.('ready')
})

type Buyer = ReturnType<typeof party>

function ours(net: TestNetwork, { secretKey }: Buyer, scheme: ClientTask['scheme']): typeof fetch {
  const signer = localPaymentSigner(secretKey)
  const counting = {
    ...signer,
    signDeposit: (intent: Parameters<typeof signer.signDeposit>[0]) => {
      deposits++
      return signer.signDeposit(intent)
    },
  }
  const prefer = scheme === 'exact' ? 'exact' : 'channel'
  return createPayingFetch({ payer: testPayer(net, secretKey, { prefer, signer: counting }) })
}

function stock(net: TestNetwork, who: Buyer, scheme: ClientTask['scheme']): typeof fetch {
  return stockFetch(net, who, scheme, { deposit: 4_000_000n })
}

/** Mean milliseconds of a call at a concurrency. */
async function latencyOf(work: (worker: number) => Promise<void>, count: number, concurrency: number): Promise<number> {
  let next = 0
  const begun = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async (_, worker) => {
      while (next++ < count) await work(worker)
    }),
  )
  return ((performance.now() - begun) * concurrency) / count
}

async function mustBeOk(response: Response): Promise<void> {
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`the seller answered ${response.status}`)
}
