/** SIGKILL at random moments of a process that paid calls need, while clients buy and take money back. */
import { withDeadline } from '@koinon/base'
import { seededUnit } from '../../../packages/payments/src/testing/seeded.ts'
import { sleep } from '../wait.ts'
import { Buyer, type BuyerKind } from './buyer.ts'
import type { KillWorld, Victim } from './world.ts'

export type TrialOptions = {
  readonly world: KillWorld
  readonly victim: Victim
  readonly seed: string
  readonly first: number
  readonly trials: number
  readonly kinds: readonly BuyerKind[]
  /** Kills after which clients ask for the rest of their channels, and others with other channels come. */
  readonly trialsPerClients: number
  /** Whether the gateway gives back the rest of so young a channel; where gas costs money it does not. */
  readonly hasRefunds: boolean
  /** The longest that buying goes on before a kill. */
  readonly longestMs: number
  /** The longest that a start goes on that is killed too. */
  readonly longestStartMs: number
  readonly onTrial?: (trial: number, done: TrialTimes) => void
}

/** Milliseconds of a trial: until the victim served again, and from then until the last call was concluded. */
export type TrialTimes = { readonly downMs: number; readonly concludingMs: number }

export type TrialReport = {
  readonly buyers: readonly Buyer[]
  readonly refunds: number
  /** Kills of a start that was not through. */
  readonly killedStarting: number
}

const callsAtOnce = 2
const killedStartingShare = 0.2
const trialTimeoutMs = 180_000

/** After each kill the victim is started again and every call is followed to its end. */
export async function runTrials(options: TrialOptions): Promise<TrialReport> {
  const { seed, first, trials, trialsPerClients } = options
  const buyers: Buyer[] = []
  let present: readonly Buyer[] = []
  let refunds = 0
  let killedStarting = 0
  for (let trial = first; trial < first + trials; trial++) {
    const unit = seededUnit(seed, trial)
    if ((trial - first) % trialsPerClients === 0) {
      present = await openBuyers(options, trial)
      buyers.push(...present)
    }
    const isLast = (trial - first) % trialsPerClients === trialsPerClients - 1 || trial === first + trials - 1
    const done = await withDeadline(
      isLast && options.hasRefunds
        ? refundUnderKill(options, unit, present)
        : buyUnderKill(options, trial, unit, present),
      trialTimeoutMs,
      `trial ${trial} of seed ${seed}`,
    )
    options.onTrial?.(trial, done)
    refunds += done.refunds
    killedStarting += done.killedStarting
  }
  return { buyers, refunds, killedStarting }
}

type Done = TrialTimes & { readonly refunds: number; readonly killedStarting: number }

function openBuyers({ world, kinds, seed }: TrialOptions, trial: number): Promise<readonly Buyer[]> {
  const run = `${process.pid} ${Date.now()}`
  return Promise.all(kinds.map((kind) => Buyer.open(world, kind, `${run} ${seed} ${trial} ${kind}`)))
}

/** Buying goes on until the kill; what is under way then is followed to its end. */
async function buyUnderKill(
  options: TrialOptions,
  trial: number,
  unit: () => number,
  buyers: readonly Buyer[],
): Promise<Done> {
  const buying = { isOver: false }
  const pumps = buyers.flatMap((buyer) => Array.from({ length: callsAtOnce }, () => pump(buyer, trial, buying)))
  await sleep(unit() * options.longestMs)
  buying.isOver = true
  const killed = await killAndStart(options, unit)
  const upAtMs = Date.now()
  await Promise.all(pumps)
  return { refunds: 0, ...killed, concludingMs: Date.now() - upAtMs }
}

/** Clients ask for their rest around the kill, and again until they have it. */
async function refundUnderKill(options: TrialOptions, unit: () => number, buyers: readonly Buyer[]): Promise<Done> {
  const refunds = Promise.all(buyers.map((buyer) => buyer.refund()))
  await sleep((unit() * options.longestMs) / 3)
  const killed = await killAndStart(options, unit)
  const upAtMs = Date.now()
  const returned = (await refunds).reduce((sum, count) => sum + count, 0)
  return { refunds: returned, ...killed, concludingMs: Date.now() - upAtMs }
}

async function pump(buyer: Buyer, trial: number, buying: { readonly isOver: boolean }): Promise<void> {
  while (!buying.isOver) {
    const index = nextCall++
    await buyer.call(index, trial)
  }
}

/** Over all trials of a process: no two calls share their words or their payment id. */
let nextCall = 0

async function killAndStart(
  { victim, longestStartMs }: TrialOptions,
  unit: () => number,
): Promise<Pick<Done, 'killedStarting' | 'downMs'>> {
  const killedAtMs = Date.now()
  await victim.kill()
  const isKilledStarting = unit() < killedStartingShare
  if (isKilledStarting) {
    victim.begin()
    await sleep(unit() * longestStartMs)
    await victim.kill()
  }
  await victim.start()
  return { killedStarting: isKilledStarting ? 1 : 0, downMs: Date.now() - killedAtMs }
}
