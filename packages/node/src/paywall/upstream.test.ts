import type { PaidRequest } from '@koinon/payments/paywall'
import { describe, expect, it } from 'vitest'
import { askUpstream } from './upstream.ts'

/** The headers that an upstream is asked with. */
async function passedOn(headers: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const url = 'http://shop.example/free'
  const { signal } = new AbortController()
  const request = { method: 'GET', url, headers, body: new Uint8Array(), signal } as unknown as PaidRequest
  const sent = Promise.withResolvers<Headers>()
  await askUpstream(new URL('http://127.0.0.1:1'), request, async (_, init) => {
    sent.resolve(new Headers(init?.headers))
    return new Response('')
  })
  return Object.fromEntries(await sent.promise)
}

describe('what the service behind a paywall is asked', () => {
  it('is the path and method that were paid for, whatever headers name', async () => {
    const named = {
      'x-original-url': '/dear',
      x_original_url: '/dear',
      'x-rewrite-url': '/dear',
      'x-original-uri': '/dear',
      'x-http-method-override': 'POST',
      'x-http-method': 'POST',
      'x-method-override': 'POST',
    }
    expect(await passedOn({ ...named, 'x-trace': 'kept' })).toEqual({ 'x-trace': 'kept' })
  })
})
