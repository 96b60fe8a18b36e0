import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemRandom } from '@koinon/base'
import { afterEach, describe, expect, it } from 'vitest'
import type { Home } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import { temporaryHome } from '../testing/home.ts'
import { externalLedger, homeNetwork } from './ledger-source.ts'

const embedded = { kind: 'embedded', rpcPort: 8545 } as const
const external = externalLedger('http://127.0.0.1:8545')
const names = ['token', 'dollar', 'identity', 'reputation', 'validation', 'subnets', 'staking', 'work', 'weights']
const contracts = Object.fromEntries(
  [
    ...names,
    'terms',
    'pools',
    'delegation',
    'permits',
    'conviction',
    'policy',
    'disputes',
    'epochs',
    'emission',
    'channels',
    'depositCollector',
  ].map((name) => [name, `0x${'1'.repeat(40)}`]),
)

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

function fresh(): Home {
  const { home, remove } = temporaryHome()
  removals.push(remove)
  return home
}

function writeNetwork(at: Home, chainKind: 'embedded' | 'external'): void {
  const rpcUrl = 'http://127.0.0.1:1'
  const file = { v: 1, name: 'n', chainId: 7, chainKind, rpcUrl, startBlock: 0, contracts, isTest: true }
  writeFileSync(at.networkFile, JSON.stringify(file))
}

describe('the address of an external chain', () => {
  it.each(['http://127.0.0.1:8545', 'https://rpc.example/v2/key'])('may be %s', (url) => {
    expect(externalLedger(url)).toEqual({ kind: 'external', rpcUrl: url })
  })

  it.each(['', 'localhost:8545', 'ws://127.0.0.1:8545', 'file:///x', 'http://user:secret@rpc.example'])(
    'may not be "%s"',
    (url) => {
      expect(() => externalLedger(url)).toThrow(expect.objectContaining({ code: 'usage/bad-rpc-url' }))
    },
  )
})

describe('the network of a home', () => {
  it('is none at first, for either kind of ledger', () => {
    const at = fresh()
    expect(homeNetwork(at, embedded)).toBeUndefined()
    expect(homeNetwork(at, external)).toBeUndefined()
  })

  it.each(['embedded', 'external'] as const)('on an %s chain is found again there and refused elsewhere', (kind) => {
    const at = fresh()
    accountKey(at, 'founder', systemRandom)
    writeNetwork(at, kind)
    const [own, other] = kind === 'embedded' ? [embedded, external] : [external, embedded]
    expect(homeNetwork(at, own)).toMatchObject({ chainId: 7, chainKind: kind })
    expect(() => homeNetwork(at, other)).toThrow(expect.objectContaining({ code: 'home/other-ledger' }))
  })

  it('is embedded as soon as there is a journal, even when nothing was deployed yet', () => {
    const at = fresh()
    writeFileSync(join(at.chain, 'journal'), 'KOINONJ')
    expect(homeNetwork(at, embedded)).toBeUndefined()
    expect(() => homeNetwork(at, external)).toThrow(expect.objectContaining({ code: 'home/other-ledger' }))
  })

  it('cannot be run when others founded it', () => {
    const at = fresh()
    writeNetwork(at, 'external')
    for (const source of [embedded, external])
      expect(() => homeNetwork(at, source)).toThrow(expect.objectContaining({ code: 'home/joined' }))
  })
})
