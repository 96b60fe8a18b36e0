/**
 * How far a network is from depending on nobody (specs/0019-audit.md section 5): three stages, each a list of requirements. What is
 * shown is the first requirement that fails, never an average.
 */

/** `unknown`: nobody has looked, or it cannot be seen from public data. It counts as not met. */
export type RequirementState = 'met' | 'failed' | 'unknown'
export type Requirement = {
  readonly stage: 'S0' | 'S1' | 'S2'
  readonly name: string
  readonly state: RequirementState
  /** A whole sentence with the figure that was found. */
  readonly detail: string
}

/** What an audit from public data found; `open`: nothing differs, and something could not be computed again. */
export type ReplayState = 'agrees' | 'differs' | 'open' | 'notRun'

/** A call that somebody may make and others may not. `delaySeconds` 0: at once. */
export type PrivilegedCall = {
  readonly contract: string
  readonly call: string
  /** Whose it is, as a sentence begins: `the owner of subnet 1`. */
  readonly whose: string
  /** What it does, as a sentence goes on: `change its file`. */
  readonly does: string
  readonly delaySeconds: number
}

export type NetworkFacts = {
  readonly replay: ReplayState
  /** All privileged calls of the network's contracts. */
  readonly privilegedCalls: readonly PrivilegedCall[]
  /** Calls with which one key can zero a subnet's emission, seize stake or change code. */
  readonly seizingCalls: readonly PrivilegedCall[]
  /** Entities that may judge in the subnet that has fewest. */
  readonly validatorEntities: number
  /** Longest wait of a staker that leaves; undefined when leaving needs somebody's consent. */
  readonly exitSeconds: number | undefined
  /** Whether anybody may have a wrong result thrown out, and for how long. */
  readonly challenge: { readonly isPermissionless: boolean; readonly windowSeconds: number }
  /** Keys that may stop or change the network at all, even with delay. */
  readonly guardians: number
  /** Fewest entities that hold more than a third of all stake. */
  readonly nakamotoThirdByEntity: number
}

export type StageReport = {
  /** Highest stage whose requirements, and those of the stages below, are all met. */
  readonly stage: 'none' | 'S0' | 'S1' | 'S2'
  readonly requirements: readonly Requirement[]
  /** What keeps the network from the next stage; undefined at S2. */
  readonly binding: Requirement | undefined
}

const day = 86_400
const stageNames = ['S0', 'S1', 'S2'] as const
const exitWindowSeconds = 7 * day
const challengeWindowSeconds = 30 * day
const leastValidatorEntities = 5
const leastNakamoto = 7

/** Judges a network by what was found. Pure. */
export function stageReport(facts: NetworkFacts): StageReport {
  const requirements = requirementsOf(facts)
  const binding = requirements.find(({ state }) => state !== 'met')
  const reached = binding === undefined ? stageNames.length : stageNames.indexOf(binding.stage)
  return { stage: stageNames[reached - 1] ?? 'none', requirements, binding }
}

function requirementsOf(facts: NetworkFacts): readonly Requirement[] {
  const hasty = facts.privilegedCalls.filter(({ delaySeconds }) => delaySeconds < exitWindowSeconds)
  const { challenge, exitSeconds } = facts
  return [
    {
      stage: 'S0',
      name: 'figures recomputed',
      state: facts.replay === 'agrees' ? 'met' : facts.replay === 'differs' ? 'failed' : 'unknown',
      detail: {
        agrees: 'All figures were recomputed from public data and agree.',
        differs: 'Figures on the ledger differ from what public data give.',
        open: 'Nothing differs, but some figures could not be computed again: see what was not checked.',
        notRun: 'Nobody has recomputed the figures in this report: run "koinon audit".',
      }[facts.replay],
    },
    {
      stage: 'S1',
      name: 'time to leave before a change',
      state: hasty.length === 0 ? 'met' : 'failed',
      detail:
        hasty.length === 0
          ? `None of the ${facts.privilegedCalls.length} changes that only somebody may make holds within 7 days.`
          : `Some changes hold before the 7 days are over in which everybody could leave: ${callWords(hasty)}.`,
    },
    {
      stage: 'S1',
      name: 'no seizing key',
      state: facts.seizingCalls.length === 0 ? 'met' : 'failed',
      detail:
        facts.seizingCalls.length === 0
          ? 'No key can zero a subnet, seize stake or change code.'
          : `One key can zero a subnet, seize stake or change code: ${callWords(facts.seizingCalls)}.`,
    },
    {
      stage: 'S1',
      name: 'independent validators',
      state: facts.validatorEntities >= leastValidatorEntities ? 'met' : 'failed',
      detail: `${facts.validatorEntities} of at least ${leastValidatorEntities} entities may set weights.`,
    },
    {
      stage: 'S1',
      name: 'free exit',
      state: exitSeconds === undefined ? 'failed' : 'met',
      detail:
        exitSeconds === undefined
          ? 'Leaving needs somebody else.'
          : `Stakers leave by themselves within ${Math.ceil(exitSeconds / 60)} minutes.`,
    },
    {
      stage: 'S2',
      name: 'open challenge',
      state: challenge.isPermissionless && challenge.windowSeconds >= challengeWindowSeconds ? 'met' : 'failed',
      detail: challenge.isPermissionless
        ? `Anybody can challenge a result for ${challenge.windowSeconds} of at least ${challengeWindowSeconds} seconds.`
        : 'Only validators can object to a result.',
    },
    {
      stage: 'S2',
      name: 'no guardian',
      state: facts.guardians === 0 ? 'met' : 'failed',
      detail: facts.guardians === 0 ? 'Nobody can stop or change the network.' : `${facts.guardians} keys still can.`,
    },
    {
      stage: 'S2',
      name: 'spread stake',
      state: facts.nakamotoThirdByEntity >= leastNakamoto ? 'met' : 'failed',
      detail: `${facts.nakamotoThirdByEntity} of at least ${leastNakamoto} entities together hold a third of the stake.`,
    },
  ]
}

/** `the owner of subnet 1 can change its file and its rules after 3 minutes`; `;` between people and delays. */
function callWords(calls: readonly PrivilegedCall[]): string {
  const groups = Map.groupBy(calls, ({ whose, delaySeconds }) => `${whose} ${delaySeconds}`)
  return [...groups.values()]
    .map((group) => {
      const [{ whose, delaySeconds }] = group as [PrivilegedCall, ...PrivilegedCall[]]
      const when = delaySeconds === 0 ? 'at once' : `after ${delayWords(delaySeconds)}`
      return `${whose} can ${listWords(group.map(({ does }) => does))} ${when}`
    })
    .join('; ')
}

function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

function delayWords(seconds: number): string {
  const [unit, length] = (
    [
      ['day', day],
      ['hour', 3_600],
      ['minute', 60],
      ['second', 1],
    ] as const
  ).find(([, size]) => seconds >= 2 * size) ?? ['second', 1]
  const amount = Math.floor(seconds / length)
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}
