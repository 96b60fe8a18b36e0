import { bytesToHex } from '@koinon/base'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apiKeyHash, deriveApiKey, deriveAuthorizerKey, parseApiKey, parseBearer } from './api-key.ts'

const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('API keys', () => {
  it('carry their secret there and back', () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const key = deriveApiKey(secret)
        expect(key.text).toMatch(/^sk-koinon-[A-Za-z0-9_-]{43}$/)
        expect(parseApiKey(key.text)).toEqual(secret)
        expect(parseBearer(`Bearer ${key.text}`)).toEqual(secret)
        expect(bytesToHex(key.authorizerKey)).not.toBe(bytesToHex(secret))
      }),
      { numRuns: 20 },
    )
  })

  it('have one text only: the two spare bits must be zero', () => {
    const text = deriveApiKey(new Uint8Array(32)).text
    expect(() => parseApiKey(`${text.slice(0, -1)}B`)).toThrow('malformed')
  })

  it.each([
    '',
    'sk-koinon-',
    'sk-other-aaaa',
    `sk-koinon-${'A'.repeat(42)}`,
    `sk-koinon-${'A'.repeat(44)}`,
    `sk-koinon-${'!'.repeat(43)}`,
  ])('refuse %j without repeating it', (text) => {
    expect(() => parseApiKey(text)).toThrow(/^The API key is malformed$/)
  })

  it('are looked for in bearer headers only', () => {
    expect(parseBearer(undefined)).toBeUndefined()
    expect(parseBearer('Basic abc')).toBeUndefined()
    expect(() => parseBearer('bearer sk-test')).toThrow('malformed')
  })

  it('need 32 bytes', () => {
    expect(() => apiKeyHash(new Uint8Array(31))).toThrow('malformed')
    expect(() => deriveAuthorizerKey(new Uint8Array(33))).toThrow('malformed')
  })
})
