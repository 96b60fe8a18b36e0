/** Looks at the miners of one epoch: lists, samples by beacon, own probes. Everything found goes into the evidence log. */
import { type Address, bytesToHex, type Hex, type Random } from '@koinon/base'
import { type Check, fail, notChecked } from '@koinon/work'
import type { Endpoint, Peer, WorkCommitment } from '../client/index.ts'
import {
  boundedDetail,
  checkCommitted,
  checkWorkList,
  createBeaconRandom,
  type EpochWindow,
  type MinerEvidence,
  maximumPageItems,
  maximumWorkItems,
  parseWorkPage,
  type Seat,
  type VerifiedWork,
  type WorkEvidence,
  type WorkItem,
  type WorkListAudit,
} from '../rules/index.ts'
import { inParallel } from './in-parallel.ts'
import type { ValidatorOptions } from './ports.ts'
import type { ProbeAnswer } from './probe-answer.ts'
import type { StoredProbe } from './validator-store.ts'

/** Most samples a miner, whatever the subnet asks for (specs/0007-epochs.md section 3). */
const maximumSamples = 64
const attempts = 3
/** Least time a miner gets, also when there is hardly any left. */
const leastTimeMs = 5_000

export type EpochToAssess = {
  readonly epoch: number
  readonly window: EpochWindow
  readonly beacon: Hex
  readonly seats: readonly Seat[]
  readonly endpoints: readonly Endpoint[]
  readonly commitments: readonly WorkCommitment[]
  readonly probes: readonly StoredProbe[]
  /** What the audits of the lists of the epoch before left behind. */
  readonly memories: ReadonlyMap<Address, unknown>
}

export type Assessed = {
  readonly miners: readonly MinerEvidence[]
  /** What the audits of this epoch's lists left behind, of miners whose list is known. */
  readonly memories: ReadonlyMap<Address, unknown>
}

export type AssessmentLimits = {
  /** Miners that are looked at side by side. */
  readonly concurrency: number
  /** Longest time a miner may take for one question. Three of them must fit well into the time there is, or stalling would pay. */
  readonly askTimeoutMs: number
  /** Time there is for all miners; the signal should end it. */
  readonly timeMs: number
  /** Least time that a miner gets for all questions together; 5 s unless said. */
  readonly leastTimeMs?: number
}

type Options<task, response, ports> = Pick<
  ValidatorOptions<task, response, ports>,
  'netuid' | 'subnet' | 'miners' | 'verifyPorts' | 'clock' | 'random'
>

/**
 * Evidence of all seats, in their order. Aborting the signal ends it early: what nobody looked at is then `notChecked`, never failed.
 * They are visited in an order that nobody else knows, each for its share of the time, so that none can keep this validator from another.
 */
export async function assessMiners<task, response, ports>(
  options: Options<task, response, ports>,
  epoch: EpochToAssess,
  limits: AssessmentLimits,
  signal: AbortSignal,
): Promise<Assessed> {
  const memories = new Map<Address, unknown>()
  const visits = shuffled(epoch.seats, options.random)
  const { clock } = options
  const endsAtMs = clock.nowMs() + limits.timeMs
  let begun = 0
  const visited = await inParallel(visits, limits.concurrency, async (seat) => {
    const rounds = Math.ceil((visits.length - begun++) / limits.concurrency)
    const share = Math.max(limits.leastTimeMs ?? leastTimeMs, (endsAtMs - clock.nowMs()) / rounds)
    // Nobody waits behind the last round: the end of the phase is end enough.
    const times = { askTimeoutMs: limits.askTimeoutMs, totalMs: rounds > 1 ? share : Number.POSITIVE_INFINITY }
    const { evidence, memory } = await new MinerAssessment(options, epoch, seat, times, signal).run()
    if (memory !== undefined) memories.set(seat.hotkey, memory)
    return [seat, evidence] as const
  })
  const bySeat = new Map(visited)
  return { miners: epoch.seats.flatMap((seat) => bySeat.get(seat) ?? []), memories }
}

function shuffled<item>(items: readonly item[], random: Random): readonly item[] {
  const draw = createBeaconRandom(bytesToHex(random(32)), 'koinon visits')
  const left = [...items]
  return items.flatMap(() => left.splice(draw.below(left.length), 1))
}

/** What one miner may take: for one question, and for waiting for its answers in all. */
type Times = { readonly askTimeoutMs: number; readonly totalMs: number }

class MinerAssessment<task, response, ports> {
  readonly #options: Options<task, response, ports>
  readonly #epoch: EpochToAssess
  readonly #seat: Seat
  readonly #times: Times
  readonly #signal: AbortSignal
  readonly #peer: Peer | undefined
  /** Of `totalMs`. What this validator itself computes is not held against the miner. */
  #leftMs: number
  /** Set once the miner left a question without answer to the last attempt: it is not waited for again. */
  #silence: string | undefined

