import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type ChainGenesis, genesisHash, normalizeGenesis } from './genesis.ts'

const vector = (
  JSON.parse(readFileSync(new URL('../../../../specs/vectors/journal.json', import.meta.url), 'utf8')) as {
    readonly genesisHash: { readonly hash: string; readonly genesis: ChainGenesis }
  }
).genesisHash

const genesis: ChainGenesis = {
  ...vector.genesis,
  accounts: vector.genesis.accounts.map((account) => ({ ...account, balanceWei: BigInt(account.balanceWei) })),
}
const other = { address: `0xAb${'00'.repeat(19)}`, balanceWei: 1n } as const

describe('genesisHash', () => {
  it('is the published vector', () => {
    expect(genesisHash(genesis)).toBe(vector.hash)
  })

  it('does not depend on the order or letter case given, once normalized', () => {
    const a = normalizeGenesis({ ...genesis, accounts: [...genesis.accounts, other] })
    const b = normalizeGenesis({
      ...genesis,
      accounts: [{ ...other, address: `0xaB${'00'.repeat(19)}` }, ...genesis.accounts],
    })
    expect(genesisHash(a)).toBe(genesisHash(b))
    expect(genesisHash(a)).not.toBe(genesisHash(genesis))
  })

  it('changes with a balance, an address and a byte of code', () => {
    const variants = [
      { ...genesis, accounts: [{ ...genesis.accounts[0]!, balanceWei: 1n }] },
      { ...genesis, accounts: [{ ...genesis.accounts[0]!, address: other.address }] },
      { ...genesis, predeploys: [{ ...genesis.predeploys[0]!, runtimeBytecode: '0x5e' as const }] },
      { ...genesis, predeploys: [] },
    ]
    expect(new Set([genesis, ...variants].map(genesisHash)).size).toBe(5)
  })
})

describe('normalizeGenesis', () => {
  it.each([
    ['an address appears twice', { accounts: [other, { ...other, address: `0xAB${'00'.repeat(19)}` }] }],
    [
      'an address appears twice',
      { accounts: [other], predeploys: [{ address: other.address, runtimeBytecode: '0x00' }] },
    ],
    ['a balance is negative', { accounts: [{ ...other, balanceWei: -1n }] }],
    ['does not fit 256 bits', { accounts: [{ ...other, balanceWei: 1n << 256n }] }],
    ['has no code', { predeploys: [{ address: other.address, runtimeBytecode: '0x' }] }],
    ['chain id', { chainId: 0 }],
    ['chain id', { chainId: 1.5 }],
    ['timestamp', { timestampSeconds: 0 }],
  ] as const)('refuses a genesis in which %s', (reason, change) => {
    expect(() => normalizeGenesis({ ...genesis, ...change } as ChainGenesis)).toThrow(new RegExp(reason))
  })
})
