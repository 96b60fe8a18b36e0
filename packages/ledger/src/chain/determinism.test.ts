import type { Hex } from '@koinon/base'
import { getContractAddress } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { afterEach, describe, expect, it } from 'vitest'
import { createAnvilEngine } from './anvil-engine.ts'
import { EmbeddedChain } from './embedded-chain.ts'
import { readJournalHeader } from './journal.ts'
import { type ReplayOptions, replayRecords } from './journal-replay.ts'
import { chainOptions, newAccount, rpc, temporaryFolder, testChainId } from './testing/chain-fixture.ts'
import { readAllRecords } from './testing/journal-fixture.ts'
import { seededRandom } from './testing/seeded-random.ts'

const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Creation code: installs 12 bytes that store the call value at slot CALLDATASIZE and log 32 bytes of memory. */
const storeAndLog: Hex = '0x6b3436555f6020525f60205fa05f52600c6014f3'
/** Creation code that reverts. */
const reverting: Hex = '0x5f5ffd'
/** Creation code that logs the block time and number: receipts show both. */
const clockLogger: Hex = '0x425f524360205260405fa000'
/** Creation code that logs PREVRANDAO. */
const randaoLogger: Hex = '0x445f5260205fa000'

describe('a random workload', () => {
  it.each([1, 2, 3])(
    'comes out the same when replayed, and with the same receipts on the other engine (seed %i)',
    async (seed) => {
      const { chain, options, url, accounts } = await setup()
      const random = seededRandom(seed)
      const nonces = new Map(accounts.map((account) => [account, 0]))
      for (let round = 0; round < 6; round++) {
        const batch = Array.from({ length: 1 + Math.floor(random() * 10) }, () => {
          const account = accounts[Math.floor(random() * accounts.length)] as PrivateKeyAccount
          const nonce = nonces.get(account) ?? 0
          nonces.set(account, nonce + 1)
          return sign(account, nonce, randomCall(random, account, nonce, accounts))
        })
        const answers = await Promise.all(
          (await Promise.all(batch)).map((raw) => rpc(url, 'eth_sendRawTransaction', [raw])),
        )
        expect(answers.filter((answer) => answer.error !== undefined)).toEqual([])
      }
      const before = await summary(url, chain.status().blockNumber)
      await chain.stop()
      const { url: again } = await chain.start()
      expect(await summary(again, chain.status().blockNumber)).toEqual(before)
      await chain.stop()
      const other = await replayOnAnvil(options.journalPath)
      expect(other.map(({ found }) => found.receiptsRoot)).toEqual(other.map(({ sealed }) => sealed?.receiptsRoot))
      expect(other.at(-1)?.found.number).toBe(before.length)
      // Measured: the genesis headers of the two engines differ, so the block hashes do.
      expect(other[0]?.found.hash).not.toBe(other[0]?.sealed?.blockHash)
    },
  )

  it('shows in a receipt that the other engine gives contracts another prevrandao', async () => {
    const { chain, options, url, accounts } = await setup()
    const raw = await sign(accounts[0] as PrivateKeyAccount, 0, { data: randaoLogger, gas: 200_000n })
    expect((await rpc(url, 'eth_sendRawTransaction', [raw])).error).toBeUndefined()
    await chain.stop()
    const [block] = await replayOnAnvil(options.journalPath)
    expect(block?.found.receiptsRoot).not.toBe(block?.sealed?.receiptsRoot)
  })
})

type Call = { readonly to?: Hex; readonly data?: Hex; readonly value?: bigint; readonly gas: bigint }

function randomCall(
  random: () => number,
  account: PrivateKeyAccount,
  nonce: number,
  accounts: readonly PrivateKeyAccount[],
): Call {
  const kind = random()
  const value = BigInt(Math.floor(random() * 1e6))
  const peer = accounts[Math.floor(random() * accounts.length)] as PrivateKeyAccount
  if (kind < 0.25) return { to: peer.address, value, gas: 21_000n }
  if (kind < 0.45) return { data: storeAndLog, gas: 300_000n }
  if (kind < 0.6) return { data: reverting, gas: 100_000n }
  if (kind < 0.75) return { data: clockLogger, gas: 200_000n }
  const earlier = getContractAddress({ from: account.address, nonce: BigInt(Math.floor(random() * (nonce + 1))) })
  return { to: earlier, data: `0x${'01'.repeat(Math.floor(random() * 8))}`, value, gas: 150_000n }
}

function sign(account: PrivateKeyAccount, nonce: number, call: Call): Promise<Hex> {
  const fees = { maxFeePerGas: 3_000_000_000n, maxPriorityFeePerGas: 1_000n }
  return account.signTransaction({ chainId: testChainId, type: 'eip1559', nonce, ...fees, ...call })
}

/** Every block of a journal as the other engine makes it, beside its seal. */
async function replayOnAnvil(journalPath: string) {
  const header = await readJournalHeader(journalPath)
  if (header === undefined) throw new Error(`there is no journal at ${journalPath}`)
  const records = await readAllRecords(journalPath)
  const engine = createAnvilEngine()
  await engine.start(header.genesis)
  cleanups.push(() => engine.stop())
  type Check = Parameters<ReplayOptions['check']>
  const blocks: { readonly found: Check[2]; readonly sealed: Check[1] }[] = []
  await replayRecords({
    engine,
    records: (async function* () {
      yield* records
    })(),
    totalTransactions: 0,
    onProgress: () => undefined,
    check: (_, sealed, found) => void blocks.push({ found, sealed }),
  })
  return blocks
}

async function summary(url: string, tip: number) {
  const blocks: { hash: string; stateRoot: string; receiptsRoot: string; mixHash: string }[] = []
  for (let number = 1; number <= tip; number++) {
    const { result } = await rpc(url, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, false])
    const { hash, stateRoot, receiptsRoot, mixHash } = result
    blocks.push({ hash, stateRoot, receiptsRoot, mixHash })
  }
  return blocks
}

async function setup() {
  const folder = temporaryFolder()
  const accounts = Array.from({ length: 4 }, newAccount)
  const options = chainOptions(folder.path, accounts)
  const chain = new EmbeddedChain(options)
  cleanups.push(folder.remove, () => chain.stop())
  const { url } = await chain.start()
  return { chain, options, url, accounts }
}
