/** `koinon subnet dev`: a whole subnet in one process on virtual time, seeded, so that a founder sees in seconds who earns and why. */
import { type Address, type Hex, KoinonError, sha256Hex } from '@koinon/base'
import { aggregators } from '../rules/aggregators/index.ts'
import type { MechanismPart } from '../rules/evidence.ts'
import {
  computeEpoch,
  createBeaconRandom,
  type EpochComputation,
  type EvidenceLog,
  epochWindow,
  type Subnet,
  scoreEpoch,
  seatClaims,
  weightsCommitment,
} from '../rules/index.ts'
import { taskAnswer } from '../rules/subnet-file/task-answer.ts'
import { type SubnetDescription, taskSubnet } from '../rules/subnet-file/task-subnet.ts'
import { type EpochAnswers, judgeTasks } from '../verifier/judge-tasks.ts'
import { replayLog } from '../verifier/replay-log.ts'
import { SubnetSandbox } from '../verifier/sandbox/sandbox.ts'
import type { SandboxFile } from '../verifier/sandbox/sandbox-process.ts'
import { DevLedger, devDomain } from './dev-ledger.ts'
import { garbageOf, type Play, plays } from './dev-miners.ts'

export type DevOptions = {
  readonly file: SandboxFile
  /** At least 2: what a copier copies is an epoch old. */
  readonly epochs: number
  readonly seed: string
  /** What the file writes to its console. */
  readonly onLog?: (line: string) => void
}

/** `incentivePpm`, `scorePpm`: mean of the epochs, the first validator's. Reasons are those of the last epoch. */
export type DevMiner = {
  readonly uid: number
  readonly hotkey: Address
  readonly play: Play
  readonly scorePpm: number
  readonly incentivePpm: number
  readonly earnedAtomic: bigint
  readonly reasons: readonly string[]
  /** Of several mechanisms, in the last epoch. */
  readonly parts?: readonly MechanismPart[]
}

/** One validator's record of an epoch with all texts that its hashes name: what `koinon subnet replay` reads. */
export type ReplayBundle = { readonly log: EvidenceLog; readonly blobs: Readonly<Record<Hex, string>> }

export type DevReport = {
  readonly subnet: SubnetDescription
  readonly specHash: Hex
  readonly seed: string
  readonly epochs: number
  readonly miners: readonly DevMiner[]
  readonly validators: readonly { readonly uid: number; readonly hotkey: Address; readonly earnedAtomic: bigint }[]
  /** What must be mended before launch, whole sentences; empty when honest work pays and the bad do not. */
  readonly problems: readonly string[]
  readonly bundles: readonly ReplayBundle[]
}

const netuid = 1
const clock = {
  genesisSeconds: 1_800_000_000,
  epochSeconds: 3_600,
  workCommitSeconds: 300,
  weightCommitSeconds: 600,
  weightRevealSeconds: 300,
  activationDelaySeconds: 60,
}
/** All seats of a subnet, and a tenth of an hour for judging them: what one call may take of a miner's share, milliseconds. */
const longestCallMs = Math.floor(3_600_000 / 10 / 64)
const mostFaultsShown = 3
const token = 10n ** 18n
const emissionPerSecond = token / 40n
const validatorStakes = [400n * token, 350n * token, 250n * token]

/** Runs the subnet. Throws `subnets/bad-definition` or `subnets/file-failed` for a file that cannot be run. */
export async function runSubnetDev(options: DevOptions): Promise<DevReport> {
  const { file, onLog } = options
  const sandboxes: SubnetSandbox[] = []
  try {
    for (const opened of await Promise.allSettled(
      validatorStakes.map((_, index) => SubnetSandbox.open(file, index === 0 && onLog !== undefined ? { onLog } : {})),
    )) {
      if (opened.status === 'rejected') throw opened.reason
      sandboxes.push(opened.value)
    }
    const run = new DevRun(options, sandboxes)
    for (let epoch = 1; epoch <= options.epochs; epoch++) await run.epoch(epoch)
    return await run.report()
  } finally {
    await Promise.all(sandboxes.map((sandbox) => sandbox.close()))
  }
}

type Actor = { readonly uid: number; readonly hotkey: Address }
type Tally = {
  scorePpm: number
  incentive: bigint
  earned: bigint
  /** Of it in the first epoch, when there is nothing to copy yet. */
  earnedFirst: bigint
  reasons: readonly string[]
  parts: readonly MechanismPart[] | undefined
}
type Answers = Map<Address, Map<number, string>>

