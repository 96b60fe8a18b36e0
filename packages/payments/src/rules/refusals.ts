import { formatUnits, type Hex, KoinonError } from '@koinon/base'
import { type AdmissionRefusal, availablePicoUsd, type ChannelAccount, voucherDue } from './admission.ts'

const picoDecimals = 12

/** The error of a channel nobody here has admitted. */
export function channelUnknown(channelId: Hex): KoinonError {
  return new KoinonError({
    code: 'payments/channel-unknown',
    message: `The payment channel ${channelId.slice(0, 12)}… is not known here`,
    hint: 'Open a channel to this receiver and register it (POST /v1/channels, or POST /v1/keys for an API key).',
    retry: 'later',
    details: { channelId },
  })
}

/** The 402 answers of specs/0005: each says in figures what is missing; `unsecuredOfPayer` as in `admissionRefusal`. */
export function admissionError(
  refusal: AdmissionRefusal,
  channelId: Hex,
  account: ChannelAccount,
  maximumPicoUsd: bigint,
  unsecuredOfPayer: bigint,
): KoinonError {
  const details = {
    channelId,
    depositAtomic: account.depositAtomic.toString(),
    owedPicoUsd: account.owedPicoUsd.toString(),
    reservedPicoUsd: account.reservedPicoUsd.toString(),
    voucherAtomic: account.voucherAtomic.toString(),
    availablePicoUsd: availablePicoUsd(account).toString(),
    neededPicoUsd: maximumPicoUsd.toString(),
  }
  if (refusal === 'channel-closing') {
    return new KoinonError({
      code: 'payments/channel-closing',
      message: 'The payer has begun to withdraw this channel, so it takes no new requests',
      hint: 'Open a new channel to this receiver.',
      details,
    })
  }
  if (refusal === 'channel-empty') {
    return new KoinonError({
      code: 'payments/channel-empty',
      message: `The request may cost up to ${dollars(maximumPicoUsd)} dollars and the channel has ${dollars(availablePicoUsd(account))} left`,
      hint: 'Top up the channel, or ask for fewer tokens (max_tokens).',
      retry: account.reservedPicoUsd > 0n ? 'later' : 'never',
      details,
    })
  }
  return new KoinonError({
    code: 'payments/credit-exhausted',
    message: `${dollars(unsecuredOfPayer)} dollars are owed or in work without a voucher; the limit is ${dollars(account.creditLimitPicoUsd)} for all channels of a payer together`,
    hint: `Send a voucher of at least ${voucherDue(account)} atomic units (x-koinon-voucher or POST /v1/vouchers), and what other channels of yours to this receiver lack.`,
    retry: 'later',
    details: {
      ...details,
      unsecuredPicoUsd: unsecuredOfPayer.toString(),
      creditLimitPicoUsd: account.creditLimitPicoUsd.toString(),
      voucherDueAtomic: voucherDue(account).toString(),
    },
  })
}

function dollars(picoUsd: bigint): string {
  return formatUnits(picoUsd, picoDecimals)
}
