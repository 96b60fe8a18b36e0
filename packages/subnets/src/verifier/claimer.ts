import { type Address, sleep } from '@koinon/base'
import { type SubnetLedger, type SubnetLedgerWriter, unlessDone } from '../client/index.ts'
import { type AmountNumbers, epochWindow, seatClaims } from '../rules/index.ts'
import { inParallel } from './in-parallel.ts'

export type ClaimerOptions = {
  readonly netuid: number
  readonly ledger: SubnetLedger
  readonly writer: SubnetLedgerWriter
  /** Waits this much after a root became active: several claimers take turns instead of racing. */
  readonly delaySeconds: (epoch: number) => Promise<number>
  readonly pollMs: number
  readonly onClaimed?: (epoch: number, accounts: number) => void
  readonly onError: (error: unknown) => void
}

/** About 500,000 gas a claim that stakes and pays dividends: a batch stays far below the gas limit of a block. */
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
    const { ledger, netuid, writer } = this.#options
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
    for (let start = 0; start < open.length; start += claimsPerTransaction) {
      await writer.claimMany(netuid, active.epoch, open.slice(start, start + claimsPerTransaction))
    }
    if ((await ledger.ownerDue(netuid)) > 0n) await this.#payOwner()
    this.#settledRoot = active.result.root
    if (open.length > 0) this.#options.onClaimed?.(active.epoch, open.length)
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
  const place = permitted.findIndex((validator) => validator.hotkey === hotkey)
  const rank = place < 0 ? permitted.length : (place - (epoch % permitted.length) + permitted.length) % permitted.length
  return Math.floor((rank * clock.epochSeconds) / (2 * (permitted.length + 1)))
}
