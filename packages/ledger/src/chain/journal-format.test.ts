import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  type BlockRecord,
  decodeFrameHeader,
  decodeHeader,
  decodeRecord,
  encodeHeader,
  encodeRecord,
  frameHeaderBytes,
  isHeaderKind,
  type JournalRecord,
  maximumPayloadBytes,
  payloadChecksum,
} from './journal-format.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/journal.json', import.meta.url), 'utf8'),
) as {
  readonly headerHex: string
  readonly records: readonly { readonly record: JournalRecord; readonly hex: string }[]
}

const block: BlockRecord = {
  kind: 'block',
  number: 7,
  timestampSeconds: 1_750_000_007,
  prevRandao: `0x${'5a'.repeat(32)}`,
  transactions: ['0x02c0ffee', '0x', '0xf8'],
}

function split(frame: Uint8Array) {
  const head = decodeFrameHeader(frame.subarray(0, frameHeaderBytes))
  return { head, payload: frame.subarray(frameHeaderBytes) }
}

describe('encodeRecord', () => {
  it('produces the bytes of the published vectors', () => {
    for (const { record, hex } of vectors.records) {
      expect(Buffer.from(encodeRecord(record)).toString('hex')).toBe(hex)
    }
    expect(vectors.records.map(({ record }) => record.kind)).toEqual(['block', 'seal', 'block', 'void'])
  })

  it('is undone by decodeRecord for every kind', () => {
    const seal: JournalRecord = {
      kind: 'seal',
      number: 7,
      blockHash: `0x${'01'.repeat(32)}`,
      receiptsRoot: `0x${'02'.repeat(32)}`,
    }
    for (const record of [block, seal, { kind: 'void', number: 2 ** 40 } as const]) {
      const { head, payload } = split(encodeRecord(record))
      expect(head?.payloadBytes).toBe(payload.length)
      expect(head?.payloadCrc).toBe(payloadChecksum(payload))
      expect(decodeRecord(head?.kind ?? -1, payload)).toEqual(record)
    }
  })
})

describe('decodeRecord', () => {
  it('gives nothing for a payload whose inner lengths do not add up', () => {
    const { head, payload } = split(encodeRecord(block))
    const kind = head?.kind ?? -1
    expect(decodeRecord(kind, payload.subarray(0, payload.length - 1))).toBeUndefined()
    expect(decodeRecord(kind, payload.subarray(0, 40))).toBeUndefined()
    expect(decodeRecord(kind, Buffer.concat([payload, Buffer.alloc(1)]))).toBeUndefined()
    const greedy = Buffer.from(payload)
    greedy.writeUInt32LE(0xffffffff, 52)
    expect(decodeRecord(kind, greedy)).toBeUndefined()
  })

  it('gives nothing for an unknown kind or a seal of another size', () => {
    expect(decodeRecord(9, new Uint8Array(72))).toBeUndefined()
    expect(decodeRecord(2, new Uint8Array(71))).toBeUndefined()
    expect(decodeRecord(3, new Uint8Array(9))).toBeUndefined()
  })
})

describe('decodeFrameHeader', () => {
  it('notices any single flipped bit', () => {
    const head = Buffer.from(encodeRecord(block).subarray(0, frameHeaderBytes))
    for (let bit = 0; bit < frameHeaderBytes * 8; bit++) {
      const damaged = Buffer.from(head)
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(decodeFrameHeader(damaged)).toBeUndefined()
    }
  })

  it('refuses a length beyond the limit even when its checksum is right', () => {
    const { crc32 } = process.getBuiltinModule('node:zlib')
    const head = Buffer.alloc(frameHeaderBytes)
    head.writeUInt32LE(maximumPayloadBytes + 1, 0)
    head.writeUInt32LE(crc32(head.subarray(0, 12)), 12)
    expect(decodeFrameHeader(head)).toBeUndefined()
  })
})

describe('encodeHeader', () => {
  const header = {
    engineName: 'edr',
    engineVersion: 'x 1',
    hardfork: 'prague',
    genesisHash: `0x${'0a'.repeat(32)}`,
    genesis: {
      chainId: 5,
      timestampSeconds: 1_750_000_000,
      accounts: [{ address: `0x${'11'.repeat(20)}`, balanceWei: 10n ** 30n }],
      predeploys: [{ address: `0x${'22'.repeat(20)}`, runtimeBytecode: '0x5f' }],
    },
  } as const

  it('keeps balances beyond 53 bits and is undone by decodeHeader', () => {
    const { head, payload } = split(encodeHeader(header))
    expect(isHeaderKind(head?.kind ?? -1)).toBe(true)
    expect(decodeHeader(payload)).toEqual(header)
  })

  it('is the published vector', () => {
    expect(Buffer.from(encodeHeader(header)).toString('hex')).toBe(vectors.headerHex)
  })

  it('refuses what is not such JSON', () => {
    expect(() => decodeHeader(Buffer.from('{"chainId":1}'))).toThrow(/header of the chain journal/)
    expect(() => decodeHeader(Buffer.from('nonsense'))).toThrow(/header of the chain journal/)
  })
})