  constructor(
    options: Options<task, response, ports>,
    epoch: EpochToAssess,
    seat: Seat,
    times: Times,
    signal: AbortSignal,
  ) {
    this.#options = options
    this.#epoch = epoch
    this.#seat = seat
    this.#times = times
    this.#leftMs = times.totalMs
    this.#signal = signal
    const endpoint = epoch.endpoints.find(({ hotkey }) => hotkey === seat.hotkey)?.endpoint
    this.#peer = endpoint ? { hotkey: seat.hotkey, endpoint } : undefined
  }

  async run(): Promise<{ readonly evidence: MinerEvidence; readonly memory: unknown }> {
    const commitment = this.#epoch.commitments.find(({ hotkey }) => hotkey === this.#seat.hotkey)
    const probes = this.#epoch.probes.filter(({ hotkey }) => hotkey === this.#seat.hotkey)
    const list = commitment === undefined ? noList : await this.#list(commitment)
    const answered = probes.flatMap(({ answer }) => (answer === undefined ? [] : [answer]))
    const probeHashes = new Set(answered.map(({ receiptHash }) => receiptHash))
    const samples = this.#samples(list.items).filter(({ receiptHash }) => !probeHashes.has(receiptHash))
    const listed = list.isKnown ? new Set(list.items.map(({ receiptHash }) => receiptHash)) : undefined
    const work: WorkEvidence[] = []
    for (const answer of answered) work.push(await this.#probe(answer, listed))
    for (const item of samples) work.push(await this.#work('sample', item, undefined))
    const evidence = {
      uid: this.#seat.uid,
      hotkey: this.#seat.hotkey,
      committedCount: commitment?.count,
      checks: list.checks.map(shorten),
      work,
      probesAsked: probes.length,
      probesAnswered: answered.length,
    }
    return { evidence, memory: list.memory }
  }

  async #list(commitment: WorkCommitment): Promise<WorkList> {
    if (commitment.count === 0) return { ...noList, isKnown: true }
    const { miners, netuid } = this.#options
    const { epoch } = this.#epoch
    const most = Math.min(maximumWorkItems, this.#options.subnet.maximumWork ?? maximumWorkItems)
    if (commitment.count > most) {
      return unknownList(fail('list', `${commitment.count} pieces of work were committed, at most ${most} may be`))
    }
    const items: WorkItem[] = []
    const audit = this.#audit()
    // The ledger says how long the list is and how much of it each page has, so a miner cannot make it endless.
    while (items.length < commitment.count) {
      const page = { netuid, epoch, offset: items.length }
      const asked = await this.#ask(async (peer, limit) => parsePage(await miners.workPage(peer, page, limit)))
      if (asked.kind === 'stopped') return unknownList(notChecked('list', timeEnded))
      if (asked.kind === 'refused') return unknownList(fail('list', asked.problem))
      const { receipts } = asked.value
      const due = Math.min(maximumPageItems, commitment.count - items.length)
      if (receipts.length !== due) {
        const problem = `the page from ${items.length} on has ${receipts.length} receipts, ${due} are due`
        return unknownList(fail('list', `${problem}: ${commitment.count} were committed`))
      }
      audit?.add(receipts)
      items.push(...receipts.map(({ requestId, receiptHash }) => ({ requestId, receiptHash })))
    }
    const check = checkWorkList(items, commitment)
    if (check.state !== 'pass') return unknownList(check)
    return { items, isKnown: true, ...(await this.#audited(audit, check, commitment)) }
  }

  #audit(): WorkListAudit | undefined {
    const { subnet, verifyPorts, netuid } = this.#options
    const { epoch, window, memories } = this.#epoch
    const { hotkey } = this.#seat
    const { startsAtSeconds, endsAtSeconds } = window
    return subnet.audit?.(
      { hotkey, netuid, epoch, window: { startsAtSeconds, endsAtSeconds }, memory: memories.get(hotkey) },
      verifyPorts,
    )
  }

  async #audited(audit: WorkListAudit | undefined, list: Check, { count }: WorkCommitment) {
    if (audit === undefined) return { checks: [list], memory: undefined }
    try {
      const { checks, memory } = await audit.finish(this.#signal)
      // A list at the limit may end before its epoch does; the next one cannot be held against it.
      return { checks: [list, ...checks], memory: count < maximumWorkItems ? memory : undefined }
    } catch (error) {
      const open = notChecked('receipts', `this validator could not check all of them: ${(error as Error).message}`)
      return { checks: [list, open], memory: undefined }
    }
  }

  /** The same indices for every validator: one that finds a cheat alone would be outvoted by those who looked elsewhere. */
  #samples(items: readonly WorkItem[]): readonly WorkItem[] {
    const { subnet, netuid } = this.#options
    const { beacon, epoch } = this.#epoch
    const random = createBeaconRandom(beacon, `koinon sample ${this.#seat.hotkey}`)
    const context = { committedCount: items.length, hotkey: this.#seat.hotkey, netuid, epoch }
    const indices = items.length === 0 ? [] : subnet.sample(random, context)
    return [...new Set(indices)].slice(0, maximumSamples).flatMap((index) => items[index] ?? [])
  }

  async #probe(answer: ProbeAnswer, listed: ReadonlySet<Hex> | undefined): Promise<WorkEvidence> {
    const evidence = await this.#work('probe', answer, answer.ownCopy)
    // With an unknown list there is nothing to compare with; the failed check `list` already says so.
    const hashes = listed ?? (this.#hasNoCommitment() ? new Set<Hex>() : undefined)
    const committed = hashes === undefined ? undefined : checkCommitted(answer, this.#epoch.window, hashes)
    return committed === undefined ? evidence : { ...evidence, checks: [...evidence.checks, committed] }
  }

  #hasNoCommitment(): boolean {
    return this.#epoch.commitments.every(({ hotkey }) => hotkey !== this.#seat.hotkey)
  }

  async #work(source: 'sample' | 'probe', item: WorkItem, ownCopy: unknown): Promise<WorkEvidence> {
    const { requestId, receiptHash } = item
    const { checks, facts } = await this.#verify(source, item, ownCopy)
    return { source, requestId, receiptHash, checks: checks.map(shorten), facts }
  }

  async #verify(source: 'sample' | 'probe', item: WorkItem, ownCopy: unknown): Promise<VerifiedWork> {
    const { subnet, miners, verifyPorts } = this.#options
    const asked = await this.#ask((peer, limit) => miners.evidence(peer, item.requestId, limit))
    if (asked.kind === 'stopped') return { checks: [notChecked('evidence', timeEnded)], facts: {} }
    if (asked.kind === 'refused') return { checks: [fail('evidence', asked.problem)], facts: {} }
    const parsed = subnet.response.safeParse(asked.value)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      return { checks: [fail('evidence', `malformed at "${issue?.path.join('.')}": ${issue?.message}`)], facts: {} }
    }
    const { startsAtSeconds, endsAtSeconds } = this.#epoch.window
    const context = {
      hotkey: this.#seat.hotkey as Address,
      receiptHash: item.receiptHash,
      source,
      window: { startsAtSeconds, endsAtSeconds },
      ownCopy,
      signal: this.#signal,
    }
    try {
      return await subnet.verify(parsed.data, context, verifyPorts)
    } catch (error) {
      return {
        checks: [notChecked('evidence', `this validator could not check it: ${(error as Error).message}`)],
        facts: {},
      }
    }
  }

