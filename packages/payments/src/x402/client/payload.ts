/** Commitments in the forms that x402 v2 sends. */
import type { AttachedPayment } from '../../client/client-wire.ts'
import type { ChannelConfig } from '../../rules/channel.ts'
import type { Commitment } from '../../rules/terms.ts'
import { voucherToJson } from '../../rules/voucher.ts'
import { object, type X402Challenge } from './challenge.ts'

const paymentIdentifier = 'payment-identifier'

/** Whether the seller takes a payment id. */
export function takesPaymentId({ extensions }: X402Challenge): boolean {
  return object(object(extensions[paymentIdentifier])?.['info']) !== undefined
}

/** The PaymentPayload that carries a commitment; the seller's extensions are echoed, with the payment id where it takes one. */
export function paymentPayload(payment: AttachedPayment): Readonly<Record<string, unknown>> {
  const { resource, extensions } = payment.challenge.raw as X402Challenge
  const declared = object(extensions[paymentIdentifier])
  const info = object(declared?.['info'])
  const echoed =
    info === undefined
      ? extensions
      : { ...extensions, [paymentIdentifier]: { ...declared, info: { ...info, id: payment.paymentId } } }
  return {
    x402Version: 2,
    ...(resource === undefined ? {} : { resource }),
    accepted: payment.option.wire,
    payload: schemePayload(payment.commitment),
    ...(Object.keys(echoed).length === 0 ? {} : { extensions: echoed }),
  }
}

function schemePayload(commitment: Commitment): Readonly<Record<string, unknown>> {
  if (commitment.backEnd === 'exact') {
    const { from, to, valueAtomic, validAfter, validBefore, nonce, signature } = commitment.authorization
    return {
      signature,
      authorization: {
        from,
        to,
        value: valueAtomic.toString(),
        validAfter: validAfter.toString(),
        validBefore: validBefore.toString(),
        nonce,
      },
    }
  }
  const { config, voucher, deposit } = commitment
  return {
    type: deposit === undefined ? 'voucher' : 'deposit',
    channelConfig: channelConfigToJson(config),
    voucher: voucherToJson(voucher),
    ...(deposit === undefined
      ? {}
      : {
          deposit: {
            amount: deposit.amountAtomic.toString(),
            authorization: {
              erc3009Authorization: {
                validAfter: deposit.validAfter.toString(),
                validBefore: deposit.validBefore.toString(),
                salt: deposit.salt,
                signature: deposit.signature,
              },
            },
          },
        }),
  }
}

/** Field for field, as x402 names them. */
export function channelConfigToJson(config: ChannelConfig): Readonly<Record<string, unknown>> {
  const { payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt } = config
  return { payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt }
}
