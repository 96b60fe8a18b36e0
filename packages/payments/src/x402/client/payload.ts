/** Commitments in the forms that x402 v2 sends. */
import type { AttachedPayment } from '../../client/client-wire.ts'
import type { ChannelConfig } from '../../rules/channel.ts'
import type { Commitment, UpToAuthorization } from '../../rules/terms.ts'
import { permit2Address, upToProxyAddress } from '../../rules/up-to.ts'
import { voucherToJson } from '../../rules/voucher.ts'
import { gasSponsoring } from '../rules/up-to-payload.ts'
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
  const { [gasSponsoring]: sponsoring, ...others } = extensions
  const permit = permitExtension(payment.commitment, sponsoring)
  const kept = permit === undefined ? others : { ...others, [gasSponsoring]: permit }
  const echoed =
    info === undefined
      ? kept
      : { ...kept, [paymentIdentifier]: { ...declared, info: { ...info, id: payment.paymentId } } }
  return {
    x402Version: 2,
    ...(resource === undefined ? {} : { resource }),
    accepted: payment.option.wire,
    payload: schemePayload(payment.commitment),
    ...(Object.keys(echoed).length === 0 ? {} : { extensions: echoed }),
  }
}

/** The EIP-2612 permit of an `upTo` payment; without one the seller's offer is not echoed. */
function permitExtension(commitment: Commitment, declared: unknown): Readonly<Record<string, unknown>> | undefined {
  if (commitment.backEnd !== 'upTo' || commitment.authorization.allowance === undefined) return undefined
  const { from, token, maximumAtomic, allowance } = commitment.authorization
  const { nonce, deadline, signature } = allowance
  const extension = object(declared)
  return {
    ...extension,
    info: {
      version: '1',
      // Servers look for what they wrote.
      ...object(extension?.['info']),
      from,
      asset: token,
      spender: permit2Address,
      amount: maximumAtomic.toString(),
      nonce: nonce.toString(),
      deadline: deadline.toString(),
      signature,
    },
  }
}

function upToPayload(authorization: UpToAuthorization): Readonly<Record<string, unknown>> {
  const { signature, token, from, to, facilitator, maximumAtomic, validAfter, validBefore, nonce } = authorization
  return {
    signature,
    permit2Authorization: {
      from,
      permitted: { token, amount: maximumAtomic.toString() },
      spender: upToProxyAddress,
      nonce: BigInt(nonce).toString(),
      deadline: validBefore.toString(),
      witness: { to, facilitator, validAfter: validAfter.toString() },
    },
  }
}

function schemePayload(commitment: Commitment): Readonly<Record<string, unknown>> {
  if (commitment.backEnd === 'upTo') return upToPayload(commitment.authorization)
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
