import { describe, expect, test } from 'vitest'
import { MemoryStorage } from '../test/memory-storage.ts'
import { codeIn, OwnerDoor } from './owner-door.ts'

const code = '0123456789abcdef0123456789abcdef'

describe('OwnerDoor', () => {
  test('exchanges the code of a link once, and keeps the token for reloads and other tabs', async () => {
    const { door, asked, gateway } = setup()
    const storage = new MemoryStorage()
    const first = new OwnerDoor(door, storage, codes(code))
    expect(await first.session()).toMatchObject({ account: '0xowner' })
    expect(await first.session()).toMatchObject({ account: '0xowner' })
    expect(asked.filter(({ method }) => method === 'POST')).toEqual([{ method: 'POST', token: null, body: { code } }])
    expect(await new OwnerDoor(door, storage, codes()).session()).toMatchObject({ account: '0xowner' })
    expect(gateway.codes).toEqual([])
  })

  test('asks once when two parts of the page want the session at the same time', async () => {
    const { door, asked } = setup()
    const owner = new OwnerDoor(door, new MemoryStorage(), codes(code))
    const sessions = await Promise.all([owner.session(), owner.session()])
    expect(sessions).toHaveLength(2)
    expect(asked.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  test('is shut for who has neither code nor token, and for a token of an earlier start', async () => {
    const { door } = setup()
    const nobody = { isSignedIn: false, program: 'npx koinon' }
    expect(await new OwnerDoor(door, new MemoryStorage(), codes()).session()).toEqual(nobody)
    expect(await new OwnerDoor(door, undefined, codes('f'.repeat(32))).session()).toEqual(nobody)
    const old = new MemoryStorage({ 'koinon.owner.v1': 'old' })
    expect(await new OwnerDoor(door, old, codes()).session()).toEqual(nobody)
  })

  test('is shut where the gateway lets no such page ask', async () => {
    const { door, gateway } = setup()
    gateway.isForeign = true
    const refused = { details: { status: 403 } }
    await expect(new OwnerDoor(door, new MemoryStorage(), codes()).session()).rejects.toMatchObject(refused)
  })

  test('knows why it is shut: a used link, a start of the gateway since, or nothing of its own', async () => {
    const { door } = setup()
    const refusalOf = async (owner: OwnerDoor) => {
      await owner.session().catch(() => undefined)
      return owner.refusal
    }
    const old = (): MemoryStorage => new MemoryStorage({ 'koinon.owner.v1': 'old' })
    expect(await refusalOf(new OwnerDoor(door, new MemoryStorage(), codes()))).toBeUndefined()
    expect(await refusalOf(new OwnerDoor(door, old(), codes()))).toBe('ended')
    expect(await refusalOf(new OwnerDoor(door, old(), codes('f'.repeat(32))))).toBe('link')
    const owner = new OwnerDoor(door, undefined, codes('f'.repeat(32), code))
    expect(await refusalOf(owner)).toBe('link')
    expect(await refusalOf(owner)).toBeUndefined()
    expect(await owner.session()).toMatchObject({ account: '0xowner' })
  })

  test('lets a browser that is in stay in when it opens a used link again', async () => {
    const { door } = setup()
    const storage = new MemoryStorage()
    await new OwnerDoor(door, storage, codes(code)).session()
    expect(await new OwnerDoor(door, storage, codes(code)).session()).toMatchObject({ account: '0xowner' })
  })

  test('tries the code again after the gateway was away', async () => {
    const { door, gateway } = setup()
    const owner = new OwnerDoor(door, undefined, codes(code))
    gateway.isAway = true
    await expect(owner.session()).rejects.toMatchObject({ code: 'web/unreachable' })
    gateway.isAway = false
    expect(await owner.session()).toMatchObject({ account: '0xowner' })
  })

  test('works where storage is full or forbidden', async () => {
    const { door } = setup()
    const owner = new OwnerDoor(door, new MemoryStorage({}, 3), codes(code))
    expect(await owner.session()).toMatchObject({ account: '0xowner' })
    expect(await owner.session()).toMatchObject({ account: '0xowner' })
  })
})

test.each([
  [`#/open/${code}`, code],
  [`#/open/${code}/`, undefined],
  ['#/open/', undefined],
  ['#/open/XYZ', undefined],
  ['#/wallet', undefined],
  ['', undefined],
])('the code in %s', (hash, expected) => {
  expect(codeIn(hash)).toBe(expected)
})

function codes(...list: string[]) {
  return { takeCode: () => list.shift() }
}

/** A gateway that keeps to specs/0008: one code, one token. */
function setup() {
  const asked: { method: string; token: string | null; body: unknown }[] = []
  const gateway = { codes: [code], isAway: false, isForeign: false }
  const answer = (status: number, json: unknown) => new Response(JSON.stringify(json), { status })
  const refusal = () => answer(403, { error: { code: 'local/no-token', message: 'no', retry: 'never' } })
  const door = {
    base: '',
    fetch: async (_: unknown, init?: RequestInit) => {
      if (gateway.isAway) throw new TypeError('fetch failed')
      const method = init?.method ?? 'GET'
      const token = new Headers(init?.headers).get('x-koinon-local')
      const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined
      asked.push({ method, token, body })
      if (gateway.isForeign) return refusal()
      if (method === 'GET' && token !== 'secret') return answer(200, { isSignedIn: false, program: 'npx koinon' })
      if (method === 'GET') return answer(200, { isSignedIn: true, apiKey: 'sk', account: '0xowner' })
      const given = (body as { code: string }).code
      if (!gateway.codes.includes(given)) return refusal()
      gateway.codes.splice(0)
      return answer(200, { localToken: 'secret' })
    },
  }
  return { door, asked, gateway }
}
