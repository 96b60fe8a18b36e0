import { describe, expect, it } from 'vitest'
import { isAllowedHostHeader, requireSafeBind } from './host-rules.ts'

describe('isAllowedHostHeader', () => {
  it.each(['localhost', 'LOCALHOST:8545', '127.0.0.1:8545', '10.0.0.7', '[::1]:8545', '[::1]', 'node.example:80'])(
    'lets %s in',
    (header) => {
      expect(isAllowedHostHeader(header, ['node.EXAMPLE'])).toBe(true)
    },
  )

  it.each([
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:8545',
    'evil.example:127',
    'localhost:1:2',
  ])('keeps %s out', (header) => {
    expect(isAllowedHostHeader(header, ['node.example'])).toBe(false)
  })
})

describe('requireSafeBind', () => {
  it('refuses the chain id of public test keys where others can reach it', () => {
    expect(() => requireSafeBind('0.0.0.0', 31337)).toThrow(/public test keys/)
    expect(() => requireSafeBind('192.168.1.5', 31337)).toThrow(/public test keys/)
    expect(() => requireSafeBind('127.0.0.1', 31337)).not.toThrow()
    expect(() => requireSafeBind('0.0.0.0', 424242)).not.toThrow()
  })
})
