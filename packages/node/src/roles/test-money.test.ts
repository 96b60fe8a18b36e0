import { writeFileSync } from 'node:fs'
import { systemClock, systemRandom, toAddress } from '@koinon/base'
import { defaultHttpLimits, HttpListener, parseJsonObject, readBody, sendError, sendJson } from '@koinon/base/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Home } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import { Faucet, type FaucetDoor } from '../local/faucet.ts'
import { faucetGift, faucetKoinInAll } from '../local/parameters.ts'
import { inferenceSpecHash } from '../local/subnet-spec.ts'
import { readBalances, type Treasury } from '../local/treasury.ts'
import { temporaryHome } from '../testing/home.ts'
import { startLocalLedger } from '../testing/local-ledger.ts'
import { ensureLocalNetwork } from '../testing/local-network.ts'
import { roleLogger } from './role-tools.ts'
import { ensureTestMoney } from './test-money.ts'

const log = roleLogger('newcomer')
log.level = 'silent'
let home: Home
let remove: () => void
let ledger: { readonly rpcUrl: string; stop(): Promise<void> }
let treasury: Treasury
const listeners: HttpListener[] = []
beforeAll(async () => {
  ;({ home, remove } = temporaryHome())
  ledger = await startLocalLedger(home)
  treasury = await ensureLocalNetwork(home, ledger.rpcUrl, 'http://127.0.0.1:1', inferenceSpecHash())
}, 120_000)
afterAll(async () => {
  for (const listener of listeners) await listener.stop(0)
  await ledger.stop()
  remove()
})

/** A role whose account is new on the ledger, and a gateway whose faucet is the home's. */
async function newcomer(name: string, door: FaucetDoor) {
  const faucet = new Faucet({ home, treasury, clock: systemClock, door, roleAccounts: 7 })
  const asked: string[] = []
  const gateway = new HttpListener({
    host: '127.0.0.1',
    port: 0,
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      const { address } = parseJsonObject(await readBody(request, 10_000))
      asked.push(String(address))
      await faucet.giveStranger(toAddress(String(address))).then(
        ({ nativeWei, koin, dollar }) =>
          sendJson(response, 200, { nativeAtomic: `${nativeWei}`, koinAtomic: `${koin}`, dollarAtomic: `${dollar}` }),
        (error: unknown) => sendError(response, error),
      )
    },
  })
  listeners.push(gateway)
  const network = { ...treasury.network, gatewayUrl: `http://127.0.0.1:${await gateway.start()}` }
  const key = accountKey(home, name, systemRandom)
  return { asked, key, ensure: () => ensureTestMoney({ ...treasury, network, key, home }, 1, log) }
}

describe('the test money of a newcomer', () => {
  it('comes from the faucet once, and is enough to register', async () => {
    const { asked, key, ensure } = await newcomer('first', 'open')
    await ensure()
    expect(await readBalances(treasury.reader, treasury.network, key.address)).toEqual(faucetGift)
    await ensure()
    expect(asked).toEqual([key.address])
  })

  it('does not come where the faucet is shut, and the newcomer is told what to do', async () => {
    const { ensure } = await newcomer('second', 'closed')
    await expect(ensure()).rejects.toMatchObject({
      code: 'faucet/closed',
      hint: expect.stringContaining('koinon up --faucet'),
    })
  })

  it('holds no KOIN when strangers got all they may have: that is said, with the account to send it to', async () => {
    writeFileSync(home.faucetBook, JSON.stringify({ v: 1, koinAtomic: `${faucetKoinInAll}` }))
    const { key, ensure } = await newcomer('third', 'open')
    await expect(ensure()).rejects.toMatchObject({
      code: 'faucet/no-koin',
      hint: expect.stringContaining(key.address),
    })
    const { nativeWei, koin } = await readBalances(treasury.reader, treasury.network, key.address)
    expect([nativeWei, koin]).toEqual([faucetGift.nativeWei, 0n])
  })
})
