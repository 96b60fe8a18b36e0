/** What an audit finds (specs/0019-audit.md section 2). */
import type { Address } from '@koinon/base'
import type { Answer, AuditSource } from './audit-source.ts'

/** What a figure is about; left out where it is about the whole network. */
export type Subject = { readonly netuid?: number; readonly epoch?: number; readonly account?: Address }

export type Difference = Subject & {
  readonly what: string
  /** As computed here. */
  readonly expected: string
  readonly found: string
}

/**
 * A validator against others that judged what it did not. `contradiction`: it says that a miner withheld answers which they had, and
 * nobody else can tell who is right. `noAnswer`: it says that no answer came in time, as of a machine that is slow or out of reach.
 */
export type Disagreement = {
  readonly kind: 'contradiction' | 'noAnswer'
  readonly validators: readonly Address[]
  readonly uid: number
  /** That it did not judge. */
  readonly answers: number
  /** The validator's own words. */
  readonly reason: string
}

/** Something that could not be compared. */
export type Open = Subject & { readonly what: string; readonly why: string; readonly disagreement?: Disagreement }

/** Which epochs to look at; sums always begin at the first block. */
export type AuditScope = { readonly netuid: number | undefined; readonly fromEpoch: number; readonly toEpoch: number }

export type AuditCheck = {
  readonly name: string
  /** What it compares, for people. */
  readonly compares: string
  run(source: AuditSource, tally: Tally, scope: AuditScope): Promise<void>
}

export type CheckReport = Pick<AuditCheck, 'name' | 'compares'> & {
  /** Figures that agree. */
  readonly agreed: number
  readonly differences: readonly Difference[]
  readonly open: readonly Open[]
}

type Figure = string | number | bigint | boolean

/** A figure that somebody is asked for. */
export type Question = {
  readonly subject: Subject
  readonly what: string
  readonly expected: Figure
  readonly answer: Promise<Answer<Figure>>
}

/** Counts what agrees and keeps what does not. */
export class Tally {
  #agreed = 0
  readonly #differences: Difference[] = []
  readonly #open: Open[] = []

  /** Compares a figure computed here with one found. Returns whether they agree. */
  same(subject: Subject, what: string, expected: Figure, found: Figure): boolean {
    if (expected === found) this.#agreed++
    else this.#differences.push({ ...subject, what, expected: String(expected), found: String(found) })
    return expected === found
  }

  /** A rule that has to hold; `expected` and `found` say it in words or figures when it does not. */
  holds(subject: Subject, what: string, isHeld: boolean, expected: Figure, found: Figure): boolean {
    if (isHeld) this.#agreed++
    else this.#differences.push({ ...subject, what, expected: String(expected), found: String(found) })
    return isHeld
  }

  /** Like `same`, of answers that come at once; open where there is none. In the order of the questions. */
  async answers(questions: readonly Question[]): Promise<void> {
    const answers = await Promise.all(questions.map(({ answer }) => answer))
    questions.forEach(({ subject, what, expected }, index) => {
      const answer = answers[index] as Answer<Figure>
      if ('value' in answer) this.same(subject, what, expected, answer.value)
      else this.open(subject, what, answer.problem)
    })
  }

  open(subject: Subject, what: string, why: string): void {
    this.#open.push({ ...subject, what, why })
  }

  /** Open because parties disagree. */
  disagreement(subject: Subject, what: string, why: string, disagreement: Disagreement): void {
    this.#open.push({ ...subject, what, why, disagreement })
  }

  /** Takes over all that another tally counted. */
  add(other: Tally): void {
    this.#agreed += other.#agreed
    for (const difference of other.#differences) this.#differences.push(difference)
    for (const open of other.#open) this.#open.push(open)
  }

  report({ name, compares }: AuditCheck): CheckReport {
    return { name, compares, agreed: this.#agreed, differences: this.#differences, open: this.#open }
  }
}

/** Runs all checks, one after the other. One that fails by itself leaves its rest open. */
export async function runChecks(
  source: AuditSource,
  checks: readonly AuditCheck[],
  scope: AuditScope,
  onChecked: (report: CheckReport) => void,
): Promise<readonly CheckReport[]> {
  const reports: CheckReport[] = []
  for (const check of checks) {
    const tally = new Tally()
    try {
      await check.run(source, tally, scope)
    } catch (error) {
      tally.open({}, 'the rest of this check', error instanceof Error ? error.message : String(error))
    }
    const report = tally.report(check)
    onChecked(report)
    reports.push(report)
  }
  return reports
}

/** Whether an epoch is looked at. */
export function isInScope(scope: AuditScope, netuid: number, epoch?: number): boolean {
  if (scope.netuid !== undefined && scope.netuid !== netuid) return false
  return epoch === undefined || (epoch >= scope.fromEpoch && epoch <= scope.toEpoch)
}
