import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, systemClock, systemRandom } from '@koinon/base'
import { createApiKey } from '@koinon/payments/client'
import { paymentsSchema } from '@koinon/payments/core'
import { channelIdOf, keyGrantDigest, unlimitedCreditPicoUsd } from '@koinon/payments/rules'
import { afterAll, describe, expect, it } from 'vitest'
import { openTill, testChannel, testDomain, testParty } from '../testing/parties.ts'
import { KeyRegistry, keysSchema } from './key-registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('KeyRegistry', () => {
  it('serves a key on the channel that it can sign for', async () => {
    const { registry, register, close } = await setup('own')
    const key = createApiKey(systemRandom)
    await register(key, key.authorizer)
    expect(registry.authenticate(`Bearer ${key.text}`).voucherSigner.address).toBe(key.authorizer)
    await close()
  })

  it('refuses, before any work, a key on a channel whose vouchers another key signs', async () => {
    const { registry, register, close } = await setup('foreign')
    const key = createApiKey(systemRandom)
    await register(key, testParty('another authorizer').account)
    expect(() => registry.authenticate(`Bearer ${key.text}`)).toThrow(/cannot sign for its channel/)
    await close()
  })

  it('lets a channel have a few keys, not a flood of them', async () => {
    const { registry, register, close } = await setup('flood')
    const authorizer = createApiKey(systemRandom).authorizer
    for (let count = 0; count < 8; count++) await register(createApiKey(systemRandom), authorizer)
    await expect(register(createApiKey(systemRandom), authorizer)).rejects.toMatchObject({ code: 'gateway/bad-grant' })
    expect(registry.list()).toHaveLength(8)
    await close()
  })
})

async function setup(name: string) {
  const [gateway, user] = [testParty('gateway'), testParty('user')]
  const till = await openTill(gateway, { path: join(folder, `${name}.db`), schema: `${paymentsSchema}\n${keysSchema}` })
  const registry = new KeyRegistry({
    store: till.store,
    book: till.book,
    chainId: testDomain.chainId,
    clock: systemClock,
    admitChannel: (config) => till.add(config, 'inbound', unlimitedCreditPicoUsd),
  })
  await registry.start()
  return {
    registry,
    close: () => till.close(),
    register: async (key: ReturnType<typeof createApiKey>, authorizer: Address) => {
      const config = testChannel(user.account, authorizer, gateway.account)
      const grant = {
        keyHash: key.keyHash,
        channelId: channelIdOf(config, testDomain),
        label: name,
        validUntil: 4_000_000_000,
      }
      return registry.register(
        grant,
        await user.delegating.signDigest(keyGrantDigest(grant, testDomain.chainId)),
        config,
      )
    },
  }
}
