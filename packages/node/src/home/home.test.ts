import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bytesToHex, systemRandom } from '@koinon/base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryHome } from '../testing/home.ts'
import { currentApiKey, readApiKeys, type StoredApiKey, saveApiKey } from './api-keys.ts'
import { type Home, openHome, writeFileDurably } from './home.ts'
import { accountKey, existingAccountKey } from './secrets.ts'

let home: Home
let remove: () => void
beforeEach(() => {
  ;({ home, remove } = temporaryHome())
})
afterEach(() => remove())
const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('a home', () => {
  it('is for its owner alone and opens again as it was', () => {
    for (const folder of [home.path, home.keys, home.apiKeys, home.run]) expect(modeOf(folder)).toBe(0o700)
    writeFileSync(join(home.chain, 'journal'), 'kept')
    expect(openHome(home.path)).toMatchObject({ path: home.path })
    expect(readFileSync(join(home.chain, 'journal'), 'utf8')).toBe('kept')
  })

  it.each([['{"version":2}'], ['{}'], ['not json'], ['null']])(
    'of another version (%s) is refused and left alone',
    (text) => {
      writeFileSync(join(home.path, 'home.json'), text)
      expect(() => openHome(home.path)).toThrow(/another version/)
      expect(readFileSync(join(home.path, 'home.json'), 'utf8')).toBe(text)
    },
  )

  it('that cannot be made names the place and the next step', () => {
    writeFileSync(join(home.path, 'file'), '')
    try {
      openHome(join(home.path, 'file', 'home'))
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'home/not-writable', hint: expect.stringContaining('--home') })
    }
  })

  it('replaces files whole and leaves no draft behind', () => {
    const path = join(home.path, 'a.json')
    writeFileDurably(path, 'one')
    writeFileDurably(path, 'two')
    expect(readFileSync(path, 'utf8')).toBe('two')
    expect(modeOf(path)).toBe(0o600)
    expect(readdirSync(home.path).filter((name) => name.endsWith('.new'))).toEqual([])
  })
})

describe('account keys', () => {
  it('are random, kept, and readable by the owner alone', () => {
    const key = accountKey(home, 'wallet', systemRandom)
    expect(key.privateKey).toBe(bytesToHex(key.secretKey))
    expect(accountKey(home, 'wallet', systemRandom)).toEqual(key)
    expect(existingAccountKey(home, 'wallet')).toEqual(key)
    expect(accountKey(home, 'founder', systemRandom).address).not.toBe(key.address)
    expect(modeOf(join(home.keys, 'wallet.json'))).toBe(0o600)
  })

  it('draws again when the number is no key of the curve', () => {
    const draws = [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(32).fill(1)]
    const key = accountKey(home, 'wallet', () => draws.shift() as Uint8Array<ArrayBuffer>)
    expect(key.privateKey).toBe(`0x${'01'.repeat(32)}`)
  })

  it('are refused when other users may read them', () => {
    accountKey(home, 'wallet', systemRandom)
    chmodSync(join(home.keys, 'wallet.json'), 0o640)
    expect(() => existingAccountKey(home, 'wallet')).toThrow(/read by other users/)
  })

  it.each([
    ['an empty file', () => ''],
    ['half a file', (text: string) => text.slice(0, 60)],
    ['another address', (text: string) => text.replace(/"address":"0x../, '"address":"0xab')],
    ['a key that is none', () => '{"privateKey":"0x12","address":"0x12"}'],
  ])('are refused, and left alone, with %s', (_, damage) => {
    const path = join(home.keys, 'wallet.json')
    accountKey(home, 'wallet', systemRandom)
    const damaged = damage(readFileSync(path, 'utf8'))
    writeFileSync(path, damaged)
    expect(() => accountKey(home, 'wallet', systemRandom)).toThrow(/damaged/)
    expect(readFileSync(path, 'utf8')).toBe(damaged)
  })

  it('cannot be there yet in a home that belongs to no network, which is what is said', () => {
    for (const name of ['wallet', 'nobody'])
      expect(() => existingAccountKey(home, name)).toThrow(
        expect.objectContaining({ code: 'node/no-network', hint: expect.stringContaining('"koinon join URL"') }),
      )
  })

  it('that are missing are named, with what to do', () => {
    writeFileSync(home.networkFile, '{}')
    expect(() => existingAccountKey(home, 'wallet')).toThrow(/no key called "wallet"/)
    const hintFor = (name: string): string => {
      try {
        return existingAccountKey(home, name).name
      } catch (error) {
        return (error as { readonly hint: string }).hint
      }
    }
    expect(hintFor('validator')).toContain('"koinon wallet new"')
    for (const name of ['validator-10', 'validator-2', 'founder']) accountKey(home, name, systemRandom)
    expect(hintFor('validator')).toBe('Name one that it has with --account: founder, validator-2, validator-10.')
    expect(hintFor('wallet')).toContain('"koinon wallet new"')
  })
})

describe('API keys', () => {
  const key = (digit: string, changes: Partial<StoredApiKey> = {}): StoredApiKey => ({
    label: digit,
    apiKey: `sk-${digit}`,
    keyHash: `0x${digit.repeat(64)}`,
    channelId: `0x${'0'.repeat(64)}`,
    channelConfig: {} as StoredApiKey['channelConfig'],
    gatewayUrl: 'http://127.0.0.1:1',
    createdAtMs: Number(digit),
    ...changes,
  })

  it('come back oldest first and are replaced by their hash', () => {
    expect(readApiKeys(home)).toEqual([])
    for (const item of [key('2'), key('1'), key('3')]) saveApiKey(home, item)
    saveApiKey(home, key('2', { revokedAtMs: 9 }))
    expect(readApiKeys(home).map(({ label, revokedAtMs }) => [label, revokedAtMs])).toEqual([
      ['1', undefined],
      ['2', 9],
      ['3', undefined],
    ])
    expect(readdirSync(home.apiKeys).map((name) => modeOf(join(home.apiKeys, name)))).toEqual([0o600, 0o600, 0o600])
  })

  it('are chosen: the demo key first, else the newest that is not revoked', () => {
    expect(() => currentApiKey(home)).toThrow(/no API key/)
    saveApiKey(home, key('1'))
    saveApiKey(home, key('2', { revokedAtMs: 1 }))
    expect(currentApiKey(home).label).toBe('1')
    saveApiKey(home, key('0', { label: 'demo' }))
    expect(currentApiKey(home).label).toBe('demo')
  })

  it('that are damaged are named, not overwritten; a draft of a crash is passed over', () => {
    saveApiKey(home, key('1'))
    writeFileSync(join(home.apiKeys, 'x.json.12.new'), '{')
    expect(readApiKeys(home)).toHaveLength(1)
    writeFileSync(join(home.apiKeys, 'x.json'), '{')
    expect(() => readApiKeys(home)).toThrow(/x\.json is damaged/)
  })

  it('survive a home whose folder of keys is made later', () => {
    rmSync(home.apiKeys, { recursive: true })
    expect(readApiKeys(home)).toEqual([])
    saveApiKey(home, key('1'))
    expect(existsSync(home.apiKeys)).toBe(true)
    mkdirSync(join(home.apiKeys, 'folder'))
    expect(readApiKeys(home)).toHaveLength(1)
  })
})
