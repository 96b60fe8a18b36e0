import { KoinonError } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { badRequest, errorTypeOfStatus, openAiError, toOpenAiError } from './openai-error.ts'

describe('toOpenAiError', () => {
  it('keeps status, field and code of an OpenAI error', () => {
    expect(toOpenAiError(badRequest('messages[0].role', 'must be user'))).toEqual({
      status: 400,
      body: {
        error: {
          message: 'messages[0].role: must be user',
          type: 'invalid_request_error',
          param: 'messages[0].role',
          code: 'invalid_value',
        },
      },
    })
  })

  it('passes on when to come back', () => {
    const error = openAiError({ status: 429, code: 'rate_limit_exceeded', message: 'Slow down.', retryAfterSeconds: 3 })
    expect(toOpenAiError(error)).toMatchObject({ status: 429, retryAfterSeconds: 3 })
  })

  it('ends the message of any other error of ours with its hint', () => {
    const error = new KoinonError({ code: 'payments/x', message: 'It broke', hint: 'Mend it.', retry: 'later' })
    expect(toOpenAiError(error)).toEqual({
      status: 503,
      body: { error: { message: 'It broke. Mend it.', type: 'server_error', param: null, code: 'payments/x' } },
    })
  })

  it('tells nothing of an unexpected failure', () => {
    const { status, body } = toOpenAiError(new Error('/etc/secret not found'))
    expect([status, JSON.stringify(body).includes('secret')]).toEqual([500, false])
  })
})

describe('errorTypeOfStatus', () => {
  it('uses the types OpenAI clients know', () => {
    expect([400, 401, 402, 403, 404, 429, 500, 503].map(errorTypeOfStatus)).toEqual([
      'invalid_request_error',
      'authentication_error',
      'insufficient_quota',
      'permission_error',
      'invalid_request_error',
      'rate_limit_error',
      'server_error',
      'server_error',
    ])
  })
})
