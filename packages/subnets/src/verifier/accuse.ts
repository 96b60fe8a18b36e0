/** Showing the ledger who signed two results of one epoch (specs/0015-disputes.md section 8). */
import { isKoinonError, KoinonError } from '@koinon/base'
import type { SignedResult, SubnetLedger, SubnetLedgerWriter } from '../client/index.ts'
import { resultFromJson } from '../rules/index.ts'
import { ledgerSignature, type TwofoldSignature, twofoldSignature } from '../rules/twofold.ts'

export type AccusePorts = {
  readonly ledger: Pick<SubnetLedger, 'domain' | 'isDisabled'>
  readonly writer: Pick<SubnetLedgerWriter, 'estimatePunishTwofold'>
}

export type PlannedAccusation = TwofoldSignature & { readonly gas: bigint }

/** A document as validators serve it. Throws `subnets/bad-result`, `subnets/bad-signature`. */
export function signedResultFromJson(json: unknown): SignedResult {
  const { result, signature } = (json ?? {}) as { readonly result?: unknown; readonly signature?: unknown }
  if (typeof signature !== 'string' || !/^0x[0-9a-f]{130}$/.test(signature))
    throw new KoinonError({
      code: 'subnets/bad-signature',
      message: 'A document has no "signature" of 65 bytes in lower case hex',
      hint: 'Give documents as validators serve them at /v1/attestations/NETUID/EPOCH.',
    })
  return { result: resultFromJson(result), signature: ledgerSignature(signature as SignedResult['signature']) }
}

/**
 * Who is slashed for two signed results, and the gas it takes. Throws as `twofoldSignature` does, `subnets/not-punishable` with why not, and
 * what the ledger's errors are.
 */
export async function planAccusation(
  { ledger, writer }: AccusePorts,
  first: SignedResult,
  second: SignedResult,
): Promise<PlannedAccusation> {
  const found = twofoldSignature(ledger.domain, first, second)
  for (const resultHash of found.resultHashes)
    if (await ledger.isDisabled(resultHash))
      throw notPunishable(`the result ${resultHash} was disabled, and after that another one may be signed`)
  try {
    return { ...found, gas: await writer.estimatePunishTwofold(first, second) }
  } catch (error) {
    const why = whyNot(error)
    throw why === undefined ? error : notPunishable(why, error)
  }
}

const reasons: readonly (readonly [RegExp, string])[] = [
  [/^AlreadyPunished\(/, 'its signer has been slashed already, for this epoch or for another of the last unbonding'],
  [/^SignerNotPermitted\(/, "its signer had no validator permit at the epoch's start"],
  [/^OffenceTooOld\(/, 'it is too long ago: the stake that answered for it is free'],
  [/^RootTooEarly\(/, "the epoch's rows are still being revealed; try again when that is over"],
  [/^NotTwoResults\(/, 'one of the two was disabled meanwhile'],
]

/** What a refusal of `punishTwofold` says, in words; undefined of another error. */
export function whyNot(error: unknown): string | undefined {
  const reason = isKoinonError(error) ? error.details?.['reason'] : undefined
  return typeof reason === 'string' ? reasons.find(([pattern]) => pattern.test(reason))?.[1] : undefined
}

function notPunishable(why: string, cause?: unknown): KoinonError {
  return new KoinonError({
    code: 'subnets/not-punishable',
    message: `The ledger does not slash for this: ${why}`,
    hint: 'Nothing was sent and nothing is left to do here.',
    ...(cause === undefined ? {} : { cause }),
  })
}
