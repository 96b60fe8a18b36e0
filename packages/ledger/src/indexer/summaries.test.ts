import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type TestPostgres } from '../testing/postgres.ts'
import { type OpenIndexDatabase, openEmbeddedIndex, openPostgresIndex } from './database.ts'
import { sumJobEvents, sumJobs } from './job-totals.ts'
import { blocks, events } from './schema.ts'
import { findNewestEvents, sumArguments } from './summaries.ts'

const claims = { contract: 'epochs', names: ['Claimed'], netuid: 1, by: 'account' } as const
const huge = 2n ** 200n
const epochs = 6_000

let folder: string
let server: TestPostgres
const indexes = new Map<string, OpenIndexDatabase>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-summaries-'))
  server = await startPostgres()
  indexes.set('PGlite', await openEmbeddedIndex(folder))
  indexes.set('PostgreSQL', await openPostgresIndex(await server.createDatabase('summaries')))
  for (const { database } of indexes.values()) {
    // One account claims in every epoch, another only in the very first: it is older than any page of events.
    await claim(database, 0, 'early', huge)
    for (let first = 1; first <= epochs; first += 1_000) {
      await database
        .insert(events)
        .values(Array.from({ length: 1_000 }, (_, index) => row(first + index, 'steady', BigInt(first + index))))
    }
    await claim(database, epochs + 1, 'steady', 7n, 2)
    await database.insert(blocks).values([
      { number: 10, hash: '0x0a', timestampSeconds: 1_000 },
      { number: 20, hash: '0x14', timestampSeconds: 2_000 },
    ])
    await database.insert(events).values(jobEvents.map(jobRow))
  }
}, 120_000)
afterAll(async () => {
  for (const index of indexes.values()) await index.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(['PGlite', 'PostgreSQL'])('summaries on %s', (kind) => {
  const database = () => (indexes.get(kind) as OpenIndexDatabase).database

  it('sum every claim, however many and however large', async () => {
    expect(await sumArguments(database(), { ...claims, sum: 'amount' })).toEqual([
      { key: 'early', sum: `${huge}` },
      { key: 'steady', sum: `${(BigInt(epochs) * BigInt(epochs + 1)) / 2n}` },
    ])
    const byEpoch = await sumArguments(database(), { ...claims, sum: 'amount', by: 'epoch' })
    expect(byEpoch).toHaveLength(epochs + 1)
    expect(byEpoch.find(({ key }) => key === '17')).toEqual({ key: '17', sum: '17' })
    const few = await sumArguments(database(), { ...claims, sum: 'amount', by: 'epoch', epochs: [5, 6] })
    expect(few).toEqual([
      { key: '5', sum: '5' },
      { key: '6', sum: '6' },
    ])
  })

  it('sum what came since a second, by the times of its blocks', async () => {
    const since = (sinceSeconds: number) => sumArguments(database(), { ...claims, sum: 'amount', sinceSeconds })
    expect(await since(1_500)).toEqual([{ key: 'steady', sum: `${(epochs * (epochs + 1)) / 2 - 171}` }])
    expect(await since(1_000)).toHaveLength(1)
    expect(await since(2_001)).toEqual([])
  })

  it('find the newest event of everybody, and keep subnets apart', async () => {
    const newest = await findNewestEvents(database(), claims)
    expect(newest.map(({ key, epoch, args }) => [key, epoch, args['amount']])).toEqual([
      ['early', 0, `${huge}`],
      ['steady', epochs, `${epochs}`],
    ])
    const other = await findNewestEvents(database(), { ...claims, netuid: 2 })
    expect(other.map(({ args }) => args['amount'])).toEqual(['7'])
    expect(await findNewestEvents(database(), { ...claims, netuid: 3 })).toEqual([])
  })

  it('tell events apart by several arguments at once', async () => {
    const pairs = await sumArguments(database(), {
      contract: 'epochs',
      names: ['Claimed'],
      by: ['netuid', 'account'],
      sum: 'amount',
    })
    expect(pairs.map(({ key }) => key)).toEqual(['1/early', '1/steady', '2/steady'])
    expect(pairs.at(-1)?.sum).toBe('7')
  })

  it('sum jobs by how far they are, apart for a token of their own, as the events themselves do', async () => {
    const sums = await sumJobs(database(), dollar)
    const none = { funded: '0', paid: '0', refunded: '0' }
    expect(sums).toEqual([
      { isInToken: false, step: 1, jobs: 1, ...none, funded: `${huge}` },
      { isInToken: true, step: 0, jobs: 2, ...none },
      { isInToken: true, step: 3, jobs: 1, ...none, funded: '7', paid: '7' },
      { isInToken: true, step: 4, jobs: 1, ...none, funded: '5', refunded: '5' },
    ])
    expect(sumJobEvents(jobEvents, dollar)).toEqual(sums)
    expect(await sumJobs(database(), "' or true --")).toMatchObject([
      { jobs: 2 },
      { jobs: 1 },
      { jobs: 1 },
      { jobs: 1 },
    ])
  })

  it('take an argument of another name as a name, whatever it holds', async () => {
    const hostile = { ...claims, by: "account' or 1=1 --" }
    expect(await findNewestEvents(database(), hostile)).toHaveLength(1)
    expect((await findNewestEvents(database(), hostile))[0]?.key).toBeNull()
  })
})

const dollar = '0xd0'
const jobEvent = (jobId: number, name: string, more: Record<string, string> = {}) => ({
  name,
  args: { jobId: `${jobId}`, ...more },
})
const created = (jobId: number, token = dollar) => [
  jobEvent(jobId, 'JobCreated'),
  jobEvent(jobId, 'JobTermsSet', { token }),
]
/** Job 3 is in a token of its own. */
const jobEvents = [
  ...[...created(1), ...created(2), ...created(3, '0x77'), ...created(4), ...created(5)],
  ...[jobEvent(1, 'JobFunded', { amount: '7' }), jobEvent(1, 'JobSubmitted'), jobEvent(1, 'JobCompleted')],
  ...[jobEvent(1, 'PaymentReleased', { amount: '7' }), jobEvent(3, 'JobFunded', { amount: `${huge}` })],
  ...[jobEvent(4, 'JobFunded', { amount: '5' }), jobEvent(4, 'JobRejected'), jobEvent(4, 'Refunded', { amount: '5' })],
]

function jobRow({ name, args }: (typeof jobEvents)[number], place: number): typeof events.$inferInsert {
  return {
    ...{
      blockNumber: 1,
      logIndex: 1_000 + place,
      blockHash: '0x00',
      transactionHash: '0x00',
      netuid: null,
      epoch: null,
    },
    ...{ contract: 'jobs', name, args },
  }
}

function claim(
  database: OpenIndexDatabase['database'],
  epoch: number,
  account: string,
  amount: bigint,
  netuid = 1,
): Promise<unknown> {
  return database.insert(events).values(row(epoch, account, amount, netuid))
}

function row(epoch: number, account: string, amount: bigint, netuid = 1): typeof events.$inferInsert {
  return {
    blockNumber: epoch + 1,
    logIndex: 0,
    blockHash: '0x00',
    transactionHash: '0x00',
    contract: 'epochs',
    name: 'Claimed',
    netuid,
    epoch,
    args: { netuid: `${netuid}`, epoch: `${epoch}`, account, amount: `${amount}` },
  }
}