  /**
   * Withheld evidence is a failed check, or cheats would withhold; so a miner is asked more than once before that is said. Who let one
   * attempt pass without an answer and then the time run out has withheld it too, or cheats would stall.
   */
  async #ask<value>(question: (peer: Peer, limit: AbortSignal) => Promise<value | undefined>): Promise<Asked<value>> {
    if (this.#peer === undefined) return { kind: 'refused', problem: 'the miner has left or names no endpoint' }
    if (this.#silence !== undefined) return { kind: 'refused', problem: this.#silence }
    const { askTimeoutMs, totalMs } = this.#times
    const { clock } = this.#options
    const tooLong = `its answers took longer than the ${Math.floor(totalMs)} ms that one miner may take in all`
    let problem: string | undefined
    let isSilent = false
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (this.#signal.aborted) break
      if (this.#leftMs <= 0) {
        problem = tooLong
        isSilent = true
        break
      }
      const isLast = this.#leftMs <= askTimeoutMs
      const limitMs = isLast ? Math.ceil(this.#leftMs) : askTimeoutMs
      const timeout = AbortSignal.timeout(limitMs)
      const askedAtMs = clock.nowMs()
      try {
        const value = await question(this.#peer, AbortSignal.any([this.#signal, timeout]))
        if (value !== undefined) return { kind: 'answer', value }
        problem = 'the miner says that it does not have it'
        isSilent = false
      } catch (error) {
        if (this.#signal.aborted) break
        isSilent = timeout.aborted
        problem = isSilent ? `no answer within ${askTimeoutMs} ms` : (error as Error).message
        if (isSilent && isLast) {
          problem = tooLong
          break
        }
      } finally {
        // A clock that was set meanwhile costs the miner no more than the question could have taken.
        this.#leftMs -= Math.min(limitMs, Math.max(0, clock.nowMs() - askedAtMs))
      }
    }
    if (problem === undefined) return { kind: 'stopped' }
    if (isSilent) this.#silence = problem
    return { kind: 'refused', problem }
  }
}

type Asked<value> =
  | { readonly kind: 'answer'; readonly value: value }
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'stopped' }

type WorkList = {
  readonly items: readonly WorkItem[]
  readonly isKnown: boolean
  readonly checks: readonly Check[]
  readonly memory?: unknown
}

function parsePage(json: unknown) {
  return json === undefined ? undefined : parseWorkPage(json)
}

function unknownList(check: Check): WorkList {
  return { items: [], isKnown: false, checks: [check] }
}

const noList: WorkList = { items: [], isKnown: false, checks: [] }
const timeEnded = 'the time for checking ended before it came to this'

function shorten(check: Check): Check {
  return { ...check, detail: boundedDetail(check.detail) }
}
