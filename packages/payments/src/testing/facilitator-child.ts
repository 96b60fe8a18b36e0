/** A facilitator in its own process, to be killed. Argument: {path, rpcUrl, chainId, escrow, asset, key} as JSON; its port in one line. */
import { flushCompileCache } from 'node:module'
import { systemClock } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { Facilitator, facilitatorSchema } from '../x402/facilitator/facilitator.ts'
import { FacilitatorServer } from '../x402/facilitator/facilitator-server.ts'

const { path, rpcUrl, chainId, escrow, asset, key } = JSON.parse(process.argv[2] ?? '{}')
const network = { chainId, name: 'test', rpcUrl, chainKind: 'embedded' } as NetworkFile
const reader = createLedgerReader(network)
const facilitator = new Facilitator({
  store: await DurableStore.open(path, facilitatorSchema),
  reader,
  sender: new TransactionSender(reader, createLedgerWriter(network, key)),
  domain: { chainId, escrow },
  assets: [asset],
  unsettledBlocks: 0,
  clock: systemClock,
})
const server = new FacilitatorServer({ facilitator, host: '127.0.0.1', port: 0, clock: systemClock })
const port = await server.start()
// Killed, it keeps nothing of what it compiled for its successor.
flushCompileCache()
process.stdout.write(`${port}\n`)
