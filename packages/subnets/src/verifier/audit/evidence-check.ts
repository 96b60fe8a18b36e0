import { type Address, type Hex, merkleRoot } from '@koinon/base'
import {
  type Answer,
  type AuditCheck,
  type AuditSource,
  eventsOf,
  type Subject,
  type Tally,
} from '@koinon/ledger/audit'
import { type Check, fail } from '@koinon/work'
import {
  checkEvidenceLog,
  checkPreviousScores,
  type EvidenceLog,
  packRow,
  parseEvidenceLog,
  type Seat,
  type Subnet,
} from '../../rules/index.ts'
import { weightRow } from '../../rules/subnet-file/weight-policy.ts'
import { readLoggedAnswers } from './logged-answers.ts'
import { epochsInScope, type ReplayedSubnet } from './replay.ts'
import { compareShown, type ShownLog } from './shown-check.ts'

/** A definition that is at hand. Of a subnet file, `replay` judges the answers behind a log again, which are given by their hash. */
export type KnownDefinition = {
  readonly subnet: Subnet
  readonly replay?: (log: EvidenceLog, answers: ReadonlyMap<Hex, string>) => Promise<readonly Check[]>
}

/** The definition that a spec hash names, where it is at hand. */
export type DefinitionOf = (specHash: Hex) => KnownDefinition | undefined

const unreachable = 'it cannot be reached'
/** After so many epochs without an answer the rest is not asked for. */
const patience = 3
const otherAnswers = 'the log is not of the answers that the ledger names'
const slowAnswers = 'its answers came too slowly before'

/** Rows follow from the scores that validators publish, and scores from the evidence behind them (specs/0007 section 3). */
export function createEvidenceCheck(definitionOf: DefinitionOf): AuditCheck {
  return {
    name: 'evidence',
    compares:
      "each validator's published scores with the row it revealed, its evidence, and the logs beside and before it",
    async run(source, tally, scope) {
      const rows = new Map(
        eventsOf(source, 'weights', 'WeightsRevealed').map(({ args }) => [
          `${args.netuid}/${args.epoch}/${args.hotkey}`,
          args.row,
        ]),
      )
      const beacons = new Map(
        eventsOf(source, 'work', 'BeaconDrawn').map(({ args }) => [`${args.netuid}/${args.epoch}`, args.beacon]),
      )
      const commitments = new Map(
        eventsOf(source, 'work', 'WorkCommitted').map(({ args }) => [
          `${args.netuid}/${args.epoch}/${args.hotkey}`,
          { root: args.root, count: Number(args.count) },
        ]),
      )
      // Newest first: old logs are thrown away, and who is gone is noticed at once.
      const revealed = (await epochsInScope(source, scope)).toReversed().flatMap(({ subnet, epoch, window }) =>
        subnet.permittedAt(window.startsAtSeconds).flatMap(({ hotkey }) => {
          const row = rows.get(`${subnet.netuid}/${epoch}/${hotkey}`)
          return row === undefined
            ? []
            : [
                {
                  subnet,
                  epoch,
                  hotkey,
                  row,
                  beacon: beacons.get(`${subnet.netuid}/${epoch}`),
                  openingBeacon: beacons.get(`${subnet.netuid}/${epoch - 1}`),
                  committed: subnet
                    .seatsAt(window.endsAtSeconds - 1)
                    .filter((seat) => seat.hotkey !== hotkey)
                    .map((seat) => ({ ...seat, list: commitments.get(`${subnet.netuid}/${epoch}/${seat.hotkey}`) })),
                },
              ]
        }),
      )
      const inTurn = oneAtATime()
      const bySubnet = Map.groupBy(revealed, ({ subnet }) => subnet.netuid)
      await Promise.all(
        [...bySubnet.values()].map(async (list) => {
          const logs = new SubnetLogs(source, tally, definitionOf, inTurn)
          for (const [epoch, ones] of Map.groupBy(list, (one) => one.epoch)) {
            const shown = await Promise.all(ones.map((one) => logs.check(one)))
            const { netuid } = (ones[0] as Revealed).subnet
            compareShown(
              tally,
              { netuid, epoch },
              shown.flatMap((one) => one ?? []),
            )
          }
        }),
      )
    },
  }
}

