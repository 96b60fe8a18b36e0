import type { IncomingMessage } from 'node:http'
import { isKoinonError } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { toOpenAiError } from '../rules/openai-error.ts'
import { HostGuard } from './host-guard.ts'

const guard = new HostGuard({ hosts: ['192.0.2.7:8402'], allowedOrigins: ['https://friend.example'] })
const from = (headers: IncomingMessage['headers']): IncomingMessage => ({ headers }) as IncomingMessage

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was refused')
}

describe('HostGuard', () => {
  it.each(['192.0.2.7:8402', '127.0.0.1:8402', 'localhost:8402', '[::1]:8402', 'LOCALHOST'])(
    'answers to %s',
    (host) => {
      guard.checkHost(from({ host }))
    },
  )

  it.each(['0.0.0.0:8402', '192.0.2.7', '192.0.2.8:8402', 'evil.example', '', undefined])(
    'does not answer to %s, and names the address that it has',
    (host) => {
      const error = thrownBy(() => guard.checkHost(from(host === undefined ? {} : { host })))
      if (!isKoinonError(error)) throw error
      expect(error).toMatchObject({ code: 'gateway/wrong-host', details: { status: 421 } })
      expect(error.hint).toContain('192.0.2.7:8402')
      expect(error.hint).toContain('--host')
    },
  )

  it('lets its own page and allowed ones read, and tells others what may', () => {
    const host = '192.0.2.7:8402'
    expect(guard.corsHeaders(from({ host }))).toEqual({})
    expect(guard.corsHeaders(from({ host, origin: `http://${host}` }))).toEqual({})
    expect(guard.corsHeaders(from({ host, origin: 'https://friend.example' }))).toMatchObject({
      'access-control-allow-origin': 'https://friend.example',
      vary: 'origin',
    })
    for (const origin of ['https://evil.example', 'null', 'http://192.0.2.7:9999']) {
      const { body, status } = toOpenAiError(thrownBy(() => guard.corsHeaders(from({ host, origin }))))
      expect([status, body.error.code]).toEqual([403, 'origin_not_allowed'])
      expect(body.error.message).toMatch(/only its own page and programs may/)
    }
  })
})
