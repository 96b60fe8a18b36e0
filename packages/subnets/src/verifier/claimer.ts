import { type Address, sleep } from '@koinon/base'
import { type SubnetLedger, type SubnetLedgerWriter, unlessDone } from '../client/index.ts'
import { type AmountNumbers, epochWindow, type SeatClaim, seatClaims, turnOf } from '../rules/index.ts'
import { inParallel } from './in-parallel.ts'
import { isRefusal } from './refusal.ts'

export type ClaimerOptions = {
  readonly netuid: number
  readonly ledger: SubnetLedger
  readonly writer: SubnetLedgerWriter
  /** Waits this much after a root became active: several claimers take turns instead of racing. */
  readonly delaySeconds: (epoch: number) => Promise<number>
  readonly pollMs: number
  readonly onClaimed?: (epoch: number, accounts: number) => void
  /** Done once after the claims of each root, in this claimer's turn. What it throws goes to `onError` and holds nothing up. */
  readonly upkeep?: () => Promise<void>
  readonly onError: (error: unknown) => void
}

/** About 300,000 gas a claim: it stakes, or pays dividends to all who are behind a hotkey. */
const claimsPerTransaction = 20
const readsAtOnce = 16

/** Claims for all accounts and for the subnet's owner once a root is active. Anybody may run one; what is paid already is skipped. */
export class Claimer {
  readonly #options: ClaimerOptions
  #stopping: AbortController | undefined
  #running: Promise<void> = Promise.resolve()
  #settledRoot: string | undefined

  constructor(options: ClaimerOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#stopping !== undefined) return
    const stopping = new AbortController()
    this.#stopping = stopping
    this.#running = this.#run(stopping.signal)
  }

  /** Waits for the step under way. */
  async stop(): Promise<void> {
    this.#stopping?.abort()
    await this.#running
    this.#stopping = undefined
  }

  /** One step: pays what the newest active root still owes. */
  async tick(): Promise<void> {
    const { ledger, netuid } = this.#options
    const now = await ledger.nowSeconds()
    const active = (await ledger.roots(netuid)).filter(({ activatesAtSeconds }) => activatesAtSeconds <= now).at(-1)
    if (active === undefined || active.result.root === this.#settledRoot) return
    if (now < active.activatesAtSeconds + (await this.#options.delaySeconds(active.epoch))) return
    const { endsAtSeconds } = epochWindow(await ledger.clock(netuid), active.epoch)
    const claims = seatClaims(await ledger.seatsAt(netuid, endsAtSeconds - 1), active.posting)
    const paid = await inParallel(claims, readsAtOnce, (seat) => ledger.paidTo(netuid, seat))
    const open = claims.filter(({ mined, dividends }, index) => {
      const had = paid[index] as AmountNumbers
      return mined > had.mined || dividends > had.dividends
    })
    try {
      for (let start = 0; start < open.length; start += claimsPerTransaction) {
        await this.#claim(active.epoch, open.slice(start, start + claimsPerTransaction))
      }
    } finally {
      if ((await ledger.ownerDue(netuid)) > 0n) await this.#payOwner()
    }
    this.#settledRoot = active.result.root
    if (open.length > 0) this.#options.onClaimed?.(active.epoch, open.length)
    await this.#options.upkeep?.().catch(this.#options.onError)
  }

  /** A batch that the ledger refuses, be it for its gas, is halved: whose claim fails alone holds up nobody else. */
  async #claim(epoch: number, claims: readonly SeatClaim[]): Promise<void> {
    const { netuid, writer } = this.#options
    try {
      await writer.claimMany(netuid, epoch, claims)
    } catch (error) {
      if (!isRefusal(error) || claims.length < 2) throw error
      const half = Math.ceil(claims.length / 2)
      const parts = [claims.slice(0, half), claims.slice(half)]
      const failures: unknown[] = []
      for (const part of parts) await this.#claim(epoch, part).catch((failure: unknown) => failures.push(failure))
      if (failures.length > 0) throw failures[0]
    }
  }

  async #payOwner(): Promise<void> {
    const { ledger, netuid, writer } = this.#options
    const isPaid = async (): Promise<boolean> => (await ledger.ownerDue(netuid)) === 0n
    await unlessDone(() => writer.claimOwner(netuid), isPaid)
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.tick()
      } catch (error) {
        this.#options.onError(error)
      }
      await sleep(this.#options.pollMs, signal)
    }
  }
}

/** Turn of a validator at claiming: like its turn at proposing, within half an epoch. Last for an account without a permit. */
export async function claimDelaySeconds(
  { ledger, netuid }: Pick<ClaimerOptions, 'ledger' | 'netuid'>,
  hotkey: Address,
  epoch: number,
): Promise<number> {
  const clock = await ledger.clock(netuid)
  const permitted = await ledger.permittedAt(netuid, epochWindow(clock, epoch).startsAtSeconds)
  const turn = turnOf(permitted, hotkey, epoch)
  return Math.floor((turn * clock.epochSeconds) / (2 * (permitted.length + 1)))
}
