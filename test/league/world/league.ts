/** One league: two honest miners, one miner for each cheat, two validators, a gateway, all on one chain of their own. */
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
  const [engines, world] = await Promise.all([startEngines(), startLedgerWorld(options.phases)])
  const miners = new Map<string, Miner>()
  const context = { world, engines, miner: (name: string): Miner => miners.get(name) as Miner }
  for (const name of options.honest) miners.set(name, await startMiner({ world, name, engine: engines.offered }))
  for (const { name, dishonesty } of options.cheats(context)) {
    miners.set(name, await startMiner({ world, name, engine: engines.offered, dishonesty }))
  }
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
    miners: [...miners.values()],
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

/** Starts the validators and resolves with the first epoch that they see from its beginning. */
export async function beginEpochs({ world, validators }: League): Promise<number> {
  for (const validator of validators) validator.start()
  return epochAt(world.clock, await world.ledger.nowSeconds()) + 1
}

/** Waits until the epoch is past and all that belongs to it has had its time. */
export async function waitForEpoch(league: League, epoch: number): Promise<void> {
  const { clock, ledger } = league.world
  const window = epochWindow(clock, epoch)
  const isOverAt = window.endsAt + clock.epochSeconds
  while ((await ledger.nowSeconds()) < isOverAt) await new Promise((resolve) => setTimeout(resolve, 500))
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

/** What was paid out to an account by claims so far, 1e-18 KOIN. */
export function claimedBy(league: League, miner: Miner): Promise<bigint> {
  return league.world.ledger.paidTo(netuid, miner.account)
}