type Revealed = {
  readonly subnet: ReplayedSubnet
  readonly epoch: number
  readonly hotkey: Address
  readonly row: Hex
  readonly beacon: Hex | undefined
  /** Of the epoch before: where the questions of a subnet file come from. */
  readonly openingBeacon: Hex | undefined
  /** All other seats when the epoch ended, ascending by uid, with what each committed to. */
  readonly committed: readonly (Seat & { readonly list: { readonly root: Hex; readonly count: number } | undefined })[]
}

/** The logs of one subnet's validators, newest first. */
class SubnetLogs {
  readonly #source: AuditSource
  readonly #tally: Tally
  readonly #definitionOf: DefinitionOf
  readonly #inTurn: InTurn
  readonly #slow = new Set<Address>()
  /** Epochs in a row that a validator was not reached. */
  readonly #silent = new Map<Address, number>()
  /** Of each validator the log that was read for the epoch after it, until its own turn. */
  readonly #ahead = new Map<Address, { readonly epoch: number; readonly answer: Answer<string> }>()

  constructor(source: AuditSource, tally: Tally, definitionOf: DefinitionOf, inTurn: InTurn) {
    this.#source = source
    this.#tally = tally
    this.#definitionOf = definitionOf
    this.#inTurn = inTurn
  }

