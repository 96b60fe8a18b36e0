import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createMac } from './mac.ts'

describe('createMac', () => {
  const key = new Uint8Array(32).map((_, index) => 7 * index)
  const mac = createMac(key)

  it.each([
    '',
    'POST\n/v1/chat/completions',
    'ä€😀'.repeat(300),
    'x'.repeat(1_365),
    'x'.repeat(1_366),
    'x'.repeat(50_000),
  ])('is HMAC-SHA256, case %#', (text) => {
    expect(mac(text)).toBe(createHmac('sha256', key).update(text).digest('base64url'))
  })

  it('depends on the key and on nothing that was said before', () => {
    mac('y'.repeat(1_000))
    expect(mac('x')).toBe(createHmac('sha256', key).update('x').digest('base64url'))
    expect(createMac(key.map((byte) => byte ^ 1))('x')).not.toBe(mac('x'))
  })
})
