import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, sleep } from '@koinon/base'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LedgerReader } from '../clients.ts'
import { alphaStakingAbi } from '../generated/alpha-staking.ts'
import { koinonTokenAbi } from '../generated/koinon-token.ts'
import { ensureAllowance, joinSubnet, leaveSubnet } from '../membership.ts'
import type { NetworkFile } from '../network-file.ts'
import type { Anvil } from '../testing/anvil.ts'
import { prepareIndexFolder } from '../testing/index-folder.ts'
import {
  type ContractsNetwork,
  createAccount,
  startBareAnvil,
  startEmbedded,
  withContracts,
} from '../testing/network.ts'
import { startPostgres, type TestPostgres } from '../testing/postgres.ts'
import { type OpenIndexDatabase, openEmbeddedIndex, openPostgresIndex } from './database.ts'
import { Indexer } from './indexer.ts'
import { findEvents, findTransfers } from './queries.ts'
import { blocks, cursors, events } from './schema.ts'

const ether = 10n ** 18n
const deadlineMs = 60_000
const hookTimeoutMs = 120_000
vi.setConfig({ testTimeout: 120_000 })

/** A place for indexes: PGlite folders or databases of one server. Opening a name again opens the same index. */
type Store = { open(name: string): Promise<OpenIndexDatabase>; close(): Promise<void> }

