import { secretKeyToAddress } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { type AgentContent, type SignedAgentRecord, signAgentRecord } from '../../rules/almanac.ts'
import { AgentBook } from './book.ts'

const chainId = 31_337
const key = (index: number): Uint8Array => new Uint8Array(32).fill(1 + (index % 200)).fill(1 + (index >> 8), 0, 2)
const content: AgentContent = {
  name: 'Answerer',
  description: 'Answers questions about subnets',
  endpoints: [{ protocol: 'a2a', url: 'https://agent.example/a2a', digest: `0x${'ab'.repeat(32)}` }],
  services: [{ name: 'answer', description: 'One answer', pricePicoUsd: '1000000' }],
}

function record(
  index: number,
  issuedAtMs = 0,
  change: Partial<AgentContent> = {},
  lifeMs = 600_000,
): SignedAgentRecord {
  const secret = key(index)
  return signAgentRecord(secret, {
    chainId,
    account: secretKeyToAddress(secret),
    content: { ...content, ...change },
    issuedAtMs,
    expiresAtMs: issuedAtMs + lifeMs,
  })
}

function bookAt(clock: { nowMs: () => number }, options: object = {}): AgentBook {
  return new AgentBook({ chainId, clock, ...options })
}

describe('the book of agents', () => {
  it('holds the newest record of an account until it expires, and finds it by its words', () => {
    let nowMs = 0
    const book = bookAt({ nowMs: () => nowMs })
    book.add(record(1), undefined)
    book.add(record(1, 10, { name: 'Renamed' }), undefined)
    expect(book.find('renamed SUBNETS').map(({ content: { name } }) => name)).toEqual(['Renamed'])
    expect(book.find('one ANSWER renamed')).toHaveLength(1)
    const unsaid = ['digest', 'pricePicoUsd', 'endpoints', '1000000', 'a2a', 'abab', 'renamed"', 'nothing of this']
    for (const words of unsaid) expect(book.find(words), words).toEqual([])
    nowMs = 600_010
    expect(book.find('')).toEqual([])
  })

  it('takes no old, forged, foreign, endless or future record', () => {
    const nowMs = 1_000_000
    const book = bookAt({ nowMs: () => nowMs })
    const good = record(1, nowMs)
    book.add(good, undefined)
    const code = (json: unknown): string => {
      try {
        book.add(json, undefined)
        return 'taken'
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(code(good)).toBe('almanac/outdated')
    expect(code(record(1, nowMs - 1))).toBe('almanac/outdated')
    expect(code({ ...record(2, nowMs), content: good.content.replace('Answerer', 'Impostor') })).toBe('almanac/forged')
    expect(code({ ...record(2, nowMs), account: good.account })).toBe('almanac/forged')
    expect(code({ ...record(2, nowMs), chainId: 1 })).toBe('almanac/other-network')
    expect(code({ ...record(2, nowMs), expiresAtMs: nowMs + 700_000 })).toBe('almanac/forged')
    expect(code(record(2, nowMs, {}, 3_600_001))).toBe('almanac/expired')
    expect(code(record(2, nowMs + 120_000))).toBe('almanac/expired')
    expect(code(record(2, nowMs - 600_001))).toBe('almanac/expired')
    expect(code(record(2, nowMs, { description: 'x'.repeat(9_000) }))).toBe('almanac/malformed')
    const javascript = [
      { protocol: 'http' as const, url: 'javascript:alert(1)', digest: content.endpoints[0]?.digest as `0x${string}` },
    ]
    expect(code(record(2, nowMs, { endpoints: javascript }))).toBe('almanac/malformed')
    for (const junk of [
      null,
      1,
      'x',
      [],
      {},
      { ...record(2, nowMs), signature: '0x12' },
      { ...record(2, nowMs), content: 'null' },
    ])
      expect(['almanac/malformed', 'almanac/forged']).toContain(code(junk))
  })

  it('cannot be filled by one address, and when it is full the greediest loses', () => {
    const book = bookAt({ nowMs: () => 0 }, { maximumRecords: 6, recordsPerNetwork: 4 })
    for (let index = 0; index < 4; index++) book.add(record(index), '198.51.100.1')
    expect(() => book.add(record(4), '198.51.100.1')).toThrow('enough')
    book.add(record(10, 0, { name: 'Honest' }), '203.0.113.1')
    book.add(record(11, 0, { name: 'Honest too' }), '203.0.113.2')
    book.add(record(12, 0, { name: 'Honest three' }), '203.0.113.3')
    expect(book.find('honest')).toHaveLength(3)
    expect(book.find('')).toHaveLength(6)
  })

  it('takes no older record after a newer one ran out or made room, and nobody floods that memory for others', () => {
    let nowMs = 0
    const book = bookAt({ nowMs: () => nowMs }, { maximumRecords: 4, maximumRemembered: 4, recordsPerNetwork: 2 })
    const old = record(1, 0, {}, 3_600_000)
    book.add(old, '203.0.113.1')
    book.add(record(1, 10, {}, 20), '203.0.113.1')
    for (let index = 0; index < 20; index++) {
      nowMs = 30 + index
      book.add(record(50 + index, nowMs, {}, 1), '198.51.100.1')
    }
    expect(() => book.add(old, '203.0.113.1')).toThrow('as new')
    book.add(record(1, 11), '203.0.113.1')
    const long = record(2, nowMs, {}, 3_600_000)
    book.add(long, '203.0.113.2')
    book.add(record(2, nowMs + 1, {}, 1_000), '203.0.113.2')
    for (const index of [3, 4, 5]) book.add(record(index, nowMs, {}, 3_600_000), `203.0.113.${2 + (index % 2)}`)
    expect(book.find('')).toHaveLength(4)
    expect(() => book.add(long, undefined)).toThrow('as new')
    nowMs += 3_600_000
    expect(() => book.add(long, undefined)).toThrow('expired')
    book.add(record(2, nowMs), undefined)
  })

  it('shows hidden characters of names', () => {
    const book = bookAt({ nowMs: () => 0 })
    book.add(record(1, 0, { name: 'Good\u202eliving' }), undefined)
    expect(book.find('')[0]?.content.name).toBe('Good\\u{202e}living')
  })
})
