/**
 * Ratings of paid calls, written to the ledger once an epoch: one feedback for each agent, which sums up all its calls (specs/0023
 * section 4). A rating is on disk before `rate` resolves, and a feedback that was sent is looked for before it is sent again.
 */
import { type Address, type Hex, KoinonError, merkleRoot } from '@koinon/base'
import type { DurableStore, SqlRow } from '@koinon/base/node'
import { type LedgerView, LogPager } from '@koinon/ledger'
import { reputationRegistryAbi } from '@koinon/ledger/abis'
import { bundleToJson, parseBundle, type ReceiptBundle, receiptType } from '@koinon/work'
import { buildFeedbackFile, feedbackHash } from '../../rules/reputation/feedback-file.ts'
import type { AgentAccount } from '../identity/agent-registry.ts'

/** One call of an agent. Without a receipt it was not paid; it still counts among the calls of an agent that was paid for others. */
export type CallRating = {
  /** The same call twice is one rating. */
  readonly callId: string
  readonly agentId: bigint
  readonly atMs: number
  readonly isSuccess: boolean
  readonly bundle?: ReceiptBundle
}

/** What was written about one agent for one epoch. */
export type WrittenFeedback = {
  readonly agentId: bigint
  readonly epoch: number
  readonly calls: number
  readonly feedbackHash: Hex
  /** Undefined where an earlier process had sent it. */
  readonly gasUsed: bigint | undefined
}

export const feedbackSchema = `
create table if not exists agent_ratings (
  call_id text primary key,
  agent_id text not null,
  at_ms integer not null,
  is_success integer not null,
  receipt_hash text,
  amount_pico_usd text not null,
  epoch integer
) strict, without rowid;
create index if not exists agent_ratings_open on agent_ratings (epoch, agent_id);
create table if not exists agent_bills (
  agent_id text not null,
  channel_id text not null,
  cumulative_pico_usd text not null,
  bundle text not null,
  at_ms integer not null,
  primary key (agent_id, channel_id)
) strict, without rowid;
create table if not exists agent_feedback (
  agent_id text not null,
  epoch integer not null,
  calls integer not null,
  value integer not null,
  file blob not null,
  feedback_hash text not null,
  sent_after_block integer,
  is_written integer not null,
  primary key (agent_id, epoch)
) strict, without rowid;
`

export type FeedbackBookOptions = {
  /** Opened with {@link feedbackSchema}. */
  readonly store: DurableStore
  readonly account: AgentAccount
  /** Makes a file readable for others and returns its URI; `ContentShelf.put` does. */
  readonly publish: (file: Uint8Array) => string
  /** Most agents that are rated in one epoch, those with most calls; the others wait for a later one. Left out, 64. */
  readonly mostPerEpoch?: number
}

/** About 180,000 gas each. */
const mostPerEpoch = 64

