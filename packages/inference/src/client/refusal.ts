import { KoinonError } from '@koinon/base'
import { openAiError } from '../rules/openai-error.ts'
import type { DemotionReason } from './provider-link.ts'

const maximumMessage = 500

/** Why one provider did not answer, what that says of the provider, and whether the client itself is at fault. */
export class AttemptFailed extends Error {
  readonly error: KoinonError
  readonly reason: DemotionReason | undefined
  readonly isClientsFault: boolean
  /** The provider may be asked again in a moment. */
  readonly isForNow: boolean

  constructor(
    error: KoinonError,
    reason: DemotionReason | undefined,
    kind: 'providersFault' | 'clientsFault' | 'forNow' = 'providersFault',
  ) {
    super(error.message)
    this.error = error
    this.reason = reason
    this.isClientsFault = kind === 'clientsFault'
    this.isForNow = kind === 'forNow'
  }
}

/** Reads a provider's refusal. A refused request (400, 404, 413) may still suit another provider, but says nothing bad of this one. */
export function providerRefusal(status: number, body: Buffer): AttemptFailed {
  const stated = readError(body)
  if (status === 400 || status === 404 || status === 413 || status === 422) {
    return new AttemptFailed(
      openAiError({
        status: status === 422 ? 400 : status,
        code: stated.code,
        message: stated.message,
        ...(stated.param === undefined ? {} : { param: stated.param }),
      }),
      undefined,
      'clientsFault',
    )
  }
  const error = new KoinonError({
    code: 'gateway/refused',
    message: `The provider refused with status ${status}: ${stated.message}`,
    retry: 'later',
    details: { remoteStatus: status, remoteCode: stated.code },
  })
  return status === 429 || stated.code === creditExhausted
    ? new AttemptFailed(error, undefined, 'forNow')
    : new AttemptFailed(error, 'refused')
}

const creditExhausted = 'payments/credit-exhausted'

/** True when a provider does not know the session, as after a restart: it has done nothing for this request. */
export function isSessionUnknown(error: unknown): boolean {
  return error instanceof AttemptFailed && error.error.details?.['remoteCode'] === 'request/unknown-session'
}

/** True when a provider says that we owe it too much without a voucher: our books may have fallen apart. */
export function isCreditExhausted(error: unknown): boolean {
  return error instanceof AttemptFailed && error.error.details?.['remoteCode'] === creditExhausted
}

/** There is no open channel to a provider. */
export function noChannel(): KoinonError {
  return new KoinonError({
    code: 'gateway/no-channel',
    message: 'The gateway has no channel to this provider',
    retry: 'later',
  })
}

const roomComing = 'gateway/room-coming'

/** The provider was not asked: a channel to it is being opened or topped up, and it may be asked in a moment. */
export function roomOnItsWay(): AttemptFailed {
  const message = 'The gateway is opening or topping up its channel to this provider'
  return new AttemptFailed(new KoinonError({ code: roomComing, message, retry: 'later' }), undefined, 'forNow')
}

/** True when nobody was asked yet: see `roomOnItsWay`. */
export function isRoomOnItsWay(error: unknown): boolean {
  return error instanceof AttemptFailed && error.error.code === roomComing
}

function readError(body: Buffer): { readonly code: string; readonly message: string; readonly param?: string } {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: Record<string, unknown> }
    const param = error?.['param']
    return {
      code: String(error?.['code'] ?? 'invalid_value').slice(0, 100),
      message: String(error?.['message'] ?? 'no reason given').slice(0, maximumMessage),
      ...(typeof param === 'string' ? { param: param.slice(0, 100) } : {}),
    }
  } catch {
    return { code: 'invalid_value', message: 'no reason given' }
  }
}