class DevRun {
  readonly #options: DevOptions
  readonly #sandboxes: readonly SubnetSandbox[]
  readonly #subnet: Subnet
  readonly #specHash: Hex
  readonly #miners: readonly (Actor & { readonly play: Play })[]
  readonly #validators: readonly (Actor & {
    readonly sandbox: SubnetSandbox
    readonly previous: Map<Address, number>
  })[]
  readonly #ledger: DevLedger
  readonly #problems = new Set<string>()
  readonly #unpaidEpochs: number[] = []
  /** Answers on which the file failed, and the epochs, by what it threw. */
  readonly #faults = new Map<string, { answers: number; readonly epochs: Set<number> }>()
  readonly #bundles: ReplayBundle[] = []
  readonly #sums: readonly Tally[]
  /** Responses of the first honest miner in the epoch before, for the copier. */
  #published: readonly string[] = []

  constructor(options: DevOptions, sandboxes: readonly SubnetSandbox[]) {
    const { description, sourceHash } = sandboxes[0] as SubnetSandbox
    if (!description.hasServe) {
      throw new KoinonError({
        code: 'subnets/bad-definition',
        message: `${options.file.fileName} has no "serve", so nobody here can play an honest miner`,
        hint: 'Add serve(task, context): the honest baseline that miners start from.',
        details: { field: 'serve' },
      })
    }
    this.#options = options
    this.#sandboxes = sandboxes
    this.#subnet = taskSubnet(description) as Subnet
    this.#specHash = this.#subnet.specHash(sourceHash)
    this.#miners = plays.map((play, uid) => ({ play, uid, hotkey: hotkeyOf(options.seed, `miner ${uid}`) }))
    this.#validators = sandboxes.map((sandbox, index) => ({
      uid: plays.length + index,
      hotkey: hotkeyOf(options.seed, `validator ${index}`),
      sandbox,
      previous: new Map(),
    }))
    this.#sums = this.#miners.map(() => ({
      scorePpm: 0,
      incentive: 0n,
      earned: 0n,
      earnedFirst: 0n,
      reasons: [],
      parts: undefined,
    }))
    this.#ledger = new DevLedger({
      netuid,
      clock,
      seats: [...this.#miners, ...this.#validators].map(({ uid, hotkey }) => ({ uid, hotkey })),
      stakes: new Map(this.#validators.map(({ hotkey }, index) => [hotkey, validatorStakes[index] as bigint])),
      emissionPerSecond,
      specHash: this.#specHash,
      seed: options.seed,
    })
  }

  async epoch(epoch: number): Promise<void> {
    const ledger = this.#ledger
    const window = epochWindow(clock, epoch)
    // Miners and validators learn the questions when the beacon of the epoch before is drawn.
    ledger.moveTo(Math.max(ledger.nowSeconds, epochWindow(clock, epoch - 1).workCommitEndsAtSeconds))
    const openingBeacon = ledger.beacon(epoch - 1)
    const taskTexts = await this.#sandbox.tasks({ epoch, beacon: openingBeacon })
    const answers = await this.#answer(epoch, openingBeacon, taskTexts)
    ledger.moveTo(window.workCommitEndsAtSeconds)
    const seen = { netuid, epoch, closingBeacon: ledger.beacon(epoch), taskTexts, answers }
    const logs = await this.#assess(seen, openingBeacon)
    const salts = logs.map(({ validator }) => sha256Hex(`koinon dev salt ${this.#options.seed} ${epoch} ${validator}`))
    for (const [index, { validator: hotkey, row }] of logs.entries()) {
      const salt = salts[index] as Hex
      ledger.commitWeights(
        hotkey,
        epoch,
        weightsCommitment({ ...devDomain, netuid, epoch, hotkey, packedRow: row, salt }),
      )
    }
    ledger.moveTo(window.weightCommitEndsAtSeconds)
    for (const [index, { validator, row }] of logs.entries()) {
      ledger.revealWeights(validator, epoch, row, salts[index] as Hex)
    }
    ledger.moveTo(window.revealEndsAtSeconds)
    const computation = this.#settle(epoch)
    this.#note(logs[0] as EvidenceLog, computation)
  }

  async report(): Promise<DevReport> {
    const { epochs, seed } = this.#options
    const { description } = this.#sandbox
    const miners = this.#miners.map(({ uid, hotkey, play }): DevMiner => {
      const { scorePpm, incentive, earned, reasons, parts } = this.#sums[uid] as Tally
      const incentivePpm = Number((incentive * 1_000_000n) / (BigInt(epochs) << 32n))
      const shown = { uid, hotkey, play, scorePpm: Math.floor(scorePpm / epochs), incentivePpm, earnedAtomic: earned }
      return { ...shown, reasons, ...(parts === undefined ? {} : { parts }) }
    })
    await this.#replayLast()
    if (description.scoreTimeoutMs > longestCallMs) {
      this.#problems.add(
        `scoreTimeoutMs is ${description.scoreTimeoutMs}: 64 miners of an hour's epoch are judged in a tenth of it, ${longestCallMs} ms each, so that one answer at the limit ends its miner's share.`,
      )
    }
    for (const [detail, { answers, epochs: failed }] of [...this.#faults].slice(0, mostFaultsShown)) {
      this.#problems.add(`The file failed on ${answers} answers in ${epochsOf([...failed])}: ${detail}`)
    }
    if (this.#faults.size > mostFaultsShown) {
      this.#problems.add(`The file failed in ${this.#faults.size - mostFaultsShown} other ways as well.`)
    }
    if (this.#unpaidEpochs.length > 0) this.#problems.add(`Nobody earned in ${epochsOf(this.#unpaidEpochs)}.`)
    this.#judgeEarnings(miners)
    return {
      subnet: description,
      specHash: this.#specHash,
      seed,
      epochs,
      miners,
      validators: this.#validators.map(({ uid, hotkey }) => ({
        uid,
        hotkey,
        earnedAtomic: this.#ledger.claimedOf(hotkey),
      })),
      problems: [...this.#problems],
      bundles: this.#bundles,
    }
  }

  get #sandbox(): SubnetSandbox {
    return this.#sandboxes[0] as SubnetSandbox
  }

  async #answer(epoch: number, beacon: Hex, taskTexts: readonly string[]): Promise<Answers> {
    const answers: Answers = new Map()
    const honest: string[] = []
    for (const { hotkey, play, uid } of this.#miners) {
      const own = new Map<number, string>()
      for (const [task, taskText] of taskTexts.entries()) {
        const served = async (): Promise<string> =>
          this.#sandbox.serve({ epoch, beacon, index: task, hotkey, taskText })
        const response = await this.#response(play, task, epoch, served)
        if (uid === 0 && response !== undefined) honest.push(response)
        const place = { netuid, epoch, hotkey, task, taskHash: sha256Hex(taskText) }
        if (response !== undefined) own.set(task, taskAnswer(place, response).text)
      }
      if (own.size > 0) answers.set(hotkey, own)
    }
    this.#published = honest
    return answers
  }

  async #response(play: Play, task: number, epoch: number, served: () => Promise<string>): Promise<string | undefined> {
    if (play === 'honest') return served()
    if (play === 'copier') return this.#published[task]
    const random = createBeaconRandom(sha256Hex(`koinon dev garbage ${this.#options.seed} ${epoch}`), `task ${task}`)
    return JSON.stringify(garbageOf(JSON.parse(await served()), random))
  }

  /** Every validator judges for itself; the second from the last miner to the first, which must make no difference. */
  async #assess(seen: Omit<EpochAnswers, 'seats' | 'order'>, openingBeacon: Hex): Promise<readonly EvidenceLog[]> {
    const { epoch, closingBeacon, taskTexts } = seen
    const seats = [...this.#miners, ...this.#validators].map(({ uid, hotkey }) => ({ uid, hotkey }))
    const tasks = { openingBeacon, taskHashes: taskTexts.map((text) => sha256Hex(text)) }
    const logs = await Promise.all(
      this.#validators.map(async ({ hotkey, sandbox, previous }, index): Promise<EvidenceLog> => {
        const order = index === 1 ? 'descending' : 'ascending'
        const others = seats.filter((seat) => seat.hotkey !== hotkey)
        const miners = await judgeTasks(sandbox, { ...seen, seats: others, order })
        const { scores, row } = scoreEpoch(this.#subnet, { netuid, epoch }, miners, previous)
        for (const score of scores) previous.set(score.hotkey, score.combinedPpm)
        const head = { v: 1, netuid, epoch, validator: hotkey, specHash: this.#specHash } as const
        return { ...head, beacon: closingBeacon, tasks, miners, scores, row }
      }),
    )
    this.#compare(logs)
    const blobs = Object.fromEntries(
      [...seen.answers.values()].flatMap((own) => [...own.values()].map((text) => [sha256Hex(text), text])),
    )
    for (const log of logs) this.#bundles.push({ log, blobs })
    return logs
  }

  #compare(logs: readonly EvidenceLog[]): void {
    const [first, ...others] = logs as [EvidenceLog, ...EvidenceLog[]]
    for (const { uid } of this.#miners) {
      const scoreOf = ({ scores }: EvidenceLog) => scores.find((score) => score.uid === uid)
      const own = scoreOf(first)
      for (const score of others.map(scoreOf)) {
        if (score?.scorePpm === own?.scorePpm && score?.reasons.join() === own?.reasons.join()) continue
        this.#problems.add(
          `Validators disagree on uid ${uid} in epoch ${first.epoch}: ${own?.scorePpm} and ${score?.scorePpm} millionths. score, verify or sample keep something between calls, or take longer than scoreTimeoutMs.`,
        )
      }
    }
  }

  /** All compute, those who agree sign, everybody is claimed for. */
  #settle(epoch: number): EpochComputation {
    const ledger = this.#ledger
    const aggregator = aggregators[this.#sandbox.description.aggregator]
    const computed = this.#validators.map(() => computeEpoch(ledger.inputs(epoch), aggregator))
    const first = computed[0] as EpochComputation
    if (first.payouts.length === 0) {
      this.#unpaidEpochs.push(epoch)
      return first
    }
    const signers = this.#validators
      .filter((_, index) => computed[index]?.result.dataHash === first.result.dataHash)
      .map(({ hotkey }) => hotkey)
    ledger.submit(first, signers)
    for (const claim of seatClaims(first.inputs.seats, first.posting)) ledger.claim(claim)
    return first
  }

  #note(log: EvidenceLog, { payouts, incentive }: EpochComputation): void {
    for (const { uid, hotkey } of this.#miners) {
      const sum = this.#sums[uid] as Tally
      const score = log.scores.find((item) => item.uid === uid)
      sum.scorePpm += score?.scorePpm ?? 0
      sum.incentive += incentive.get(uid) ?? 0n
      const paid = payouts.find(({ account }) => account === hotkey)?.asMiner ?? 0n
      sum.earned += paid
      if (log.epoch === 1) sum.earnedFirst = paid
      sum.reasons = score?.reasons ?? []
      sum.parts = score?.parts
    }
    const faults = log.miners.flatMap(({ work }) => work).filter(({ facts }) => facts['isFault'] !== undefined)
    for (const { checks } of faults) {
      const detail = (checks[0]?.detail ?? '').replace(/^the file failed: /, '')
      const found = this.#faults.get(detail) ?? { answers: 0, epochs: new Set<number>() }
      found.answers += 1
      found.epochs.add(log.epoch)
      this.#faults.set(detail, found)
    }
  }

  async #replayLast(): Promise<void> {
    const last = this.#bundles.at(-1)
    if (last === undefined) return
    const { firstDifference } = await replayLog(this.#sandbox, last.log, async (hash) => last.blobs[hash])
    if (firstDifference !== undefined) this.#problems.add(`A replay of the last epoch differs: ${firstDifference}`)
  }

  /** A copier is compared from the second epoch on: in the first it has nothing to copy. */
  #judgeEarnings(miners: readonly DevMiner[]): void {
    const honest = miners.filter(({ play }) => play === 'honest')
    const isAnyPaid = this.#unpaidEpochs.length < this.#options.epochs
    if (isAnyPaid && honest.every(({ earnedAtomic }) => earnedAtomic === 0n)) {
      this.#problems.add('The honest baseline earned nothing.')
    }
    const earnedOf = ({ uid, earnedAtomic }: DevMiner, isFirstCounted: boolean): bigint =>
      isFirstCounted ? earnedAtomic : earnedAtomic - (this.#sums[uid] as Tally).earnedFirst
    for (const miner of miners.filter(({ play }) => play !== 'honest')) {
      const { uid, play } = miner
      const isFirstCounted = play !== 'copier'
      const earned = earnedOf(miner, isFirstCounted)
      const ofHonest = honest.map((one) => earnedOf(one, isFirstCounted)).sort(ascending)
      const [least, median] = [ofHonest[0] as bigint, ofHonest[ofHonest.length >> 1] as bigint]
      if (earned > least)
        this.#problems.add(`The ${play} (uid ${uid}) earned more than an honest miner. ${mends[play]}`)
      else if (earned > 0n && earned * 1_000n >= median * 999n) {
        this.#problems.add(`The ${play} (uid ${uid}) earned as much as an honest miner. ${mends[play]}`)
      }
    }
  }
}

const mends: Readonly<Record<Play, string>> = {
  honest: '',
  garbage: 'Let verify or score tell answers with random content from work: compare them with the question.',
  copier: 'Let what is asked change with every epoch and miner, and score the answer against the question.',
}

/** `epoch 3`, `epochs 1 to 6` or `epochs 1, 4`. */
function epochsOf(epochs: readonly number[]): string {
  const [first, last] = [epochs[0] as number, epochs.at(-1) as number]
  if (first === last) return `epoch ${first}`
  return last - first + 1 === epochs.length ? `epochs ${first} to ${last}` : `epochs ${epochs.join(', ')}`
}

function ascending(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function hotkeyOf(seed: string, name: string): Address {
  return sha256Hex(`koinon dev ${seed} ${name}`).slice(0, 42) as Address
}
