import { flushCompileCache } from 'node:module'
import { EmbeddedChain } from '../embedded-chain.ts'

/** A chain in its own process, to be killed: options as JSON in the first argument, one JSON line when it is ready. */
const { journalPath, chainId, accounts } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly journalPath: string
  readonly chainId: number
  readonly accounts: readonly `0x${string}`[]
}

const chain = new EmbeddedChain({
  journalPath,
  chainId,
  genesis: {
    accounts: accounts.map((address) => ({ address, balanceWei: 10n ** 21n })),
    predeploys: [],
    timestampSeconds: 1_750_000_000,
  },
  limits: { burstBlocks: 1_000 },
})
process.stdin.on('end', () => void chain.stop())
process.stdin.resume()
const started = await chain.start()
// Killed, it keeps nothing of what it compiled for its successor.
flushCompileCache()
process.stdout.write(`${JSON.stringify(started)}\n`)
