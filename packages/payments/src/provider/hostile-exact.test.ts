/** Payers who want more than they pay for. */
import { join } from 'node:path'
import { sha256Hex } from '@koinon/base'
import { testDollarAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { channelIdOf } from '../rules/channel.ts'
import { httpCallType } from '../rules/http-call.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { configOf, party, temporaryFolder } from '../testing/fixtures.ts'
import { startSeller, type TestSeller } from '../testing/seller.ts'
import { dollarOf, signDeposit, signTransfer } from '../testing/settlement.ts'
import type { CallResult, PaidCall } from './cash-desk.ts'
import type { Settler } from './settler.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

const folder = temporaryFolder()
let network: TestNetwork
let account: Funded
let gas: Funded
let payer: Funded

beforeAll(async () => {
  network = await startNetwork()
  account = await network.fund('seller')
  gas = await network.fund('gas')
  payer = await network.fund('payer')
})

afterAll(async () => {
  await network.close()
  folder.remove()
})

const code = (name: string) => expect.objectContaining({ code: `payments/${name}` })

function open(name: string, instead: Partial<Settler> = {}, maximumChannels = 1_000): Promise<TestSeller> {
  return startSeller(network, account, gas, {
    path: join(folder.path, name),
    desk: { settlementIntervalMs: 3_600_000 },
    maximumChannels,
    settler: (real) => ({
      check: real.check.bind(real),
      settle: real.settle.bind(real),
      deposit: real.deposit.bind(real),
      findOut: real.findOut.bind(real),
      ...instead,
    }),
  })
}

function callOf(seller: TestSeller, valueAtomic: bigint, who: Parameters<typeof signTransfer>[0] = payer): PaidCall {
  const asset = dollarOf(network)
  const authorization = signTransfer(who, asset, network.domain.chainId, { to: account.address, valueAtomic })
  return {
    terms: seller.terms({ maximumAtomic: valueAtomic }),
    commitment: { backEnd: 'exact', authorization },
    requestHash: sha256Hex('0x11'),
    receivedAtMs: Date.now() - 1,
  }
}

function resultOf(chargedAtomic: bigint): CallResult {
  const work = { method: 'GET', url: 'https://seller.example/answer', status: 200, answerBytes: 1 }
  const nowMs = Date.now()
  return {
    chargedAtomic,
    responseHash: sha256Hex('0x22'),
    kind: 'http',
    work: httpCallType.toJson(work),
    workHash: httpCallType.hash(work),
    times: { receivedAtMs: nowMs, firstByteAtMs: nowMs, endedAtMs: nowMs },
  }
}

describe('a payment that moved and had no answer', () => {
  it('buys what it paid for, also where the same request is dearer by now', async () => {
    const first = await open('cheap.db', { settle: async () => ({ state: 'unknown', detail: 'nobody answers' }) })
    const call = callOf(first, 1_000n)
    const admission = await first.desk.admit(call)
    if (admission.state !== 'held') throw new Error('it was done before')
    await expect(admission.payment.charge(resultOf(1_000n))).rejects.toEqual(code('settlement-unknown'))
    await first.close()
    const transaction = `0x${'aa'.repeat(32)}` as const
    let findOut: Settler['findOut'] = async () => ({ state: 'unknown', detail: 'not yet' })
    const settle: Settler['settle'] = async () => ({ state: 'unknown', detail: 'not yet' })
    const seller = await open('cheap.db', { settle, findOut: (authorization) => findOut(authorization) })
    await expect(seller.desk.admit(call)).rejects.toBeDefined()
    findOut = async () => ({ state: 'settled', transaction })
    await seller.desk.findOut()
    const again = await seller.desk.admit({ ...call, terms: seller.terms({ maximumAtomic: 50_000n }) })
    if (again.state !== 'held') throw new Error('it was done before')
    expect(again.payment.maximumAtomic).toBe(1_000n)
    const { charge, bundle } = await again.payment.charge(resultOf(1_000n))
    expect(charge).toMatchObject({ chargedAtomic: 1_000n, transaction })
    expect(bundle.hops[0]?.receipt.amountPicoUsd).toBe(1_000_000_000n)
    await seller.close()
  })
})

describe('a payment that moved and whose receipt could not be written', () => {
  it('buys its answer by the same proof, without a second payment', async () => {
    const seller = await open('unwritten.db')
    const call = callOf(seller, 1_000n)
    const before = await network.dollarsOf(account.address)
    const hold = async () => {
      const admission = await seller.desk.admit(call)
      if (admission.state !== 'held') throw new Error('it was done before')
      return admission.payment
    }
    const unwritable = { ...resultOf(1_000n), responseHash: '0x22' } as const
    await expect((await hold()).charge(unwritable)).rejects.toEqual(code('bad-answer'))
    const { charge } = await (await hold()).charge(resultOf(1_000n))
    expect(charge).toMatchObject({ chargedAtomic: 1_000n, transaction: expect.stringMatching(/^0x/) })
    expect(await network.dollarsOf(account.address)).toBe(before + 1_000n)
    await seller.close()
  })
})

describe('a payer with the money of one call', () => {
  it('does not have many worked for at once', async () => {
    const poor = party('poor', network.domain)
    const { token } = dollarOf(network)
    await payer.sender.call({
      address: token,
      abi: testDollarAbi,
      functionName: 'transfer',
      args: [poor.address, 1_000n],
    })
    const seller = await open('poor.db')
    const calls = Array.from({ length: 20 }, () => callOf(seller, 1_000n, poor))
    const answers = await Promise.allSettled(calls.map((call) => seller.desk.admit(call)))
    const held = answers.flatMap((one) => (one.status === 'fulfilled' && one.value.state === 'held' ? [one.value] : []))
    // Four on credit, and the one that its money moved for first.
    expect(held.length).toBeLessThanOrEqual(5)
    for (const { payment } of held) payment.release()
    await seller.close()
  })
})

describe('deposits that come with calls', () => {
  it('open no more channels than a seller can serve, and none that it then refuses', async () => {
    const seller = await open('full.db', {}, 1)
    const asset = dollarOf(network)
    const admit = (salt: string) => {
      const config = { ...configOf(payer.address, account.address, salt), token: asset.token }
      const channelId = channelIdOf(config, network.domain)
      const voucher = payer.signer.sign({ channelId, maxClaimableAtomic: 1_000n })
      const deposit = signDeposit(payer, asset, network.domain, config, 10_000n)
      const { terms, requestHash, receivedAtMs } = callOf(seller, 1_000n)
      const commitment = { backEnd: 'channel', config, voucher, deposit } as const
      return seller.desk.admit({ terms, requestHash, receivedAtMs, commitment })
    }
    expect((await admit('first')).state).toBe('held')
    const before = await network.dollarsOf(payer.address)
    await expect(admit('second')).rejects.toEqual(code('busy'))
    expect(await network.dollarsOf(payer.address)).toBe(before)
    await seller.close()
  })
})
