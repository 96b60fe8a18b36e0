import type { PaymentOption } from '../../client/client-wire.ts'
import { checkPayable } from '../../client/payable-request.ts'
import type { Payer } from '../../client/payer.ts'
import type { ChannelConfig } from '../../rules/channel.ts'
import { type SignedVoucher, voucherToJson } from '../../rules/voucher.ts'
import type { X402Challenge } from './challenge.ts'
import { channelConfigToJson } from './payload.ts'
import { encodeBase64Json, x402Wire } from './x402-wire.ts'

export type RefundOptions = {
  /** A resource of the seller that is paid by the channel; its own work is not done. */
  readonly url: string
  readonly method?: string
  readonly fetch?: typeof globalThis.fetch
  readonly allowHttp?: boolean
}

const timeoutMs = 60_000

/**
 * Asks an x402 seller to give back the rest of a channel, for `Payer.takeBack`. Resolves to whether it agreed, or to its books of the channel
 * where it refuses for another sum. Throws what `fetch` throws.
 */
export function x402Refund(options: RefundOptions): NonNullable<Parameters<Payer['takeBack']>[1]['refund']> {
  const { url, method = 'GET', fetch = globalThis.fetch, allowHttp = false } = options
  return async (config, voucher) => {
    const request = new Request(url, { method })
    const init = { method, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) } as const
    const asked = await fetch(url, init)
    const challenge = x402Wire.read402(asked, await asked.text())
    const option = challenge?.options.find((offered) => isOf(offered, config))
    if (challenge === undefined || option === undefined) return false
    checkPayable(request, asked, allowHttp)
    const { resource, extensions } = challenge.raw as X402Challenge
    const payload = {
      x402Version: 2,
      ...(resource === undefined ? {} : { resource }),
      accepted: option.wire,
      payload: refundPayload(config, voucher),
      ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
    }
    const answer = await fetch(url, { ...init, headers: { 'payment-signature': encodeBase64Json(payload) } })
    if (answer.status === 402) {
      const refusal = x402Wire.read402(answer, await answer.text())
      return refusal?.options.find((offered) => isOf(offered, config))?.stated ?? false
    }
    await answer.body?.cancel()
    return answer.ok && x402Wire.readReceipt(answer)?.isSuccess === true
  }
}

function refundPayload(config: ChannelConfig, voucher: SignedVoucher): Readonly<Record<string, unknown>> {
  return { type: 'refund', channelConfig: channelConfigToJson(config), voucher: voucherToJson(voucher) }
}

function isOf({ backEnd, terms, channel }: PaymentOption, config: ChannelConfig): boolean {
  return (
    backEnd === 'channel' &&
    terms.payTo === config.receiver &&
    terms.asset.token === config.token &&
    channel?.receiverAuthorizer === config.receiverAuthorizer
  )
}