async function pgliteStore(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-index-'))
  return {
    async open(name) {
      const path = join(folder, name)
      if (!existsSync(path)) await prepareIndexFolder(path)
      return openEmbeddedIndex(path)
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function postgresStore(): Promise<Store> {
  const server: TestPostgres = await startPostgres()
  const urls = new Map<string, string>()
  return {
    async open(name) {
      const url = urls.get(name) ?? (await server.createDatabase(name))
      urls.set(name, url)
      return openPostgresIndex(url)
    },
    close: () => server.close(),
  }
}

let anvilNetwork: ContractsNetwork & { readonly anvil: Anvil }
let embedded: ContractsNetwork

beforeAll(async () => {
  anvilNetwork = await withContracts(await startBareAnvil())
  embedded = await withContracts(await startEmbedded())
}, hookTimeoutMs)
afterAll(async () => {
  await anvilNetwork?.close()
  await embedded?.close()
})

describe.each([
  ['PGlite', pgliteStore],
  ['PostgreSQL', postgresStore],
])('the index on %s', (kind, openStore) => {
  let store: Store
  let count = 0
  /** Emptied and used again: a new PGlite takes seconds. */
  const idle: OpenIndexDatabase[] = []
  const used: OpenIndexDatabase[] = []
  beforeAll(async () => {
    store = await openStore()
  }, hookTimeoutMs)
  afterEach(() => void idle.push(...used.splice(0)))
  afterAll(async () => {
    for (const index of idle) await index.close()
    await store?.close()
  })

  /** An empty index. */
  const open = async (): Promise<OpenIndexDatabase> => {
    const index = idle.pop() ?? (await store.open(`index${++count}`))
    for (const table of [events, blocks, cursors]) await index.database.delete(table)
    used.push(index)
    return index
  }
  const follow = (
    index: OpenIndexDatabase,
    changes: { network?: NetworkFile; reader?: LedgerReader; rangeBlocks?: number; onError?: () => void } = {},
  ): Indexer => {
    const network = changes.network ?? anvilNetwork.network
    return new Indexer({
      network,
      reader: anvilNetwork.reader,
      database: index.database,
      clock: { nowMs: () => 1_750_000_000_000 },
      pollIntervalMs: 20,
      rangeBlocks: 1_000,
      onError: () => undefined,
      ...changes,
    })
  }
  const catchUp = async (indexer: Indexer): Promise<void> => {
    while (await indexer.step());
  }
  const rows = async ({ database }: OpenIndexDatabase) =>
    (await database.select().from(events)).sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex)
  /** What a new index says about the ledger as it is now. */
  const freshRows = async () => {
    const index = await open()
    await catchUp(follow(index))
    return rows(index)
  }
  /** By a new sender each time: after a reorganisation the nonces that an old one counts are wrong. */
  const transfer = (to: Address, amount: bigint) =>
    createAccount(anvilNetwork.network, anvilNetwork.founder.privateKey).sender.call({
      address: anvilNetwork.network.contracts.token,
      abi: koinonTokenAbi,
      functionName: 'transfer',
      args: [to, amount],
    })
  /** Accounts that only this kind of index uses: both follow one ledger. */
  const recipient = (digit: number): Address =>
    `0x${String(digit).repeat(38)}${kind === 'PGlite' ? 'aa' : 'bb'}` as Address

  it('holds what happened on the embedded chain: registrations, stakes, transfers, times', async () => {
    const { network, reader, founder } = embedded
    const account = await embedded.account()
    await founder.sender.call({
      address: network.contracts.token,
      abi: koinonTokenAbi,
      functionName: 'transfer',
      args: [account.address, 100n * ether],
    })
    const membership = { network, reader, sender: account.sender }
    const seat = await joinSubnet(membership, 1, 'http://127.0.0.1:9')
    const { staking } = network.contracts
    await ensureAllowance(membership, staking, 5n * ether)
    const args = [0, account.address, 5n * ether] as const
    await account.sender.call({ address: staking, abi: alphaStakingAbi, functionName: 'stake', args })
    await leaveSubnet(membership, 1)

    const index = await open()
    const indexer = follow(index, { network, reader })
    await catchUp(indexer)
    const query = { netuid: 1, where: { hotkey: account.address } }
    const neurons = await findEvents(index.database, {
      ...query,
      contract: 'subnets',
      names: ['NeuronRegistered', 'NeuronRemoved'],
    })
    expect(neurons.map(({ name, args }) => [name, args['uid']])).toEqual([
      ['NeuronRegistered', seat.uid],
      ['NeuronRemoved', seat.uid],
    ])
    const [staked] = await findEvents(index.database, { ...query, netuid: 0, contract: 'staking', names: ['Staked'] })
    expect(staked?.args['poolAssets']).toBe((5n * ether).toString())
    const transfers = await findTransfers(index.database, 'token', account.address, 100)
    expect(transfers.at(-1)?.args).toMatchObject({ from: founder.address, to: account.address })
    expect(await findTransfers(index.database, 'token', account.address, 1)).toEqual(transfers.slice(0, 1))
    const head = await reader.getBlock()
    expect(await indexer.position()).toEqual({
      blockNumber: Number(head.number),
      blockHash: head.hash,
      finalizedNumber: Number(head.number),
    })
    const block = await reader.getBlock({ blockNumber: BigInt(transfers.at(-1)?.blockNumber ?? 0) })
    expect(transfers.at(-1)?.timestampSeconds).toBe(Number(block.timestamp))
  })

  it('says the same whatever the width of its ranges', async () => {
    await transfer(recipient(1), 3n)
    const whole = await freshRows()
    for (const rangeBlocks of [1, 3]) {
      const index = await open()
      await catchUp(follow(index, { rangeBlocks }))
      expect(await rows(index)).toEqual(whole)
    }
    expect(whole.length).toBeGreaterThan(5)
  })

  it('goes on after any stop, and a range stored twice changes nothing', async () => {
    const name = `again${++count}`
    for (let step = 0; step < 2; step++) {
      const index = await store.open(name)
      await follow(index, { rangeBlocks: 2 }).step()
      // A crash between the rows and the cursor cannot happen (one transaction); an older cursor is the worst case.
      if (step > 0) await index.database.update(cursors).set({ blockNumber: 2, blockHash: await hashAt(2) })
      await index.close()
    }
    const index = await store.open(name)
    used.push(index)
    await catchUp(follow(index))
    expect(await rows(index)).toEqual(await freshRows())
  })

  it('refuses an index of another network', async () => {
    const index = await open()
    await catchUp(follow(index))
    const { network } = anvilNetwork
    const others: readonly NetworkFile[] = [
      { ...network, chainId: network.chainId + 1 },
      { ...network, contracts: { ...network.contracts, subnets: `0x${'12'.repeat(20)}` } },
    ]
    for (const other of others) {
      await expect(follow(index, { network: other }).start()).rejects.toMatchObject({ code: 'index/other-network' })
    }
  })

  it('finds by epoch-free filters, order and limit', async () => {
    const index = await open()
    await transfer(recipient(2), 5n)
    await transfer(recipient(2), 6n)
    await catchUp(follow(index))
    const filter = { contract: 'token', names: ['Transfer'], where: { to: recipient(2) } } as const
    const oldest = await findEvents(index.database, filter)
    const newest = await findEvents(index.database, { ...filter, order: 'newest', limit: 1 })
    expect(newest).toEqual([oldest.at(-1)])
    const hostile = { ...filter, where: { "to' or 1=1 --": recipient(2) } }
    expect(await findEvents(index.database, hostile)).toEqual([])
  })

  it('stores an endpoint with a NUL byte instead of stopping at it', async () => {
    const account = await anvilNetwork.account()
    await transfer(account.address, 10n * ether)
    const membership = { network: anvilNetwork.network, reader: anvilNetwork.reader, sender: account.sender }
    await joinSubnet(membership, 1, 'http://evil\u0000')
    const index = await open()
    await catchUp(follow(index))
    const [found] = await findEvents(index.database, {
      contract: 'subnets',
      names: ['NeuronRegistered'],
      where: { hotkey: account.address },
    })
    expect(found?.args['endpoint']).toBe('http://evil\uFFFD')
    await leaveSubnet(membership, 1)
  })

  describe('when the ledger reorganises', () => {
    let snapshot: unknown
    beforeEach(async () => {
      snapshot = await anvilNetwork.anvil.call('evm_snapshot')
    })

    it('drops the rows of reverted blocks and takes those that came instead', async () => {
      const index = await open()
      const indexer = follow(index, { rangeBlocks: 2 })
      await transfer(recipient(3), 1n)
      await transfer(recipient(3), 2n)
      await catchUp(indexer)
      await anvilNetwork.anvil.call('evm_revert', snapshot)
      await transfer(recipient(4), 9n)
      await anvilNetwork.anvil.call('evm_mine')
      await anvilNetwork.anvil.call('evm_mine')
      await catchUp(indexer)
      expect(await rows(index)).toEqual(await freshRows())
      expect(await findTransfers(index.database, 'token', recipient(3), 10)).toEqual([])
      expect(await findTransfers(index.database, 'token', recipient(4), 10)).toHaveLength(1)
    })

    it('drops rows although the new chain is shorter', async () => {
      const index = await open()
      const indexer = follow(index)
      await transfer(recipient(5), 1n)
      await catchUp(indexer)
      await anvilNetwork.anvil.call('evm_revert', snapshot)
      expect(await findTransfers(index.database, 'token', recipient(5), 10)).toHaveLength(1)
      await catchUp(indexer)
      expect(await findTransfers(index.database, 'token', recipient(5), 10)).toEqual([])
      expect(await rows(index)).toEqual(await freshRows())
    })

    it('follows anvil_reorg with replaced transactions, several in a row', async () => {
      const index = await open()
      const indexer = follow(index)
      for (let i = 0; i < 4; i++) await transfer(recipient(6), BigInt(i + 1))
      await catchUp(indexer)
      for (const depth of [1, 3]) {
        await anvilNetwork.anvil.call('anvil_reorg', depth, [])
        await catchUp(indexer)
        expect(await rows(index)).toEqual(await freshRows())
      }
      const left = await findTransfers(index.database, 'token', recipient(6), 10)
      expect(left.map(({ args }) => args['value'])).not.toContain('4')
      await anvilNetwork.anvil.call('evm_revert', snapshot)
    })

    it('notices a reorganisation below it while a range is being read', async () => {
      const index = await open()
      await transfer(recipient(7), 1n)
      await catchUp(follow(index))
      await transfer(recipient(7), 2n)
      // The ledger changes after the fork check and before the range is asked for.
      let isDone = false
      const reader = {
        ...anvilNetwork.reader,
        getBlock: async (params: { blockTag?: string }) => {
          if (params?.blockTag === 'latest' && !isDone) {
            isDone = true
            await anvilNetwork.anvil.call('evm_revert', snapshot)
            for (let i = 0; i < 4; i++) await transfer(recipient(8), BigInt(i + 1))
          }
          return anvilNetwork.reader.getBlock(params as never)
        },
      } as unknown as LedgerReader
      await catchUp(follow(index, { reader }))
      expect(isDone).toBe(true)
      expect(await rows(index)).toEqual(await freshRows())
      expect(await findTransfers(index.database, 'token', recipient(7), 10)).toEqual([])
    })

    it('starts over when nothing it knows is left', async () => {
      const index = await open()
      const indexer = follow(index)
      await catchUp(indexer)
      await index.database.update(blocks).set({ hash: `0x${'0'.repeat(64)}` })
      await index.database.update(cursors).set({ blockHash: `0x${'0'.repeat(64)}` })
      await catchUp(indexer)
      expect(await rows(index)).toEqual(await freshRows())
    })
  })

  it('waits for a ledger that does not answer and catches up when it does', async () => {
    const index = await open()
    let isCut = true
    let failures = 0
    const reader = new Proxy(anvilNetwork.reader, {
      get: (target, name) =>
        isCut && (name === 'getBlock' || name === 'getLogs')
          ? () => Promise.reject(new Error('connect ECONNREFUSED'))
          : Reflect.get(target, name),
    })
    const indexer = follow(index, { reader, onError: () => void failures++ })
    await indexer.start()
    await until(async () => failures >= 3)
    expect(await rows(index)).toEqual([])
    isCut = false
    const head = Number(await anvilNetwork.reader.getBlockNumber({ cacheTime: 0 }))
    await until(async () => (await indexer.position()).blockNumber >= head)
    await indexer.stop()
    expect(await rows(index)).toEqual(await freshRows())
  })

  async function hashAt(number: number): Promise<string> {
    return (await anvilNetwork.reader.getBlock({ blockNumber: BigInt(number) })).hash as string
  }
})

describe('opening an index', () => {
  it('explains a PostgreSQL that is not there', async () => {
    await expect(openPostgresIndex('postgres://koinon@127.0.0.1:1/none')).rejects.toMatchObject({
      code: 'index/open-failed',
      retry: 'later',
    })
  })
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + deadlineMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come true in time')
    await sleep(20)
  }
}
