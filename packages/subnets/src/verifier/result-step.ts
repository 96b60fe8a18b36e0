/** Signing, collecting and submitting results. */
import { type Address, bytesToHex, type Hex, recoverAddress } from '@koinon/base'
import { type Peer, type Settlement, unlessDone } from '../client/index.ts'
import { type EpochComputation, resultDigest, resultFromJson, turnOf } from '../rules/index.ts'
import type { EpochHistory } from './epoch-history.ts'
import type { EpochStep } from './epoch-step.ts'
import { isGroundSettled } from './settled-ground.ts'

export type Permitted = readonly { readonly hotkey: Address; readonly stake: bigint }[]

/**
 * From the end of reveals on: attests the epoch's result on top of the one that is active and, when it is this validator's turn, submits
 * it. What was signed on top of another one stays signed and unsent: the next epoch builds on what is active then, and pays what accrued.
 */
export async function attestStep<task, response, ports>(
  step: EpochStep<task, response, ports>,
  history: EpochHistory,
  /** On a chain whose blocks may be replaced. */
  settlement?: Settlement,
): Promise<void> {
  const { options, epoch, window, nowSeconds } = step
  const { ledger, netuid, account, store, writer, signingStop, onEvent } = options
  const why = signingStop.read()
  if (why !== undefined) {
    onEvent?.({ kind: 'signingStopped', epoch, why, path: signingStop.path })
    return
  }
  const roots = await ledger.roots(netuid)
  const last = roots.at(-1)
  if (last !== undefined && (last.epoch >= epoch || last.activatesAtSeconds > nowSeconds)) return
  const permitted = await ledger.permittedAt(netuid, window.startsAtSeconds)
  if (!permitted.some(({ hotkey }) => hotkey === account.address)) return
  if ((await ledger.accrued(netuid, epoch + 1)) === undefined) return
  if (settlement !== undefined && !(await isGroundSettled(settlement, window, last))) return
  const computation = await history.compute(epoch, last === undefined ? undefined : await history.resultBehind(last))
  if (computation.payouts.length === 0) {
    onEvent?.({ kind: 'nothingEarned', epoch })
    return
  }
  const digest = resultDigest(ledger.domain, computation.result)
  if (await ledger.isDisabled(bytesToHex(digest))) return
  const signature = await attest(step, computation, digest)
  if (signature === undefined) return
  const turnSeconds = window.revealEndsAtSeconds + submitDelaySeconds(permitted, account.address, epoch, step)
  if ((settlement?.atSeconds ?? nowSeconds) < turnSeconds) return
  const signatures = await collect(step, permitted, digest, { hotkey: account.address, signature }, readAttestation)
  if (stakeOf(permitted, signatures) * 3n <= totalOf(permitted) * 2n) return
  const isSubmitted = async (): Promise<boolean> => (await ledger.roots(netuid)).some((root) => root.epoch >= epoch)
  if (await isSubmitted()) return
  const submit = () =>
    writer.submitRoot(
      computation.result,
      computation.posting,
      signatures.map(({ hotkey }) => permitted.findIndex((validator) => validator.hotkey === hotkey)),
      signatures.map((item) => item.signature),
    )
  if (await unlessDone(submit, isSubmitted)) onEvent?.({ kind: 'submitted', epoch })
  await store.saveCarry(netuid, epoch, { root: computation.result.root, carry: computation.carry })
}

/**
 * Signs once per result; after a restart the stored signature is served again. Never signs two results of an epoch unless the first is
 * disabled: showing both would cost a part of the stake.
 */
async function attest<task, response, ports>(
  { options, epoch }: EpochStep<task, response, ports>,
  { result, recordText }: EpochComputation,
  digest: Uint8Array,
): Promise<Hex | undefined> {
  const { store, netuid, account, ledger, onEvent } = options
  const stored = await store.attestation(netuid, epoch)
  if (stored !== undefined) {
    const storedHash = bytesToHex(resultDigest(ledger.domain, stored.result))
    if (storedHash === bytesToHex(digest)) return stored.signature
    if (!(await ledger.isDisabled(storedHash))) {
      onEvent?.({ kind: 'signedOther', epoch, resultHash: storedHash })
      return undefined
    }
  }
  const signature = await account.signDigest(digest)
  await store.saveAttestation({ result, signature }, recordText)
  onEvent?.({ kind: 'attested', epoch })
  return signature
}

type Signed = { readonly hotkey: Address; readonly signature: Hex }

/** Own and others' signatures over the digest, ascending by signer as the contract wants them. Silent peers are left out. */
export async function collect<task, response, ports>(
  { options, epoch, signal }: EpochStep<task, response, ports>,
  permitted: Permitted,
  digest: Uint8Array,
  own: Signed,
  read: (json: unknown) => Hex | undefined,
): Promise<readonly Signed[]> {
  const { ledger, netuid, attestations } = options
  const names = new Set(permitted.map(({ hotkey }) => hotkey))
  const peers = (await ledger.endpoints(netuid)).filter(
    ({ hotkey, endpoint }) => hotkey !== own.hotkey && endpoint !== '' && names.has(hotkey),
  )
  const ask = async (peer: Peer): Promise<readonly Signed[]> => {
    try {
      const signature = read(await attestations(peer, netuid, epoch, signal))
      if (signature === undefined || recoverAddress(digest, signature) !== peer.hotkey) return []
      return [{ hotkey: peer.hotkey, signature }]
    } catch {
      return []
    }
  }
  const others = (await Promise.all(peers.map(ask))).flat()
  return [own, ...others].sort((a, b) => (a.hotkey < b.hotkey ? -1 : 1))
}

function readAttestation(json: unknown): Hex | undefined {
  const { result, signature } = (json ?? {}) as { result?: unknown; signature?: unknown }
  resultFromJson(result)
  return asSignature(signature)
}

export function asSignature(value: unknown): Hex | undefined {
  return typeof value === 'string' && /^0x[0-9a-f]{130}$/.test(value) ? (value as Hex) : undefined
}

/** Seconds after the end of reveals: the proposer waits none, the next in line one slot longer, and so on. */
function submitDelaySeconds<task, response, ports>(
  permitted: Permitted,
  hotkey: Address,
  epoch: number,
  { window }: EpochStep<task, response, ports>,
): number {
  const epochSeconds = window.endsAtSeconds - window.startsAtSeconds
  const rootPhaseSeconds = epochSeconds - (window.revealEndsAtSeconds - window.endsAtSeconds)
  const slotSeconds = Math.floor(rootPhaseSeconds / (2 * permitted.length))
  return turnOf(permitted, hotkey, epoch) * slotSeconds
}

export function stakeOf(permitted: Permitted, signatures: readonly Signed[]): bigint {
  const signers = new Set(signatures.map(({ hotkey }) => hotkey))
  return totalOf(permitted.filter(({ hotkey }) => signers.has(hotkey)))
}

export function totalOf(permitted: Permitted): bigint {
  return permitted.reduce((sum, { stake }) => sum + stake, 0n)
}
