import type { KoinonError } from '@koinon/base'
import { openAiError } from '../rules/openai-error.ts'

/** 503: of so many providers known, so many were asked. */
export function noProvider(tried: number, known: number): KoinonError {
  const message =
    known === 0
      ? 'No provider offers a model at the moment. Start one (koinon provider start) or try again in some seconds.'
      : `None of ${known} providers of this model could answer (${tried} were asked). Nothing was charged; try again in some seconds.`
  return openAiError({ status: 503, code: 'no_provider', message, retryAfterSeconds: 2 })
}

/** 503: every provider is full. */
export function allFull(): KoinonError {
  return openAiError({
    status: 503,
    code: 'overloaded',
    message:
      'Every provider of this model is full, and so is the line or your share of it. Nothing was charged; try again in some seconds.',
    retryAfterSeconds: 5,
  })
}

/** 400: nobody is there to hear an answer. */
export function clientLeft(): KoinonError {
  return openAiError({ status: 400, code: 'request_aborted', message: 'The client went away before the answer began.' })
}

/** 405: questions are asked by POST. */
export function methodNotAllowed(method: string | undefined): KoinonError {
  return openAiError({
    status: 405,
    code: 'method_not_allowed',
    message: `${method} is not possible here. Use POST; nothing was charged.`,
  })
}
