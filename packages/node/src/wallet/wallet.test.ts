import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Hex, systemClock, systemRandom, withDeadline } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { KeyRegistry, keysSchema } from '@koinon/inference/client'
import type { NetworkFile } from '@koinon/ledger'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import { ChannelBook, paymentsSchema } from '@koinon/payments/core'
import { ChannelAdmission } from '@koinon/payments/provider'
import { parseChannelConfig, parseKeyGrant, unlimitedCreditPicoUsd, withdrawDelayBounds } from '@koinon/payments/rules'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { currentApiKey, isUnfinished, readApiKeys } from '../home/api-keys.ts'
import { accountKey } from '../home/secrets.ts'
import { temporaryHome } from '../testing/home.ts'
import { startTestLedger, type TestLedger } from '../testing/ledger.ts'
import { Wallet } from './wallet.ts'

/** Where the process that makes the key is killed. */
type Moment = 'before the deposit' | 'before the registration' | 'after the registration' | 'never'

const depositAtomic = 2_000_000n
const folder = temporaryHome()
const gatewayKey = accountKey(folder.home, 'gateway', systemRandom)
let ledger: TestLedger
let store: DurableStore
let keys: KeyRegistry
let door: Server
let rpc: Server
let network: NetworkFile
let kill: { readonly at: Moment; readonly child: ChildProcess } | undefined

beforeAll(async () => {
  ledger = await startTestLedger(folder.home.path)
  store = await DurableStore.open(join(folder.home.path, 'gateway.db'), `${paymentsSchema}\n${keysSchema}`)
  const book = new ChannelBook({
    store,
    domain: { chainId: ledger.network.chainId, escrow: ledger.network.contracts.channels },
  })
  await book.start()
  const admission = new ChannelAdmission({
    book,
    reader: ledger.reader,
    clock: systemClock,
    terms: {
      receiver: gatewayKey.address,
      token: ledger.network.contracts.dollar,
      minimumWithdrawDelay: withdrawDelayBounds.minimum,
      minimumDepositAtomic: 1_000n,
      creditLimitPicoUsd: 0n,
      maximumChannels: 100,
    },
  })
  keys = new KeyRegistry({
    store,
    book,
    chainId: ledger.network.chainId,
    clock: systemClock,
    admitChannel: (config) => admission.admit(config, unlimitedCreditPicoUsd),
  })
  await keys.start()
  door = await listen(serveDoor)
  rpc = await listen(passOn)
  network = { ...ledger.network, gatewayUrl: urlOf(door), rpcUrl: urlOf(rpc) }
}, 120_000)

afterAll(async () => {
  kill?.child.kill('SIGKILL')
  door.closeAllConnections()
  rpc.closeAllConnections()
  await Promise.all([new Promise((resolve) => door.close(resolve)), new Promise((resolve) => rpc.close(resolve))])
  await store.close()
  await ledger.stop()
  folder.remove()
})

describe('a key whose making was broken off by SIGKILL', () => {
  it.each<[Moment, bigint]>([
    ['before the deposit', 0n],
    ['before the registration', depositAtomic],
    ['after the registration', depositAtomic],
  ])(
    '%s is finished by the next start: one deposit, one key',
    async (at, deposited) => {
      const { home, remove } = temporaryHome()
      const account = accountKey(home, 'wallet', systemRandom)
      await ledger.fund(account.address)
      try {
        await makeKeyIn(home.path, at)
        const [begun] = readApiKeys(home)
        expect([readApiKeys(home).length, begun && isUnfinished(begun)]).toEqual([1, true])
        expect(await depositOf(begun?.channelId as Hex)).toBe(deposited)
        const wallet = new Wallet({ home, network, key: account, clock: systemClock })
        // Twice, because the next start may be killed too.
        for (let start = 0; start < 2; start++) {
          const finished = await wallet.finishApiKey(readApiKeys(home)[0] as NonNullable<typeof begun>)
          expect([finished.keyHash, isUnfinished(finished)]).toEqual([begun?.keyHash, false])
        }
        expect(readApiKeys(home)).toHaveLength(1)
        expect(await depositOf(begun?.channelId as Hex)).toBe(depositAtomic)
        expect(keys.authenticate(`Bearer ${begun?.apiKey}`).key.payer).toBe(account.address)
        expect((await wallet.balances()).dollar).toBe(100_000_000n - depositAtomic)
      } finally {
        remove()
      }
    },
    120_000,
  )
})

