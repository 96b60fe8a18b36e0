import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@koinon/base'
import { accountKey, openHome } from '@koinon/node/home'
import { afterAll, describe, expect, it } from 'vitest'
import { accountOf } from './role-account.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-role-account-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const homeWith = (name: string, ...keys: readonly string[]) => {
  const home = openHome(join(folder, name))
  for (const key of keys) accountKey(home, key, systemRandom)
  return home
}
const code = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'none'
}

describe('whose earnings are meant', () => {
  it('is who was named, by key or by subnet', () => {
    const home = homeWith('named', 'validator')
    expect(accountOf(home, 'validator', { account: 'own-times-validator-1' })).toBe('own-times-validator-1')
    expect(accountOf(home, 'validator', { netuid: '7' })).toBe('subnet-7-validator')
    expect(accountOf(home, 'miner', { netuid: '7' })).toBe('subnet-7-miner')
    expect(code(() => accountOf(home, 'miner', { netuid: '7', account: 'x' }))).toBe('usage/one-of')
    expect(code(() => accountOf(home, 'miner', { netuid: '0' }))).toBe('usage/bad-number')
  })

  it('is otherwise the one there is', () => {
    const both = homeWith('both', 'validator', 'subnet-2-validator', 'subnet-2-miner')
    expect(accountOf(both, 'provider', {})).toBe('provider')
    expect(accountOf(both, 'validator', {})).toBe('validator')
    expect(accountOf(both, 'miner', {})).toBe('subnet-2-miner')
    expect(accountOf(homeWith('file', 'subnet-2-validator'), 'validator', {})).toBe('subnet-2-validator')
    expect(accountOf(homeWith('none'), 'validator', {})).toBe('validator')
    expect(code(() => accountOf(homeWith('none'), 'miner', {}))).toBe('home/no-key')
    const two = homeWith('two', 'subnet-10-miner', 'subnet-2-miner')
    expect(() => accountOf(two, 'miner', {})).toThrow('subnet-2-miner, subnet-10-miner')
    expect(code(() => accountOf(two, 'miner', {}))).toBe('usage/which-account')
  })
})