/** One for each account and process, on its own store. */
export class FeedbackBook {
  readonly #options: FeedbackBookOptions
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: FeedbackBookOptions) {
    this.#options = options
  }

  /** Keeps one rating. A call that was rated before is not rated again. Throws `agents/not-payer` for a receipt of somebody else. */
  async rate({ callId, agentId, atMs, isSuccess, bundle }: CallRating): Promise<void> {
    const receipt = bundle?.hops[0]?.receipt
    if (receipt !== undefined && receipt.payer !== this.#client) {
      throw new KoinonError({
        code: 'agents/not-payer',
        message: `The receipt was paid by ${receipt.payer}, not by ${this.#client}`,
        hint: 'Rate with the account that paid.',
      })
    }
    const id = `${agentId}`
    const hash = receipt === undefined ? null : receiptType.hash(receipt)
    const rating = {
      sql: `insert into agent_ratings (call_id, agent_id, at_ms, is_success, receipt_hash, amount_pico_usd) values (?, ?, ?, ?, ?, ?)
        on conflict (call_id) do nothing`,
      values: [callId, id, atMs, isSuccess ? 1 : 0, hash, `${receipt?.amountPicoUsd ?? 0n}`],
    }
    if (bundle === undefined || receipt === undefined) return this.#options.store.write([rating])
    const cumulative = `${receipt.cumulativePicoUsd}`
    const bill = {
      sql: `insert into agent_bills (agent_id, channel_id, cumulative_pico_usd, bundle, at_ms) values (?, ?, ?, ?, ?)
        on conflict (agent_id, channel_id) do update set cumulative_pico_usd = excluded.cumulative_pico_usd,
          bundle = excluded.bundle, at_ms = excluded.at_ms
        where length(excluded.cumulative_pico_usd) > length(cumulative_pico_usd)
          or (length(excluded.cumulative_pico_usd) = length(cumulative_pico_usd) and excluded.cumulative_pico_usd > cumulative_pico_usd)`,
      values: [id, receipt.channelId, cumulative, JSON.stringify(bundleToJson(bundle), bigintText), atMs],
    }
    await this.#options.store.write([rating, bill])
  }

  /**
   * Closes an epoch: sums up every rating up to `endMs` that is in no feedback yet, then writes what is not on the ledger. Agents that
   * were never paid are left for a later epoch. May be called again at any time; throws as `TransactionSender.call`.
   */
  writeEpoch(epoch: number, endMs: number): Promise<readonly WrittenFeedback[]> {
    const turn = this.#turn.then(async () => {
      await this.#seal(epoch, endMs)
      return this.#write()
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  get #client(): Address {
    return this.#options.account.sender.address
  }

  async #seal(epoch: number, endMs: number): Promise<void> {
    const { store } = this.#options
    const agents = await store.read(
      `select r.agent_id as agent_id, count(*) as calls, sum(is_success) as successes from agent_ratings r
        where r.epoch is null and r.at_ms <= ?
          and not exists (select 1 from agent_feedback f where f.agent_id = r.agent_id and f.epoch = ?)
        group by r.agent_id having count(receipt_hash) > 0 order by count(*) desc, r.agent_id
        limit max(0, ? - (select count(*) from agent_feedback where epoch = ?))`,
      [endMs, epoch, this.#options.mostPerEpoch ?? mostPerEpoch, epoch],
    )
    for (const row of agents) await this.#sealAgent(row, epoch, endMs)
  }

  async #sealAgent(row: SqlRow, epoch: number, endMs: number): Promise<void> {
    const { store, account } = this.#options
    const id = String(row['agent_id'])
    const [paid, bills] = await Promise.all([
      store.read(
        `select receipt_hash, amount_pico_usd from agent_ratings
          where agent_id = ? and epoch is null and at_ms <= ? and receipt_hash is not null order by at_ms, call_id`,
        [id, endMs],
      ),
      store.read('select bundle from agent_bills where agent_id = ? order by at_ms desc limit 1', [id]),
    ])
    const { network } = account
    const calls = Number(row['calls'])
    // Per cent with two decimals, rounded down.
    const value = Math.floor((10_000 * Number(row['successes'])) / calls)
    const file = buildFeedbackFile({
      agent: { chainId: network.chainId, registry: network.contracts.identity, agentId: BigInt(id) },
      client: this.#client,
      createdAt: new Date(endMs).toISOString(),
      value: BigInt(value),
      valueDecimals: 2,
      tag1: 'successRate',
      tag2: `epoch ${epoch}`,
      endpoint: '',
      evidence: {
        bundle: parseBundle(JSON.parse(String(bills[0]?.['bundle']))),
        calls: {
          count: paid.length,
          root: merkleRoot(paid.map((call) => String(call['receipt_hash']) as Hex)),
          amountPicoUsd: paid.reduce((sum, call) => sum + BigInt(String(call['amount_pico_usd'])), 0n),
        },
      },
    })
    await store.write([
      {
        sql: 'insert into agent_feedback (agent_id, epoch, calls, value, file, feedback_hash, is_written) values (?, ?, ?, ?, ?, ?, 0)',
        values: [id, epoch, calls, value, file, feedbackHash(file)],
      },
      {
        sql: 'update agent_ratings set epoch = ? where agent_id = ? and epoch is null and at_ms <= ?',
        values: [epoch, id, endMs],
      },
    ])
  }

  async #write(): Promise<readonly WrittenFeedback[]> {
    const { store } = this.#options
    const rows = await store.read('select * from agent_feedback where is_written = 0 order by epoch, agent_id')
    const written: WrittenFeedback[] = []
    for (const row of rows) {
      const done = {
        agentId: BigInt(String(row['agent_id'])),
        epoch: Number(row['epoch']),
        calls: Number(row['calls']),
        feedbackHash: String(row['feedback_hash']) as Hex,
      }
      const gasUsed = (await this.#isOnLedger(row)) ? undefined : await this.#send(row)
      await this.#mark(row, 'is_written', 1)
      written.push({ ...done, gasUsed })
    }
    return written
  }

  async #send(row: SqlRow): Promise<bigint> {
    const { account, publish } = this.#options
    const { network, reader, sender } = account
    const file = row['file'] as Uint8Array
    const uri = publish(file)
    await this.#mark(row, 'sent_after_block', Number(await reader.getBlockNumber({ cacheTime: 0 })))
    const { gasUsed } = await sender.call({
      address: network.contracts.reputation,
      abi: reputationRegistryAbi,
      functionName: 'giveFeedback',
      args: [
        BigInt(String(row['agent_id'])),
        BigInt(Number(row['value'])),
        2,
        'successRate',
        `epoch ${row['epoch']}`,
        '',
        uri,
        String(row['feedback_hash']) as Hex,
      ],
    })
    return gasUsed
  }

  /** Whether a feedback that may have been sent is there. One that was never sent is not looked for. */
  async #isOnLedger(row: SqlRow): Promise<boolean> {
    if (row['sent_after_block'] === null) return false
    const found = await findFeedback(this.#options.account, {
      agentId: BigInt(String(row['agent_id'])),
      client: this.#client,
      fromBlock: BigInt(Number(row['sent_after_block'])),
    })
    return found.some((hash) => hash === row['feedback_hash'])
  }

  #mark(row: SqlRow, column: 'sent_after_block' | 'is_written', value: number): Promise<void> {
    const sql = `update agent_feedback set ${column} = ? where agent_id = ? and epoch = ?`
    return this.#options.store.write([{ sql, values: [value, row['agent_id'] as string, row['epoch'] as number] }])
  }
}

/** Hashes of the feedback that a client gave an agent since a block. */
async function findFeedback(
  { network, reader }: LedgerView,
  { agentId, client, fromBlock }: { readonly agentId: bigint; readonly client: Address; readonly fromBlock: bigint },
): Promise<readonly Hex[]> {
  const event = reputationRegistryAbi.find((item) => item.type === 'event' && item.name === 'NewFeedback') as Extract<
    (typeof reputationRegistryAbi)[number],
    { type: 'event'; name: 'NewFeedback' }
  >
  const pager = new LogPager()
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  const hashes: Hex[] = []
  for (let next = fromBlock; next <= head; ) {
    const { logs, toBlock } = await pager.next({ fromBlock: next, toBlock: head }, (span) =>
      reader.getLogs({
        address: network.contracts.reputation,
        event,
        args: { agentId, clientAddress: client },
        strict: true,
        ...span,
      }),
    )
    hashes.push(...logs.map(({ args }) => args.feedbackHash))
    next = toBlock + 1n
  }
  return hashes
}

function bigintText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value
}
