/** Cheats with receipts, commitments and evidence; the answers themselves are honest. */
import { inferenceWorkType } from '@koinon/inference/rules'
import type { FinalAnswer } from '@koinon/payments'
import { type EpochWindow, epochWindow, type WorkItem } from '@koinon/subnets'
import type { ReceiptBundle } from '@koinon/work'
import type { LedgerWorld } from '../world/ledger-world.ts'
import type { Dishonesty, Miner } from '../world/miner.ts'

/** Lists and shows the receipts of another miner, who lends them. */
export function copiesReceiptsOf(lender: () => Miner): Dishonesty {
  return {
    commit: async (items, window) => [...(await itemsOf(lender(), window)), ...items],
    show: async (requestId, own) => own ?? (await lender().payee.ledger.archive.byId(requestId)),
  }
}

async function itemsOf(miner: Miner, window: EpochWindow): Promise<readonly WorkItem[]> {
  const range = { payee: miner.account, fromMs: window.startsAt * 1000, toMs: window.endsAt * 1000 }
  return miner.payee.ledger.archive.endedBetween(range)
}

/** Lists each receipt eight times, so that a sample hardly ever hits the few that must not be looked at. */
export const repeatsReceipts: Dishonesty = {
  commit: async (items) => Array.from({ length: 8 }, () => items).flat(),
}

/** Lists also the receipts of the epoch before. */
export function reusesOldReceipts(world: LedgerWorld, self: () => Miner): Dishonesty {
  return {
    async commit(items, { startsAt }) {
      const { epochSeconds } = world.clock
      const epoch = Math.round((startsAt - world.clock.genesisSeconds) / epochSeconds)
      const earlier = epoch < 1 ? [] : await itemsOf(self(), epochWindow(world.clock, epoch - 1))
      return [...earlier, ...items]
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
