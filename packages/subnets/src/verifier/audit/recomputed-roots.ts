/** Every submitted root, computed again from rows, stakes and seats (specs/0007-epochs.md section 5). */
import { type Address, type Hex, isKoinonError } from '@koinon/base'
import { type AuditSource, type EventOf, eventsOf } from '@koinon/ledger/audit'
import {
  type Aggregator,
  carryWords,
  computeEpoch,
  type EpochComputation,
  epochWindow,
  maximumRowAge,
  type PermittedValidator,
  type PreviousResult,
} from '../../rules/index.ts'
import { economyOf } from './economy/economy.ts'
import { type ReplayedSubnet, replaySubnets } from './replay.ts'

export type RecomputedRoot = {
  readonly subnet: ReplayedSubnet
  readonly epoch: number
  readonly submitted: EventOf<'epochs', 'RootSubmitted'>
  /** Second from which it was active: as submitted, or that of its confirmation. */
  readonly activatesAt: number
  /** Undefined when it stands. */
  readonly disabled: EventOf<'epochs', 'RootDisabled' | 'RootOverturned'> | undefined
  /** The root it builds on, if any stood then. */
  readonly previous: RecomputedRoot | undefined
  /** Permitted validators of the epoch with the rows they revealed. */
  readonly validators: readonly PermittedValidator[]
  readonly aggregator: Aggregator | undefined
  /** With the aggregator whose record or at least root it is, else with the first that may be meant; or why there is none. */
  readonly computed: EpochComputation | { readonly problem: string }
}

/** Aggregators that a definition may mean, the likeliest first. */
export type CandidatesOf = (specHash: Hex) => readonly Aggregator[]

/** All roots, or those of one subnet, in the order of their submission, each on what the one before it posted. */
export async function recomputeRoots(
  source: AuditSource,
  candidatesOf: CandidatesOf,
  only?: number,
): Promise<readonly RecomputedRoot[]> {
  const economy = await economyOf(source)
  const subnets = new Map((await replaySubnets(source)).map((subnet) => [subnet.netuid, subnet]))
  const disabled = new Map(
    eventsOf(source, 'epochs', 'RootOverturned', 'RootDisabled').map((event) => [event.args.resultHash, event]),
  )
  const confirmed = new Map(
    eventsOf(source, 'epochs', 'RootConfirmed').map(({ args, seconds }) => [args.resultHash, seconds]),
  )
  const rows = Map.groupBy(eventsOf(source, 'weights', 'WeightsRevealed'), ({ args }) => `${args.netuid}/${args.epoch}`)
  const standing = new Map<number, RecomputedRoot>()
  const roots: RecomputedRoot[] = []
  for (const submitted of eventsOf(source, 'epochs', 'RootSubmitted')) {
    const { netuid, resultHash } = submitted.args
    const subnet = subnets.get(netuid)
    if (subnet === undefined || (only !== undefined && netuid !== only)) continue
    const epoch = Number(submitted.args.epoch)
    const window = epochWindow(subnet.clock, epoch)
    const revealed = new Map<Address, Pick<PermittedValidator, 'packedRow' | 'rowAge'>>()
    for (let rowAge = 0; rowAge <= maximumRowAge; rowAge++) {
      for (const { args } of rows.get(`${netuid}/${epoch - rowAge}`) ?? [])
        if (!revealed.has(args.hotkey)) revealed.set(args.hotkey, { packedRow: args.row, rowAge })
    }
    const validators = subnet
      .permittedAt(window.startsAtSeconds)
      .map(({ hotkey, stake }) => ({ hotkey, stake, packedRow: undefined, ...revealed.get(hotkey) }))
    const previous = standing.get(netuid)
    const accruedBefore =
      'problem' in economy ? undefined : economy.emission.accruedUntil(netuid, window.startsAtSeconds)
    const accruedAfter = 'problem' in economy ? undefined : economy.emission.accruedUntil(netuid, window.endsAtSeconds)
    const inputs =
      accruedBefore === undefined || accruedAfter === undefined
        ? undefined
        : {
            netuid,
            epoch,
            startsAtSeconds: window.startsAtSeconds,
            epochSeconds: subnet.clock.epochSeconds,
            specHash: subnet.specHashAt(epoch),
            seats: subnet.seatsAt(window.endsAtSeconds - 1),
            validators,
            accruedBefore,
            accruedAfter,
          }
    const found = (): Pick<RecomputedRoot, 'computed' | 'aggregator'> => {
      const failed = (problem: string) => ({ computed: { problem }, aggregator: undefined })
      if (inputs === undefined)
        return failed('problem' in economy ? economy.problem : 'what accrued in the epoch is not final at the head')
      const base = previousOf(previous)
      if (base === 'unknown') return failed(`it builds on epoch ${previous?.epoch}, whose carry was not found here`)
      // The one of the epoch before first, if the definition in force allows it.
      const allowed = candidatesOf(inputs.specHash)
      const candidates = [...allowed].sort(
        (a, b) => Number(b === previous?.aggregator) - Number(a === previous?.aggregator),
      )
      return likeliest(candidates, submitted.args.result, (aggregator) =>
        computeEpoch({ ...inputs, previous: base }, aggregator),
      )
    }
    const root = {
      subnet,
      epoch,
      submitted,
      activatesAt: confirmed.get(resultHash) ?? submitted.args.activatesAt,
      disabled: disabled.get(resultHash),
      previous,
      validators,
      ...found(),
    }
    roots.push(root)
    if (root.disabled === undefined) standing.set(netuid, root)
  }
  return roots
}

/** Whether a root is the one computed here. */
export function isReproduced({ computed, submitted }: RecomputedRoot): boolean {
  return 'result' in computed && computed.result.root === submitted.args.result.root
}

/** Several aggregators may give one root, above all in a first epoch; the record names the one that was meant. */
function likeliest(
  candidates: readonly Aggregator[],
  submitted: { readonly root: Hex; readonly dataHash: Hex },
  compute: (aggregator: Aggregator) => EpochComputation,
): Pick<RecomputedRoot, 'computed' | 'aggregator'> {
  let first: Pick<RecomputedRoot, 'computed' | 'aggregator'> | undefined
  let ofRoot: typeof first
  for (const aggregator of candidates) {
    try {
      const computed = compute(aggregator)
      const { root, dataHash } = computed.result
      if (root === submitted.root) ofRoot ??= { computed, aggregator }
      if (root === submitted.root && dataHash === submitted.dataHash) return { computed, aggregator }
      first ??= { computed, aggregator }
    } catch (error) {
      const problem = isKoinonError(error) ? error.message : String(error)
      first ??= { computed: { problem }, aggregator: undefined }
    }
  }
  return ofRoot ?? first ?? { computed: { problem: 'its definition is not known here' }, aggregator: undefined }
}

/** Posted words and totals are a fact whoever signed them; a carry that is not the posted one begins anew (specs/0007-epochs.md section 5). */
function previousOf(root: RecomputedRoot | undefined): PreviousResult | undefined | 'unknown' {
  if (root === undefined) return undefined
  const { result, resultHash, posting } = root.submitted.args
  const carry = carryBehind(root)
  if (carry === undefined) return 'unknown'
  const totals = { miners: result.minersTotal, dividends: result.dividendsTotal }
  return { epoch: root.epoch, resultHash, words: posting, totals, carry }
}

function carryBehind({ computed, submitted }: RecomputedRoot): Hex | undefined {
  const { carry } = submitted.args.posting
  if (carry.length === 0) return '0x'
  if ('problem' in computed) return undefined
  return carryWords(computed.carry).join() === carry.join() ? computed.carry : '0x'
}
