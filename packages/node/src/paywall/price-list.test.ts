import { describe, expect, it } from 'vitest'
import { freeRules, isPlainPath, parsePrice, parsePriceRules, priceOf } from './price-list.ts'

describe('a price list', () => {
  it('takes the first rule that fits, free paths before all', () => {
    const json = {
      rules: [
        { path: '/v1/chat', method: 'POST', price: '0.01' },
        { path: '/v1/*', price: '0.002' },
      ],
    }
    const list = {
      defaultAtomic: parsePrice('0.001'),
      rules: [...freeRules(['/health', '/v1/docs/*']), ...parsePriceRules(json)],
    }
    const price = (method: string, path: string) => priceOf(list, method, path)
    expect(price('POST', '/v1/chat')).toBe(10_000n)
    expect(price('GET', '/v1/chat')).toBe(2_000n)
    expect(price('GET', '/v1/docs/a')).toBe(0n)
    expect(price('GET', '/health')).toBe(0n)
    expect(price('GET', '/health/more')).toBe(1_000n)
  })

  it.each(['/v1/dear', '/v1/de%61r', '/%76%31/dear', '/v1/DEAR', '/v1/dear/'])(
    'asks the dear price of a path that servers read as the dear one: %s',
    (path) => {
      const rules = parsePriceRules({ rules: [{ path: '/v1/dear', price: '1' }] })
      expect(isPlainPath(path)).toBe(true)
      expect(priceOf({ defaultAtomic: 1_000n, rules }, 'GET', path)).toBe(1_000_000n)
      const free = { defaultAtomic: 1_000n, rules: freeRules(['/v1/dear']) }
      expect(priceOf(free, 'GET', path)).toBe(path === '/v1/dear' ? 0n : 1_000n)
    },
  )

  it.each(['-1', '1e3', '0.0000001', '10000.000001', '99999', '', ' 1', 'NaN', '0x1'])(
    'refuses the price %j',
    (text) => {
      expect(() => parsePrice(text)).toThrow(expect.objectContaining({ code: 'usage/bad-price' }))
    },
  )

  it.each([
    [null],
    [{ rules: 'none' }],
    [{ rules: [null] }],
    [{ rules: [{ path: 'v1', price: '1' }] }],
    [{ rules: [{ path: '/a*b', price: '1' }] }],
    [{ rules: [{ path: '/a', method: 'get', price: '1' }] }],
    [{ rules: [{ path: '/a', price: 1 }] }],
    [{ rules: Array.from({ length: 1_001 }, () => ({ path: '/a', price: '1' })) }],
  ])('refuses %j', (json) => {
    expect(() => parsePriceRules(json)).toThrow(expect.objectContaining({ code: 'usage/bad-prices' }))
  })

  it.each([
    '/free/..%2fdear',
    '/free/%2e%2e/dear',
    '//dear',
    '/free/../dear',
    '/free\\..\\dear',
    '/free;x/dear',
    '/a%00',
    '/%252e',
    '/%',
    '/%ff',
  ])('lets nobody reach a dear path as %s', (path) => expect(isPlainPath(path)).toBe(false))
})