  /** What is to be set against the other logs of the epoch: a subnet file's log, where one is published. */
  async check(one: Revealed): Promise<ShownLog | undefined> {
    const { subnet, epoch, hotkey } = one
    const tally = this.#tally
    const subject = { netuid: subnet.netuid, epoch, account: hotkey }
    const base = baseUrl(subnet.endpointAt(hotkey, this.#source.head.seconds))
    if (base === undefined) {
      tally.open(subject, 'published scores', 'no http(s) endpoint is registered')
      return undefined
    }
    const silent = this.#silent.get(hotkey) ?? 0
    const answer = silent >= patience ? { problem: unreachable } : await this.#read(base, one, epoch)
    if (!('value' in answer)) {
      this.#silent.set(hotkey, answer.problem === unreachable ? silent + 1 : 0)
      tally.open(subject, 'published scores', answer.problem)
      return undefined
    }
    this.#silent.set(hotkey, 0)
    const log = checkLog(tally, subject, one, answer.value)
    if (log === undefined) return undefined
    const definition = this.#definitionOf(subnet.specHashAt(epoch))
    if (definition === undefined) {
      tally.open(subject, 'scores and row', 'the definition of the subnet is not at hand')
      return undefined
    }
    const published = await checkScores(tally, subject, one, log, definition, (replay) =>
      this.#inTurn(() => this.#judgedAgain(hotkey, base, log, replay)),
    )
    const before = definition.subnet.combine === 'latest' ? undefined : await this.#logBefore(base, one)
    note(tally, subject, [checkPreviousScores(definition.subnet, log, before?.log, before?.problem ?? '')])
    return definition.replay === undefined ? undefined : { validator: hotkey, log, published }
  }

  /** Whoever let it come to the end of the time once is not asked for answers again. */
  async #judgedAgain(
    hotkey: Address,
    base: string,
    log: EvidenceLog,
    replay: NonNullable<KnownDefinition['replay']>,
  ): Promise<JudgedAgain> {
    if (this.#slow.has(hotkey)) return { published: [], problem: slowAnswers }
    const again = await judgedAgain(log, replay, (hash) => answerAt(this.#source, base, log, hash))
    if (again.isSlow === true) this.#slow.add(hotkey)
    return again
  }

  async #read(base: string, { subnet, hotkey }: Revealed, epoch: number): Promise<Answer<string>> {
    const ahead = this.#ahead.get(hotkey)
    this.#ahead.delete(hotkey)
    if (ahead?.epoch === epoch) return ahead.answer
    return this.#source.document(`${base}/v1/evidence-log/${subnet.netuid}/${epoch}`)
  }

  /** A log that cannot be parsed is a difference of its own epoch. */
  async #logBefore(base: string, one: Revealed): Promise<{ readonly log?: EvidenceLog; readonly problem: string }> {
    const epoch = one.epoch - 1
    if (epoch < 0) return { problem: 'there is none' }
    const answer = await this.#read(base, one, epoch)
    this.#ahead.set(one.hotkey, { epoch, answer })
    if (!('value' in answer)) return answer
    try {
      return { log: parseEvidenceLog(answer.value), problem: '' }
    } catch (error) {
      return { problem: (error as Error).message }
    }
  }
}

/** What a log says of itself; the log, where it can be read. */
function checkLog(tally: Tally, subject: Required<Subject>, one: Revealed, text: string): EvidenceLog | undefined {
  const { subnet, row, beacon } = one
  let log: EvidenceLog
  try {
    log = parseEvidenceLog(text)
  } catch (error) {
    tally.holds(subject, 'published log', false, 'well formed', (error as Error).message)
    return undefined
  }
  const { netuid, epoch, account } = subject
  tally.same(
    subject,
    'whose log of which epoch it is',
    `${netuid}/${epoch}/${account}`,
    `${log.netuid}/${log.epoch}/${log.validator}`,
  )
  tally.same(subject, 'beacon of the log', beacon ?? 'not drawn', log.beacon)
  tally.same(subject, 'definition of the log', subnet.specHashAt(epoch), log.specHash)
  tally.same(subject, 'row of the log', row, log.row)
  return log
}

/**
 * Row from scores, scores from evidence and, of a subnet file, evidence from the answers themselves, where the log is of what the ledger
 * has. Gives the hashes of the answers whose texts are published.
 */
async function checkScores(
  tally: Tally,
  subject: Required<Subject>,
  { subnet: { specHashAt }, row, openingBeacon, committed }: Revealed,
  log: EvidenceLog,
  { subnet, replay }: KnownDefinition,
  judge: (replay: NonNullable<KnownDefinition['replay']>) => Promise<JudgedAgain>,
): Promise<ReadonlySet<Hex>> {
  tally.same(subject, 'row that the published scores give', rowOf(log, subnet), row)
  let checks: readonly Check[]
  try {
    checks = checkEvidenceLog(subnet, specHashAt(subject.epoch), log)
  } catch (error) {
    // The log holds figures that no score can have; the other logs are looked at all the same.
    tally.holds(subject, 'scores from the published evidence', false, 'as published', (error as Error).message)
    return new Set()
  }
  let published: readonly Hex[] = []
  if (replay !== undefined) {
    const opening = 'opening beacon of the log'
    tally.same(subject, opening, openingBeacon ?? 'not drawn', log.tasks?.openingBeacon ?? 'not drawn')
    const isOfLedger = checkCommitted(tally, subject, committed, log)
    // An epoch without an opening beacon has no questions.
    if (log.tasks !== undefined) {
      // A log may name any answers, and as many: those of the ledger's list are bounded by it.
      const again = isOfLedger ? await judge(replay) : { published: [], problem: otherAnswers }
      published = again.published
      if (again.problem !== undefined) tally.open(subject, 'evidence from the answers', again.problem)
      // Compared with the ledger and with other logs.
      else checks = (again.checks ?? []).filter(({ name }) => !['unjudged', 'previous', 'committed'].includes(name))
    }
  }
  note(tally, subject, checks)
  return new Set(published)
}

function note(tally: Tally, subject: Subject, checks: readonly Check[]): void {
  for (const { name, state, detail } of checks) {
    const what = `${name} from the published evidence`
    if (state === 'notChecked') tally.open(subject, what, detail)
    else tally.holds(subject, what, state === 'pass', 'as published', detail)
  }
}

/** Whether the log is of all miners and of the answers that they committed to, and of no others. */
function checkCommitted(
  tally: Tally,
  subject: Required<Subject>,
  committed: Revealed['committed'],
  { miners }: EvidenceLog,
): boolean {
  const expected = committed.map(({ uid, hotkey, list }) => `uid ${uid} ${hotkey}: ${list?.count ?? 'no'} answers`)
  const found = miners.map(
    ({ uid, hotkey, committedCount }) => `uid ${uid} ${hotkey}: ${committedCount ?? 'no'} answers`,
  )
  const at = [...expected, 'end'].findIndex((line, index) => line !== found[index])
  tally.same(subject, 'miners of the log', expected[at] ?? 'no more', found[at] ?? 'no more')
  let isOfLedger = expected.join() === found.join()
  for (const { uid, hotkey, list } of committed) {
    const work = miners.find((miner) => miner.hotkey === hotkey)?.work ?? []
    // Its list was not to be had: a check of its own says so.
    if (work.length === 0) continue
    const root = merkleRoot(work.map(({ receiptHash }) => receiptHash))
    tally.same(subject, `root over the logged answers of uid ${uid}`, list?.root ?? 'nothing committed', root)
    isOfLedger &&= list?.root === root
  }
  return isOfLedger
}

/** `problem`: why the answers could not be judged. */
type JudgedAgain = {
  readonly published: readonly Hex[]
  readonly checks?: readonly Check[]
  readonly problem?: string
  readonly isSlow?: boolean
}

async function judgedAgain(
  log: EvidenceLog,
  replay: NonNullable<KnownDefinition['replay']>,
  answerOf: (hash: Hex) => Promise<string | undefined>,
): Promise<JudgedAgain> {
  const hashes = log.miners.flatMap(({ work }) =>
    work.flatMap(({ receiptHash, facts }) => (facts['task'] === undefined ? [] : [receiptHash])),
  )
  const questions = log.tasks?.taskHashes.length ?? 0
  const long = log.miners.find(({ work }) => work.length > questions)
  if (long !== undefined) {
    const detail = `the log has ${long.work.length} answers of uid ${long.uid} to ${questions} questions`
    return { published: [], checks: [fail('answers', detail)] }
  }
  const { answers, published, problem, isSlow } = await readLoggedAnswers(hashes, answerOf)
  if (problem !== undefined) return { published, problem, isSlow }
  const withheld = hashes.filter((hash) => !answers.has(hash)).length
  if (withheld > 0) return { published, problem: `evidence withheld: ${withheld} of ${hashes.length} answers` }
  try {
    return { published, checks: await replay(log, answers) }
  } catch (error) {
    return { published, problem: (error as Error).message }
  }
}

type InTurn = <value>(work: () => Promise<value>) => Promise<value>

/** The answers of one log lie in memory, not those of all. */
function oneAtATime(): InTurn {
  let turn: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }
}

async function answerAt(
  source: AuditSource,
  base: string,
  { netuid }: EvidenceLog,
  hash: Hex,
): Promise<string | undefined> {
  const answer = await source.document(`${base}/v1/answers/${netuid}/${hash}`)
  try {
    const { text } = ('value' in answer ? JSON.parse(answer.value) : {}) as { readonly text?: unknown }
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

function rowOf({ scores }: EvidenceLog, { weights }: Subnet): string {
  try {
    return packRow(
      weightRow(
        weights,
        scores.map(({ uid, combinedPpm }) => ({ uid, scorePpm: combinedPpm })),
      ),
    )
  } catch (error) {
    return (error as Error).message
  }
}

/** Undefined for what no honest validator registers. */
function baseUrl(endpoint: string): string | undefined {
  if (!URL.canParse(endpoint)) return undefined
  const { protocol, origin, pathname, username, password } = new URL(endpoint)
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '') return undefined
  return `${origin}${pathname.replace(/\/$/, '')}`
}
