/** One league: honest miners, one miner for each cheat, two validators, a gateway, all on one chain of their own. */
import { type EvidenceLog, epochAt, epochWindow, failedCheckNames } from '@koinon/subnets'
import type { Cheat } from '../cheats/cheats.ts'
import { type Engines, startEngines } from './engines.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { type LedgerWorld, netuid, type Phases, startLedgerWorld } from './ledger-world.ts'
import { type Miner, startMiner } from './miner.ts'
import { prepareValidator, type Validator } from './validator.ts'

export type League = {
  readonly world: LedgerWorld
  readonly engines: Engines
  readonly gateway: Gateway
  readonly miners: readonly Miner[]
  readonly validators: readonly Validator[]
  close(): Promise<void>
}

export type LeagueOptions = {
  /** Phases on a calm machine; stretched on a busy one. */
  readonly phases: Phases
  readonly honest: readonly string[]
  readonly cheats: (context: {
    readonly world: LedgerWorld
    readonly engines: Engines
    readonly miner: (name: string) => Miner
  }) => readonly Cheat[]
  readonly validators: readonly string[]
  readonly probesPerMiner: number
}

export async function startLeague(options: LeagueOptions): Promise<League> {
  const begunAtMs = performance.now()
  const engines = await startEngines()
  const stretch = stretchFor(performance.now() - begunAtMs)
  const world = await startLedgerWorld(stretched(options.phases, stretch), stretch)
  process.stderr.write(`league: time is stretched ${stretch.toFixed(1)} times\n`)
  const miners = new Map<string, Miner>()
  const context = { world, engines, miner: (name: string): Miner => miners.get(name) as Miner }
  const all = [...options.honest.map((name) => ({ name, dishonesty: {} })), ...options.cheats(context)]
  // Four at a time: most of the time is waiting for blocks.
  const queue = [...all]
  const startNext = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { name, dishonesty } = next
      miners.set(name, await startMiner({ world, name, engine: engines.offered, dishonesty }))
    }
  }
  await Promise.all([startNext(), startNext(), startNext(), startNext()])
  const gateway = await startGateway(world)
  const validators: Validator[] = []
  for (const name of options.validators) {
    validators.push(
      await prepareValidator({
        world,
        gateway,
        name,
        engine: engines.verifier,
        probesPerMiner: options.probesPerMiner,
      }),
    )
  }
  return {
    world,
    engines,
    gateway,
    miners: all.map(({ name }) => miners.get(name) as Miner),
    validators,
    async close() {
      await Promise.all(validators.map((validator) => validator.stop()))
      await gateway.stop()
      await Promise.all([...miners.values()].map((miner) => miner.stop()))
      await world.close()
      await engines.stop()
    },
  }
}

/** Four engines start in about this time on a calm machine with two cores. */
const calmStartMs = 2_500
const mostStretch = 6

function stretchFor(startMs: number): number {
  return Math.min(mostStretch, Math.max(1, startMs / calmStartMs))
}

function stretched(phases: Phases, factor: number): Phases {
  const by = (seconds: number): number => Math.round(seconds * factor)
  return {
    epochSeconds: by(phases.epochSeconds),
    workCommitSeconds: by(phases.workCommitSeconds),
    weightCommitSeconds: by(phases.weightCommitSeconds),
    weightRevealSeconds: by(phases.weightRevealSeconds),
    activationDelaySeconds: phases.activationDelaySeconds,
  }
}

/** Starts the validators and resolves with the first epoch of which they also know the one before from its beginning. */
export async function beginEpochs({ world, validators }: League): Promise<number> {
  for (const validator of validators) validator.start()
  return epochAt(world.clock, await world.ledger.nowSeconds()) + 2
}

/** Waits until the epoch is past and all that belongs to it has had its time. */
export async function waitForEpoch(league: League, epoch: number): Promise<void> {
  const { clock, ledger } = league.world
  const window = epochWindow(clock, epoch)
  const isOverAt = window.endsAtSeconds + clock.epochSeconds
  while ((await ledger.nowSeconds()) < isOverAt) await new Promise((resolve) => setTimeout(resolve, 1_000))
}

/** What became of one miner in one epoch. */
export type EpochOutcome = {
  readonly epoch: number
  /** Failed checks by each validator, in the validators' order. */
  readonly failed: readonly (readonly string[])[]
  readonly scoresPpm: readonly number[]
  readonly reasons: readonly string[]
  /** 1e-18 KOIN; undefined when the epoch has no result. */
  readonly paid: bigint | undefined
}

export async function outcomesOf(league: League, miner: Miner, epochs: readonly number[]): Promise<EpochOutcome[]> {
  return Promise.all(
    epochs.map(async (epoch) => {
      const logs = await Promise.all(league.validators.map((validator) => validator.evidenceLog(epoch)))
      const known = logs.filter((log): log is EvidenceLog => log !== undefined)
      const scores = known.flatMap((log) => log.scores.filter(({ hotkey }) => hotkey === miner.account))
      return {
        epoch,
        failed: known.flatMap((log) =>
          log.miners.filter(({ hotkey }) => hotkey === miner.account).map((evidence) => failedCheckNames(evidence)),
        ),
        scoresPpm: scores.map(({ scorePpm }) => scorePpm),
        reasons: scores.flatMap(({ reasons }) => reasons),
        paid: await league.validators[0]?.paidIn(epoch, miner.account),
      }
    }),
  )
}

/** What was paid out to an account by claims so far as a miner, 1e-18 alpha. */
export async function claimedBy({ world: { ledger } }: League, miner: Miner): Promise<bigint> {
  const seats = await ledger.seatsAt(netuid, await ledger.nowSeconds())
  const seat = seats.find(({ hotkey }) => hotkey === miner.account)
  return seat === undefined ? 0n : (await ledger.paidTo(netuid, seat)).mined
}
