import { describe, expect, it } from 'vitest'
import { HandshakeBook } from './handshake-book.ts'

const busy = expect.objectContaining({ code: 'request/busy', retry: 'later' })

describe('HandshakeBook', () => {
  it('lets an address ask so often a minute, and again in the next', () => {
    const book = new HandshakeBook({ perAddress: 3 })
    for (let count = 0; count < 3; count++) book.admitAddress('192.0.2.1', 1_000)
    expect(() => book.admitAddress('192.0.2.1', 60_999)).toThrow(busy)
    book.admitAddress('192.0.2.2', 60_999)
    book.admitAddress('192.0.2.1', 61_000)
  })

  it('takes a network of IPv6 for one address, and both ways to write one of IPv4', () => {
    const book = new HandshakeBook({ perAddress: 1 })
    book.admitAddress('2001:db8:1:2::1', 0)
    for (const same of ['2001:db8:1:2:ffff::', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::%eth0'])
      expect(() => book.admitAddress(same, 1), same).toThrow(busy)
    book.admitAddress('2001:db8:1:3::1', 1)
    book.admitAddress('::1', 1)
    book.admitAddress('::ffff:192.0.2.1', 1)
    expect(() => book.admitAddress('192.0.2.1', 1)).toThrow(busy)
    book.admitAddress(undefined, 1)
    expect(() => book.admitAddress(undefined, 1)).toThrow(busy)
  })

  it('counts a sender by itself', () => {
    const book = new HandshakeBook({ perSender: 2 })
    book.admitAddress('192.0.2.1', 0)
    book.admitSender('0xa')
    book.admitSender('0xa')
    expect(() => book.admitSender('0xa')).toThrow(busy)
    book.admitSender('0xb')
  })

  it('remembers no more than it admits, however many ask', () => {
    const book = new HandshakeBook({ inAll: 100 })
    let refused = 0
    for (let count = 0; count < 10_000; count++) {
      try {
        book.admitAddress(`10.0.${count >> 8}.${count & 255}`, 5)
        book.admitSender(`0x${count}`)
      } catch {
        refused += 1
      }
    }
    expect(refused).toBe(9_900)
    expect(book.size).toBeLessThanOrEqual(200)
    book.admitAddress('10.9.9.9', 60_005)
    expect(book.size).toBe(1)
  })

  it('begins anew when the clock was set back, rather than refuse for long', () => {
    const book = new HandshakeBook({ inAll: 1 })
    book.admitAddress('192.0.2.1', 9_000_000)
    book.admitAddress('192.0.2.1', 1_000)
  })
})
