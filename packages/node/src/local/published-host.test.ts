import { isKoinonError } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { ownAddresses, requirePublishedHost } from './published-host.ts'

const interfaces = {
  lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true } as const],
  eth0: [
    { address: '192.0.2.7', family: 'IPv4', internal: false } as const,
    { address: '2001:db8::7', family: 'IPv6', internal: false } as const,
  ],
}

async function refusal(host: string, otherwise?: string): Promise<{ code: string; message: string; hint: string }> {
  const error = await requirePublishedHost(host, otherwise, interfaces).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isKoinonError(error)) throw new Error(`${host} was not refused`)
  return { code: error.code, message: error.message, hint: error.hint ?? '' }
}

describe('requirePublishedHost', () => {
  it.each(['127.0.0.1', '127.0.0.2', '192.0.2.7', 'localhost'])('lets %s pass', async (host) => {
    await requirePublishedHost(host, '', interfaces)
  })

  it.each(['0.0.0.0', '0', '0x0'])('refuses %s and says what to give instead', async (host) => {
    const { code, message, hint } = await refusal(host)
    expect(code).toBe('usage/bad-host')
    expect(message).toContain('every address')
    expect(hint).toContain('127.0.0.1')
    expect(hint).toContain('192.0.2.7 (eth0)')
    expect(hint).not.toContain('2001:db8')
  })

  it.each(['::', '::1', '2001:db8::7', '::ffff:0.0.0.0'])('refuses %s: its URL would not be one', async (host) => {
    expect((await refusal(host)).message).toContain('IPv4')
  })

  it.each(['', '*', '192.0.2.7:8402', 'http://192.0.2.7', 'a/../b', 'user@192.0.2.7', '[::1]'])(
    'refuses %j, which is no host',
    async (host) => {
      expect((await refusal(host)).message).toMatch(/neither an IPv4 address nor a name/)
    },
  )

  it('refuses a name that nobody knows', async () => {
    expect((await refusal('no-such-host.invalid')).message).toContain('no such name')
  })

  it('names another way out where there is one', async () => {
    expect((await refusal('0.0.0.0', ' Or use --public-url.')).hint).toMatch(/ Or use --public-url\.$/)
  })
})

describe('ownAddresses', () => {
  it('leaves out what no other machine can reach', () => {
    expect(ownAddresses(interfaces)).toEqual(['192.0.2.7 (eth0)'])
    expect(ownAddresses({ lo: interfaces.lo })).toEqual([])
  })
})
