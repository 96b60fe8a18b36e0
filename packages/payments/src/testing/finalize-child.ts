/**
 * A payee that makes answers final as fast as it can, to be killed. Arguments: store path, first request number, concurrency. One
 * line a receipt that was acknowledged: request number, cumulative pico-dollars, sequence, session key.
 */
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import type { SignedReceipt } from '@koinon/work'
import { ChannelBook } from '../core/channel-book.ts'
import { answerOn, openStore, party, requestId, startLedger, testDomain } from './fixtures.ts'

const [path = '', first = '0', concurrency = '8'] = process.argv.slice(2)
const store = await openStore(path)
const book = new ChannelBook({ store, domain: testDomain })
await book.start()
const { ledger } = await startLedger(store, party('payee'), { book })
const [channel] = book.list()
if (channel === undefined) throw new Error('the store holds no channel')
let next = Number(first)

async function work(channelId: typeof channel & {}): Promise<void> {
  for (;;) {
    const index = next++
    const bundle = await ledger.finalize(
      answerOn(ledger, channelId, BigInt(500_000 + index), requestId(index), { voucherSigner: party('payer').signer }),
    )
    const { receipt } = bundle.hops[0] as SignedReceipt
    // Written by the kernel before the process can die, like the last bytes of an answer.
    writeSync(1, `${index} ${receipt.cumulativePicoUsd} ${receipt.sequence} ${receipt.sessionKey}\n`)
  }
}

// Killed, it keeps nothing of what it compiled for its successor.
flushCompileCache()
writeSync(1, 'ready\n')
await Promise.all(Array.from({ length: Number(concurrency) }, () => work(channel)))
