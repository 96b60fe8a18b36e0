import { join } from 'node:path'
import type { Address } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../testing/fixtures.ts'
import { catalogueSchema, ResourceCatalogue } from './catalogue.ts'
import type { FacilitatorRequest } from './facilitator-wire.ts'
import { RequestLimits } from './request-limits.ts'

const folder = temporaryFolder()
const payees = ['aa', 'bb', 'cc'].map((byte) => `0x${byte.repeat(20)}` as Address)
const bounds = { maximumEntries: 5, entriesPerPayee: 3, expiresAfterMs: 1_000 }
let nowMs = 1_000_000
let store: DurableStore
let catalogue: ResourceCatalogue

beforeAll(async () => {
  store = await DurableStore.open(join(folder.path, 'catalogue.db'), catalogueSchema)
  catalogue = new ResourceCatalogue(store, { nowMs: () => nowMs }, bounds)
})

afterAll(async () => {
  await store.close()
  folder.remove()
})

function paid(url: unknown, payee: number, more: Record<string, unknown> = {}): FacilitatorRequest {
  const payTo = payees[payee] as Address
  return {
    requirements: {
      scheme: 'exact',
      network: 'eip155:1',
      asset: `0x${'11'.repeat(20)}`,
      amountAtomic: 1n,
      payTo,
      maxTimeoutSeconds: 60,
      extra: {},
    },
    requirementsJson: { scheme: 'exact', payTo },
    payload: {},
    resource: { url, ...more },
    extensions: {},
  }
}

const listed = async (query: Partial<Parameters<ResourceCatalogue['list']>[0]> = {}) => {
  const { items, pagination } = await catalogue.list({ type: null, limit: 50, offset: 0, ...query })
  return { urls: items.map((item) => (item as Record<string, unknown>)['resource']), total: pagination.total }
}

describe('ResourceCatalogue', () => {
  it('keeps a bounded number of entries, the newest of each payee and of all', async () => {
    for (let index = 0; index < 6; index++) {
      nowMs++
      await catalogue.record(paid(`https://a.test/${index}`, 0))
    }
    expect(await listed()).toEqual({ urls: ['https://a.test/5', 'https://a.test/4', 'https://a.test/3'], total: 3 })
    for (let index = 0; index < 4; index++) {
      nowMs++
      await catalogue.record(paid(`https://b.test/${index}`, 1))
    }
    expect((await listed()).urls).toEqual([
      ...['https://b.test/3', 'https://b.test/2', 'https://b.test/1'],
      ...['https://a.test/5', 'https://a.test/4'],
    ])
    expect((await listed({ payTo: payees[0] as Address })).total).toBe(2)
    expect((await listed({ limit: 2, offset: 1 })).urls).toEqual(['https://b.test/2', 'https://b.test/1'])
    expect(await listed({ type: 'mcp' })).toEqual({ urls: [], total: 0 })
  })

  it('forgets what nobody pays for any more', async () => {
    nowMs += 1_001
    expect(await listed()).toEqual({ urls: [], total: 0 })
  })

  it('lists the same resource of another payee beside it, and no secrets, credentials or other protocols', async () => {
    await catalogue.record(paid('https://c.test/x?key=secret#part', 0))
    await catalogue.record(paid('https://c.test/x', 2))
    for (const url of [
      'https://user:pass@c.test/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'no url',
      7,
      undefined,
    ])
      await catalogue.record(paid(url, 2))
    await catalogue.record(paid(`https://c.test/${'x'.repeat(600)}`, 2))
    await catalogue.record({ ...paid('https://c.test/big', 2), extensions: { bazaar: 'x'.repeat(9_000) } })
    expect((await listed()).urls).toEqual(['https://c.test/x', 'https://c.test/x'])
  })
})

describe('RequestLimits', () => {
  it('counts each address by itself and forgets after a minute; this machine is free', () => {
    const limits = new RequestLimits({ nowMs: () => nowMs }, 2)
    const take = (address: string) => {
      try {
        limits.take(address)
        return true
      } catch (error) {
        expect(error).toMatchObject({ code: 'payments/rate-limited', retry: 'later' })
        return false
      }
    }
    expect([1, 2, 3].map(() => take('198.51.100.7'))).toEqual([true, true, false])
    expect(take('198.51.100.8')).toBe(true)
    expect([1, 2, 3].map(() => take('127.0.0.1'))).toEqual([true, true, true])
    expect([1, 2, 3].map((last) => take(`2001:db8:0:1::${last}`))).toEqual([true, true, false])
    nowMs += 60_000
    expect(take('198.51.100.7')).toBe(true)
  })
})
