/** Letting the ledger compute a whole pending result, which makes it active at once (specs/0015-disputes.md section 7). */
import { type Hex, isKoinonError, KoinonError } from '@koinon/base'
import type { SubmittedRoot, SubnetLedger, SubnetLedgerWriter } from '../client/index.ts'
import { type Confirmation, confirmationObstacle, confirmationOf, type SpecParts } from '../rules/index.ts'

export type ConfirmPorts = {
  readonly netuid: number
  readonly ledger: Pick<SubnetLedger, 'nowSeconds' | 'roots' | 'reveals' | 'maximumSeats'>
  readonly writer: Pick<SubnetLedgerWriter, 'estimateConfirm' | 'confirm'>
}

/** All that a confirmation shows to the ledger, and the gas that this takes. */
export type PlannedConfirmation = {
  readonly root: SubmittedRoot
  readonly spec: SpecParts
  readonly confirmation: Confirmation
  readonly gas: bigint
}

/**
 * The result that waits for its delay, or that of an epoch. Throws `subnets/nothing-pending`, and `subnets/already-active` where no delay is
 * left to save.
 */
export async function pendingRoot(
  { netuid, ledger }: Pick<ConfirmPorts, 'netuid' | 'ledger'>,
  epoch?: number,
): Promise<SubmittedRoot> {
  const [roots, nowSeconds] = await Promise.all([ledger.roots(netuid), ledger.nowSeconds()])
  const root = epoch === undefined ? roots.at(-1) : roots.find((one) => one.epoch === epoch)
  if (root !== undefined && root.activatesAtSeconds > nowSeconds) return root
  if (root === undefined || epoch === undefined) throw nothingPending(netuid, epoch)
  throw new KoinonError({
    code: 'subnets/already-active',
    message: `The result of epoch ${epoch} of subnet ${netuid} has been active since second ${root.activatesAtSeconds} of the ledger`,
    hint: `There is nothing left to confirm; see who was paid: koinon epoch show ${epoch} --netuid ${netuid}`,
  })
}

/**
 * What shows a pending result to the ledger. Throws what stands against it: `subnets/not-confirmable`, `subnets/too-large-to-confirm`,
 * `subnets/row-missing`, `subnets/result-differs` when the ledger computes another number, `subnets/already-active` or
 * `subnets/nothing-pending` when somebody was faster, and what the ledger's errors are.
 */
export async function planConfirmation(
  ports: Omit<ConfirmPorts, 'writer'> & { readonly writer: Pick<SubnetLedgerWriter, 'estimateConfirm'> },
  root: SubmittedRoot,
  spec: SpecParts,
): Promise<PlannedConfirmation> {
  const { netuid, ledger, writer } = ports
  const { posting, result } = root
  const [maximumSeats, roots] = await Promise.all([ledger.maximumSeats(netuid), ledger.roots(netuid)])
  const obstacle = confirmationObstacle({ posting, maximumSeats, aggregatorSpecHash: spec.aggregator })
  if (obstacle !== undefined) throw obstacle
  const base = roots.find(({ resultHash }) => resultHash === result.previousHash)
  const rows = await rowsByAge({ netuid, ledger }, root)
  const confirmation = confirmationOf(posting, base?.posting, (hotkey, age) => rows.get(`${age} ${hotkey}`))
  try {
    return { root, spec, confirmation, gas: await writer.estimateConfirm(root, spec, confirmation) }
  } catch (error) {
    throw await explained(ports, root, error)
  }
}

/** Has the ledger compute it. Throws as `planConfirmation` does. */
export async function sendConfirmation(
  ports: ConfirmPorts,
  { root, spec, confirmation }: PlannedConfirmation,
): Promise<void> {
  try {
    await ports.writer.confirm(root, spec, confirmation)
  } catch (error) {
    throw await explained(ports, root, error)
  }
}

/** Rows of the epoch and of those before it that a row may come from, by age and hotkey. */
async function rowsByAge(
  { netuid, ledger }: Pick<ConfirmPorts, 'netuid' | 'ledger'>,
  { epoch, posting }: SubmittedRoot,
): Promise<ReadonlyMap<string, Hex>> {
  const ages = [...new Set(posting.validators.map((word) => Number.parseInt(word.slice(42, 44), 16)))]
  const rows = new Map<string, Hex>()
  for (const age of ages.filter((one) => one <= epoch)) {
    for (const { hotkey, row } of await ledger.reveals(netuid, epoch - age)) rows.set(`${age} ${hotkey}`, row)
  }
  return rows
}

function nothingPending(netuid: number, epoch: number | undefined): KoinonError {
  return new KoinonError({
    code: 'subnets/nothing-pending',
    message:
      epoch === undefined
        ? `No result of subnet ${netuid} waits for its delay now`
        : `No result of epoch ${epoch} of subnet ${netuid} stands on the ledger`,
    hint: `Where gas is free, validators confirm within seconds by themselves, so that little is left to do by hand. Epochs and their results: koinon epoch show --netuid ${netuid}`,
  })
}

/** A refusal in words, where the contract's reason is about the result; else the error itself. */
async function explained(
  place: Pick<ConfirmPorts, 'netuid' | 'ledger'>,
  root: SubmittedRoot,
  error: unknown,
): Promise<unknown> {
  const given = isKoinonError(error) ? error.details?.['reason'] : undefined
  const reason = typeof given === 'string' ? given : ''
  if (reason.startsWith('NotDisputable(')) return (await overtaken(place, root, error)) ?? error
  return differing(reason, root, error) ?? error
}

/** What became of a result since it was seen pending; undefined when it still waits. */
async function overtaken(
  { netuid, ledger }: Pick<ConfirmPorts, 'netuid' | 'ledger'>,
  { epoch, resultHash, activatesAtSeconds }: SubmittedRoot,
  cause: unknown,
): Promise<KoinonError | undefined> {
  const [roots, nowSeconds] = await Promise.all([ledger.roots(netuid), ledger.nowSeconds()])
  const root = roots.find((one) => one.resultHash === resultHash)
  const result = `the result of epoch ${epoch} of subnet ${netuid}`
  if (root === undefined)
    return new KoinonError({
      code: 'subnets/nothing-pending',
      message: `While it was looked at, ${result} was shown to be wrong or objected to, and stands no more`,
      hint: `Nothing was sent. See the epoch: koinon epoch show ${epoch} --netuid ${netuid}`,
      cause,
    })
  if (root.activatesAtSeconds > nowSeconds) return undefined
  const isConfirmed = root.activatesAtSeconds < activatesAtSeconds
  return new KoinonError({
    code: 'subnets/already-active',
    message: isConfirmed
      ? `While it was looked at, somebody else had the ledger compute ${result}, which is active now`
      : `While it was looked at, the delay of ${result} ended, which is active now`,
    hint: `Nothing was sent and there is nothing left to confirm.${isConfirmed ? ' Validators do it by themselves within seconds where gas is free.' : ''} See who was paid: koinon epoch show ${epoch} --netuid ${netuid}`,
    cause,
  })
}

/** What the contract's refusal says about the result; undefined when it says something else. */
function differing(reason: string, { epoch }: SubmittedRoot, cause: unknown): KoinonError | undefined {
  const part = /^(?:PartMismatch|NotTheMedian|RowMismatch)\((.*)\)$/.exec(reason)?.[0]
  if (part === undefined) return undefined
  return new KoinonError({
    code: 'subnets/result-differs',
    message: `The ledger does not compute what the result of epoch ${epoch} says: ${part}`,
    hint: 'It is not confirmed. A validator that runs disputes it by itself, which slashes its signers: koinon validator start',
    cause,
  })
}
