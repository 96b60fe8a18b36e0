import { utf8ToBytes } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAgentId, parseAgentId } from './agent-id.ts'
import { contentHashOf, contentIdOf, contentUri, isContentOf, maximumContentBytes } from './content-uri.ts'
import {
  buildRegistrationFile,
  namesAgent,
  parseRegistrationFile,
  type RegistrationFile,
  registrationFileType,
} from './registration-file.ts'

const registry = `0x${'ab'.repeat(20)}` as const
const here = { chainId: 424_242, registry }

describe('agent ids', () => {
  it('reads the whole name and the short forms, and writes the whole name', () => {
    const ref = { ...here, agentId: 7n }
    for (const text of [
      '7',
      '424242:7',
      `eip155:424242:${registry}:7`,
      `eip155:424242:${registry.toUpperCase().replace('X', 'x')}:7`,
    ]) {
      expect(parseAgentId(text, here)).toEqual(ref)
    }
    expect(parseAgentId(formatAgentId(ref))).toEqual(ref)
  })

  it.each([
    '',
    '07',
    '-1',
    '1.5',
    '0x1',
    '1:7',
    `eip155:1:${registry}:7`,
    `eip155:424242:0x${'cd'.repeat(20)}:7`,
    `${2n ** 256n}`,
    '7 ',
  ])('refuses "%s"', (text) =>
    expect(() => parseAgentId(text, here)).toThrow(expect.objectContaining({ code: 'agents/bad-agent-id' })),
  )
})

describe('content URIs', () => {
  it('names bytes as IPFS does', () => {
    // As the library multiformats names these bytes: CIDv1, raw, SHA-256.
    expect(contentUri(utf8ToBytes('hello world'))).toBe(
      'ipfs://bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
    )
  })

  it('finds its own names right and everything else wrong', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (bytes, other) => {
        const cid = contentIdOf(contentUri(bytes)) as string
        expect(isContentOf(cid, bytes)).toBe(true)
        if (Buffer.compare(bytes, other) !== 0) expect(isContentOf(cid, other)).toBe(false)
      }),
    )
  })

  it.each([
    'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
    'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
    'b',
    '',
  ])('does not claim to know what "%s" contains', (cid) => expect(contentHashOf(cid)).toBeUndefined())

  it('refuses what would be several blocks', () => {
    expect(() => contentUri(new Uint8Array(maximumContentBytes + 1))).toThrow(/at most/)
  })
})

const file: Omit<RegistrationFile, 'type'> = {
  name: 'Answerer',
  description: 'Answers questions.\nIn prose.',
  image: '',
  services: [
    { name: 'A2A', endpoint: 'https://a.example/.well-known/agent-card.json', version: '1.0' },
    { name: 'OASF', endpoint: 'ipfs://x', version: '0.8', skills: ['a/b'], domains: [] },
  ],
  x402Support: true,
  active: true,
  registrations: [
    { agentId: 7n, agentRegistry: `eip155:424242:${registry}` },
    { agentId: 2n ** 200n, agentRegistry: `eip155:424242:${registry}` },
  ],
  supportedTrust: ['reputation'],
}
const parse = (json: unknown) => parseRegistrationFile(utf8ToBytes(JSON.stringify(json)))
const least = { type: registrationFileType, name: 'x' }

describe('registration files', () => {
  it('reads what it wrote', () => {
    expect(parseRegistrationFile(buildRegistrationFile(file))).toEqual({ type: registrationFileType, ...file })
    expect(namesAgent(file.registrations, { ...here, agentId: 7n })).toBe(true)
    expect(namesAgent(file.registrations, { ...here, chainId: 1, agentId: 7n })).toBe(false)
  })

  it('fills in what may be left out, and reads the older names of fields', () => {
    expect(parse(least)).toMatchObject({
      description: '',
      services: [],
      active: true,
      x402Support: false,
      registrations: [],
    })
    const old = { ...least, endpoints: [{ name: 'MCP', endpoint: 'https://m.example' }], x402support: true }
    expect(parse(old)).toMatchObject({ services: [{ name: 'MCP' }], x402Support: true })
    const foreign = [
      { agentId: 1, agentRegistry: 'solana:mainnet:x' },
      { agentId: null, agentRegistry: 'eip155:1:0x0' },
    ]
    expect(parse({ ...least, registrations: foreign }).registrations).toEqual([])
  })

  it.each([
    ['no object', []],
    ['another type', { ...least, type: 'x' }],
    ['no name', { type: registrationFileType }],
    ['a name of a megabyte', { ...least, name: 'x'.repeat(60_000) }],
    ['services that are none', { ...least, services: {} }],
    ['too many services', { ...least, services: Array.from({ length: 65 }, () => ({ name: 'a', endpoint: 'b' })) }],
    ['a service without endpoint', { ...least, services: [{ name: 'MCP' }] }],
    ['an endpoint that is an object', { ...least, services: [{ name: 'MCP', endpoint: { toString: 'x' } }] }],
    ['a terminal escape in the name', { ...least, name: '\u001b[2Jpay me' }],
    ['text that turns its direction', { ...least, description: 'a\u202eb' }],
    ['half a character', { ...least, name: '\ud800' }],
    ['a flag that is a word', { ...least, active: 'yes' }],
    ['an id that is no number', { ...least, registrations: [{ agentId: 1.5, agentRegistry: 'x' }] }],
    ['an id beyond what JSON holds', { ...least, registrations: [{ agentId: 2 ** 60, agentRegistry: 'x' }] }],
  ])('refuses %s', (_, json) => {
    expect(() => parse(json)).toThrow(expect.objectContaining({ code: 'agents/bad-registration-file' }))
  })

  it('throws nothing else on any bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 100 }),
          fc.json().map((json) => utf8ToBytes(json)),
        ),
        (bytes) => {
          try {
            parseRegistrationFile(bytes)
          } catch (error) {
            expect(error).toMatchObject({ code: 'agents/bad-registration-file' })
          }
        },
      ),
    )
  })
})
