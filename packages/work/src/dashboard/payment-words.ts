import type { GasEstimateJson } from './payments.ts'

const words: Readonly<Record<string, string>> = {
  'payments/asset-not-allowed': 'it was in a token that is not taken',
  'payments/authorization-early': 'it was not valid yet',
  'payments/authorization-expired': 'it had expired',
  'payments/authorization-refused': 'the token would not have moved the money',
  'payments/authorization-too-long': 'it was valid for longer than is taken',
  'payments/authorization-used': 'it had paid for another call',
  'payments/bad-payment': 'it could not be read',
  'payments/bad-voucher': 'its voucher could not be read',
  'payments/bad-x402-request': 'it could not be read',
  'payments/busy': 'too much was under way',
  'payments/channel-closed': 'its channel was closed',
  'payments/channel-closing': 'its payer was taking the channel back',
  'payments/channel-empty': 'too little was left in its channel',
  'payments/channel-unknown': 'its channel is not on the ledger',
  'payments/channel-unsuitable': 'its channel has other terms than the gateway asks',
  'payments/commitment-busy': 'the same payment was at work already',
  'payments/commitment-mismatch': 'it was for another amount, asset, chain or payee',
  'payments/credit-exhausted': 'too much of its payer was owed without a voucher',
  'payments/deposit-refused': 'its deposit was refused',
  'payments/deposit-unknown': 'nobody knows yet whether its deposit came',
  'payments/ledger-unreachable': 'the ledger did not answer',
  'payments/mpp-bad-challenge': 'its challenge is not one of ours',
  'payments/mpp-bad-credential': 'it could not be read',
  'payments/mpp-body-differs': 'it was for another body',
  'payments/mpp-challenge-elsewhere': 'it was for another resource',
  'payments/mpp-challenge-expired': 'its challenge had expired',
  'payments/mpp-challenge-unknown': 'its challenge is not one of ours',
  'payments/payment-id-busy': 'a call with its id was at work',
  'payments/payment-id-reused': 'its id had named another request',
  'payments/rate-limited': 'its payer asked too often',
  'payments/settlement-refused': 'the ledger refused it',
  'payments/settlement-unknown': 'nobody knows yet whether it was settled',
  'payments/voucher-forged': 'its voucher was not signed by who may',
  'payments/voucher-over-deposit': 'its voucher was for more than the channel holds',
  'payments/voucher-short': 'its voucher did not cover the call',
  internal: 'the gateway itself failed',
}

/** Why a payment was refused, as it follows "Refused, because"; the code itself where there are no words for it. */
export function paymentRefusalWords(code: string): string {
  return words[code] ?? `of ${code}`
}

/** What channels saved or cost beside one exact payment a call, in a sentence; an estimate. */
export function gasSavedWords(gas: GasEstimateJson): string {
  const { charges, asExactGas, asChannelsGas } = gas
  if (charges === 0) return 'Nothing was charged on channels, so there is nothing to compare.'
  const bound = gas.isWhole ? '' : ' Not all claims were counted, so channels took more than that.'
  const saved = asExactGas - asChannelsGas
  const number = (amount: number): string => amount.toLocaleString('en')
  if (saved < 0) {
    return `Channels took about ${number(-saved)} gas more than ${number(charges)} exact payments would have: a channel pays off after a few calls.${bound}`
  }
  return `About ${number(saved)} gas saved: ${number(charges)} exact payments would have taken ${number(asExactGas)}, the channels took ${number(asChannelsGas)}.${bound}`
}
