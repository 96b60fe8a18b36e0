/** Cheats with receipts, commitments and evidence; the answers themselves are honest. */
import { inferenceWorkType } from '@koinon/inference/rules'
import type { FinalAnswer } from '@koinon/payments/core'
import { type EpochWindow, epochWindow, type WorkItem } from '@koinon/subnets'
import type { ReceiptBundle } from '@koinon/work'
import type { LedgerWorld } from '../world/ledger-world.ts'
import type { Dishonesty, Miner } from '../world/miner.ts'
import { isProbeText } from './engine-cheats.ts'

/** Lists and shows the receipts of another miner, who lends them with all evidence. */
export function copiesReceiptsOf(lender: () => Miner, self: () => Miner): Dishonesty {
  return {
    async commit(items, window) {
      await copyEvidence(lender(), self(), window)
      return [...(await itemsOf(lender(), window)), ...items]
    },
    async list(items, own) {
      const lent = await lender().payee.ledger.archive.shown(items)
      return own.map((receipt, index) => receipt ?? lent[index])
    },
    show: async (requestId, own) => own ?? (await lender().payee.ledger.archive.byId(requestId)),
  }
}

async function copyEvidence(from: Miner, to: Miner, { startsAtSeconds, endsAtSeconds }: EpochWindow): Promise<void> {
  const rows = await from.payee.store.read('select * from inference_evidence where at_ms >= ? and at_ms < ?', [
    startsAtSeconds * 1000,
    endsAtSeconds * 1000,
  ])
  const columns = ['request_id', 'payer', 'at_ms', 'request', 'response', 'detail']
  await to.payee.store.write(
    rows.map((row) => ({
      sql: `insert or ignore into inference_evidence (${columns.join(', ')}) values (?, ?, ?, ?, ?, ?)`,
      values: columns.map((column) => row[column] ?? null),
    })),
  )
}

async function itemsOf(miner: Miner, window: EpochWindow): Promise<readonly WorkItem[]> {
  const range = { payee: miner.account, fromMs: window.startsAtSeconds * 1000, toMs: window.endsAtSeconds * 1000 }
  return miner.payee.ledger.archive.endedBetween(range)
}

/** Lists each receipt eight times, so that a sample hardly ever hits the few that must not be looked at. */
export const repeatsReceipts: Dishonesty = {
  commit: async (items) => Array.from({ length: 8 }, () => items).flat(),
}

/** Lists also the receipts of the three epochs before. */
export function reusesOldReceipts(world: LedgerWorld, self: () => Miner): Dishonesty {
  return {
    async commit(items, { startsAtSeconds }) {
      const { epochSeconds } = world.clock
      const epoch = Math.round((startsAtSeconds - world.clock.genesisSeconds) / epochSeconds)
      const before = [epoch - 3, epoch - 2, epoch - 1].filter((earlier) => earlier >= 0)
      const earlier = await Promise.all(before.map((past) => itemsOf(self(), epochWindow(world.clock, past))))
      return [...earlier.flat(), ...items]
    },
  }
}

/** Commits nothing that it was asked through the gateway. */
export const commitsNothing: Dishonesty = { commit: async () => [] }

/** Leaves every second receipt out. */
export const leavesReceiptsOut: Dishonesty = { commit: async (items) => items.filter((_, index) => index % 2 === 1) }

/** Shows the tokens of another answer than the one that was signed. */
export function showsOtherEvidence(): Dishonesty {
  let previous: FinalAnswer['extraStatements']
  return {
    sign(answer) {
      const [mine] = answer.extraStatements ?? []
      const [other] = previous ?? answer.extraStatements ?? []
      previous = answer.extraStatements
      if (mine === undefined || other === undefined) return answer
      // Request id, payer and time stay; request, response and tokens are those of another answer.
      const values = [...(mine.values ?? []).slice(0, 3), ...(other.values ?? []).slice(3)]
      return { ...answer, extraStatements: [{ ...mine, values }] }
    },
  }
}

/** Says that it has no evidence. */
export const withholdsEvidence: Dishonesty = { servesValidators: false }

/** Shows evidence so late that the time for checking is over. */
export function delaysEvidence(delayMs: number): Dishonesty {
  return {
    async show(_requestId, own): Promise<ReceiptBundle | undefined> {
      // Asked before each answer too, whether the request is new; delayed there it would never answer at all.
      if (own === undefined) return undefined
      await new Promise((resolve) => setTimeout(resolve, delayMs).unref())
      return own
    },
  }
}

/** Changes what the work struct says before it is signed. */
function signingOtherWork(change: (work: Record<string, unknown>) => Record<string, unknown>): Dishonesty {
  return {
    sign(answer) {
      const work = inferenceWorkType.fromJson(change({ ...answer.work }) as never)
      return { ...answer, work: inferenceWorkType.toJson(work), workHash: inferenceWorkType.hash(work) }
    },
  }
}

/** Signs a seed other than the one asked, so that the gateway itself sees it. */
export const signsOtherSeed = signingOtherWork((work) => ({
  ...work,
  samplerSeed: `${BigInt(`${work['samplerSeed']}`) + 1n}`,
}))

/** Signs times that lie some epochs back, so that nobody asks for the work. */
export const signsOldTimes: Dishonesty = {
  sign(answer) {
    const back = 45_000
    const { receivedAtMs, firstByteAtMs, endedAtMs } = answer.times
    const times = {
      receivedAtMs: receivedAtMs - back,
      firstByteAtMs: firstByteAtMs - back,
      endedAtMs: endedAtMs - back,
    }
    return { ...answer, times }
  },
}

/** Says that it answered at once. Nothing that a miner says of its own speed counts. */
export const boastsOfSpeed: Dishonesty = {
  sign(answer) {
    const { receivedAtMs } = answer.times
    return { ...answer, times: { receivedAtMs, firstByteAtMs: receivedAtMs, endedAtMs: receivedAtMs } }
  },
}

/** Keeps the receipts of everybody but the validators out of its list. They are told apart by their wording. */
export function listsProbesOnly(self: () => Miner): Dishonesty {
  return {
    async commit(items) {
      const kept: WorkItem[] = []
      for (const item of items) {
        const [row] = await self().payee.store.read('select request from inference_evidence where request_id = ?', [
          item.requestId,
        ])
        const body = Buffer.from((row?.['request'] as Uint8Array | undefined) ?? []).toString('utf8')
        const { messages = [] } = JSON.parse(body || '{}') as { messages?: { content: string }[] }
        if (isProbeText(messages[0]?.content ?? '')) kept.push(item)
      }
      return kept
    },
  }
}
