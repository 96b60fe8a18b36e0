import { describe, expect, test } from 'vitest'
import { errorFromAnswer, requestJson } from './request.ts'

describe('requestJson', () => {
  test('sends keys only where they were given', async () => {
    const { door, seen } = setup(new Response('{"a":1}'))
    expect(await requestJson(door, '/api/x', { localToken: 'token', body: { b: 2 }, method: 'POST' })).toEqual({ a: 1 })
    expect(seen[0]?.url).toBe('http://gateway/api/x')
    expect(seen[0]?.init).toMatchObject({ method: 'POST', body: '{"b":2}', credentials: 'omit', cache: 'no-store' })
    expect(seen[0]?.init?.headers).toEqual({
      accept: 'application/json',
      'content-type': 'application/json',
      'x-koinon-local': 'token',
    })
  })

  test('sends the API key as a bearer', async () => {
    const { door, seen } = setup(new Response('{}'))
    await requestJson(door, '/v1/receipts', { apiKey: 'sk-koinon-x' })
    expect(seen[0]?.init?.headers).toMatchObject({ authorization: 'Bearer sk-koinon-x' })
  })

  test('takes an empty body for no value', async () => {
    expect(await requestJson(setup(new Response('')).door, '/x')).toBeUndefined()
  })

  test('names another program on the port', async () => {
    await expect(requestJson(setup(new Response('<html>')).door, '/x')).rejects.toMatchObject({
      code: 'web/bad-answer',
    })
  })

  test('does not know the outcome of a payment whose answer got lost', async () => {
    const door = { base: '', fetch: () => Promise.reject(new TypeError('fetch failed')) }
    await expect(requestJson(door, '/x')).rejects.toMatchObject({ code: 'web/unreachable', retry: 'later' })
    await expect(requestJson(door, '/x', { method: 'POST' })).rejects.toMatchObject({
      code: 'web/unreachable',
      retry: 'unknown',
      hint: expect.stringMatching(/look at the list/),
    })
  })

  test('gives up when its time is over', async () => {
    const door = {
      base: '',
      fetch: (_: unknown, init?: RequestInit) =>
        new Promise<Response>((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        }),
    }
    await expect(requestJson(door, '/x', { timeoutMs: 20 })).rejects.toMatchObject({
      message: expect.stringMatching(/within 0.02 s/),
    })
  })
})

describe('errorFromAnswer', () => {
  test("keeps the gateway's own words and policy", () => {
    const error = errorFromAnswer(
      400,
      '{"error":{"code":"wallet/poor","message":"Too little","hint":"Top up.","retry":"later"}}',
    )
    expect(error).toMatchObject({ code: 'wallet/poor', message: 'Too little', hint: 'Top up.', retry: 'later' })
  })

  test.each([
    [401, 'never', /Wallet & keys/],
    [402, 'never', /top up/],
    [429, 'later', /Wait/],
  ] as const)('adds a next step to %d', (status, retry, hint) => {
    const error = errorFromAnswer(status, '{"error":{"message":"No.","type":"x","param":null,"code":null}}')
    expect(error).toMatchObject({ code: `http/${status}`, message: 'No.', retry })
    expect(error.hint).toMatch(hint)
  })

  test.each(['', 'upstream connect error', '{"error":"text"}', 'null'])('has a sentence for the body %j', (text) => {
    expect(errorFromAnswer(502, text)).toMatchObject({
      code: 'http/502',
      message: 'The gateway answered with status 502',
      retry: 'later',
    })
  })
})

function setup(response: Response) {
  const seen: { url: string; init: RequestInit | undefined }[] = []
  const door = {
    base: 'http://gateway',
    fetch: async (url: RequestInfo | URL, init?: RequestInit) => {
      seen.push({ url: String(url), init })
      return response
    },
  }
  return { door, seen }
}