describe('an owner who tries again', () => {
  it('gets the key that was broken off, once it surely is, and a new one otherwise', async () => {
    const { home, remove } = temporaryHome()
    const account = accountKey(home, 'wallet', systemRandom)
    await ledger.fund(account.address)
    try {
      await makeKeyIn(home.path, 'before the registration')
      const [begun] = readApiKeys(home)
      const later = { nowMs: () => systemClock.nowMs() + 120_000 }
      const wallet = new Wallet({ home, network, key: account, clock: later })
      expect((await wallet.createApiKey('mine', depositAtomic)).keyHash).toBe(begun?.keyHash)
      expect((await wallet.createApiKey('mine', depositAtomic)).keyHash).not.toBe(begun?.keyHash)
      expect(readApiKeys(home).map((key) => isUnfinished(key))).toEqual([false, false])
    } finally {
      remove()
    }
  }, 120_000)
})

describe('an owner without the money', () => {
  it.each([
    [false, depositAtomic, 'holds 0, the deposit is 2'],
    [true, 200_000_000n, 'holds 100, the deposit is 200'],
  ])(
    'is told what is lacking and where to get it, and has no key to ask with (funded: %s)',
    async (isFunded, amount, words) => {
      const { home, remove } = temporaryHome()
      const account = accountKey(home, 'wallet', systemRandom)
      if (isFunded) await ledger.fund(account.address)
      try {
        const wallet = new Wallet({ home, network: { ...network, isTest: true }, key: account, clock: systemClock })
        await expect(wallet.createApiKey('mine', amount)).rejects.toMatchObject({
          code: 'wallet/too-few-dollars',
          message: `Not enough test dollars: the account ${account.address} ${words}`,
          hint: expect.stringContaining('koinon wallet faucet'),
        })
        expect(() => currentApiKey(home)).toThrow(`There is no API key in the home ${home.path}`)
      } finally {
        remove()
      }
    },
    120_000,
  )
})

/** Lets a process make a key and kills it at that moment. */
async function makeKeyIn(homePath: string, at: Moment): Promise<void> {
  const networkPath = join(homePath, 'test-network.json')
  writeFileSync(networkPath, JSON.stringify(network))
  const file = new URL('../testing/wallet-child.ts', import.meta.url)
  const child = fork(file, [homePath, networkPath, 'mine', `${depositAtomic}`], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  kill = { at, child }
  try {
    const [, signal] = await withDeadline(once(child, 'exit'), 60_000, `making a key, killed ${at}`)
    expect(signal).toBe('SIGKILL')
  } finally {
    child.kill('SIGKILL')
    kill = undefined
  }
}

/** The gateway as far as keys are concerned. */
async function serveDoor(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request)
  if (request.url === '/api/gateway') return void response.end(JSON.stringify({ account: gatewayKey.address }))
  if (request.url === '/v1/receipts?limit=1') {
    try {
      keys.authenticate(request.headers.authorization)
      response.end('{"receipts":[]}')
    } catch (error) {
      response.writeHead(401).end(JSON.stringify({ error: { code: (error as { code: string }).code } }))
    }
    return
  }
  if (kill?.at === 'before the registration') return void kill.child.kill('SIGKILL')
  const { grant, signature, config } = JSON.parse(body) as { grant: unknown; signature: Hex; config: unknown }
  const record = await keys.register(parseKeyGrant(grant), signature, parseChannelConfig(config))
  if (kill?.at === 'after the registration') return void kill.child.kill('SIGKILL')
  response.writeHead(201).end(JSON.stringify(record))
}

/** The ledger's door, at which a transaction can get lost. */
async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request)
  if (kill?.at === 'before the deposit' && body.includes('eth_sendRawTransaction')) {
    return void kill.child.kill('SIGKILL')
  }
  const answer = await fetch(ledger.network.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
}

async function depositOf(channelId: Hex): Promise<bigint> {
  const [balance] = await ledger.reader.readContract({
    address: ledger.network.contracts.channels,
    abi: batchSettlementAbi,
    functionName: 'channels',
    args: [channelId],
  })
  return balance
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<Server> {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => response.writeHead(500).end(error.message))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
