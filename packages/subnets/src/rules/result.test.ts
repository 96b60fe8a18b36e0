import { bytesToHex } from '@koinon/base'
import fc from 'fast-check'
import { hashTypedData } from 'viem'
import { describe, expect, it } from 'vitest'
import { objectionDigest, resultDigest, resultFromJson, resultToJson } from './result.ts'

const domain = { chainId: 31_338, epochsContract: `0x${'e0'.repeat(20)}` } as const
const result = {
  netuid: 3,
  epoch: 12,
  previousHash: `0x${'06'.repeat(32)}`,
  root: `0x${'01'.repeat(32)}`,
  minersTotal: 10n ** 25n,
  dividendsTotal: 3n * 10n ** 24n,
  validatorsHash: `0x${'02'.repeat(32)}`,
  carryHash: `0x${'03'.repeat(32)}`,
  specHash: `0x${'04'.repeat(32)}`,
  dataHash: `0x${'05'.repeat(32)}`,
} as const
const typedDomain = {
  name: 'Koinon Epochs',
  version: '4',
  chainId: 31_338,
  verifyingContract: domain.epochsContract,
} as const
const bytes32 = (name: string) => ({ name, type: 'bytes32' }) as const

describe('resultDigest', () => {
  it('is the EIP-712 digest of another library', () => {
    const types = {
      Result: [
        { name: 'netuid', type: 'uint32' },
        { name: 'epoch', type: 'uint64' },
        bytes32('previousHash'),
        bytes32('root'),
        { name: 'minersTotal', type: 'uint256' },
        { name: 'dividendsTotal', type: 'uint256' },
        ...['validatorsHash', 'carryHash', 'specHash', 'dataHash'].map(bytes32),
      ],
    }
    const message = { ...result, epoch: 12n }
    expect(bytesToHex(resultDigest(domain, result))).toBe(
      hashTypedData({ domain: typedDomain, types, primaryType: 'Result', message }),
    )
  })

  it('changes with chain and contract, so that no signature works elsewhere', () => {
    const digests = [
      domain,
      { ...domain, chainId: 1 },
      { ...domain, epochsContract: `0x${'e1'.repeat(20)}` as const },
    ].map((item) => bytesToHex(resultDigest(item, result)))
    expect(new Set(digests).size).toBe(3)
  })
})

describe('a result', () => {
  it('is another one on another ground', () => {
    const on = (byte: string) => bytesToHex(resultDigest(domain, { ...result, previousHash: `0x${byte.repeat(32)}` }))
    expect(on('06')).toBe(bytesToHex(resultDigest(domain, result)))
    expect(on('00')).not.toBe(on('06'))
  })
})

describe('objectionDigest', () => {
  it('is the EIP-712 digest of another library, and never a result', () => {
    const types = {
      Objection: [{ name: 'netuid', type: 'uint32' }, { name: 'epoch', type: 'uint64' }, bytes32('resultHash')],
    }
    const message = { netuid: 3, epoch: 12n, resultHash: result.root }
    const digest = bytesToHex(objectionDigest(domain, 3, 12, result.root))
    expect(digest).toBe(hashTypedData({ domain: typedDomain, types, primaryType: 'Objection', message }))
    expect(digest).not.toBe(bytesToHex(resultDigest(domain, result)))
  })
})

describe('resultFromJson', () => {
  it('gives back what went over the wire', () => {
    expect(resultFromJson(JSON.parse(JSON.stringify(resultToJson(result))))).toEqual(result)
  })

  it('refuses everything else with the field', () => {
    const json = resultToJson(result)
    const broken: [string, unknown][] = [
      ['netuid', -1],
      ['netuid', 2 ** 32],
      ['epoch', 1.5],
      ['epoch', '1'],
      ['previousHash', undefined],
      ['root', '0x01'],
      ['root', `0x${'AB'.repeat(32)}`],
      ['minersTotal', 5],
      ['minersTotal', '05'],
      ['dividendsTotal', '-1'],
      ['dividendsTotal', undefined],
      ['dataHash', undefined],
    ]
    for (const [field, value] of broken) expect(() => resultFromJson({ ...json, [field]: value })).toThrow(`"${field}"`)
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => resultFromJson(value)).toThrow(/malformed/)
      }),
    )
  })
})
