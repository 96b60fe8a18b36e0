import { join } from 'node:path'
import { bytesToHex, type Hex, systemRandom } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import { testDollarAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TransferAuthorization } from '../rules/terms.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { configOf, type Party, party, temporaryFolder } from '../testing/fixtures.ts'
import { dollarOf, openSettler, signDeposit, signTransfer } from '../testing/settlement.ts'
import type { LedgerSettler } from './ledger-settler.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

const timeoutMs = 30_000
const folder = temporaryFolder()
let network: TestNetwork
let payers: readonly Funded[]
let gas: Funded
let settler: LedgerSettler
let store: DurableStore
const seller = party('seller').address

beforeAll(async () => {
  network = await startNetwork()
  payers = await Promise.all(['ann', 'bob', 'cat', 'dan'].map((name) => network.fund(name)))
  gas = await network.fund('gas')
  const opened = await openSettler(network, gas.sender, join(folder.path, 'settlements.db'))
  settler = opened.settler
  store = opened.store
})

afterAll(async () => {
  await store.close()
  await network.close()
  folder.remove()
})

function pay(payer: Party, changes: Partial<TransferAuthorization> = {}): TransferAuthorization {
  return signTransfer(payer, dollarOf(network), network.domain.chainId, { to: seller, valueAtomic: 1_000n, ...changes })
}

describe('LedgerSettler', () => {
  it('settles 200 payments at concurrency 32, many of them in one transaction', async () => {
    const before = await network.dollarsOf(seller)
    const payments = Array.from({ length: 200 }, (_, index) => pay(payers[index % payers.length] as Funded))
    const transactions = new Set<Hex>()
    let next = 0
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        while (next < payments.length) {
          const outcome = await settler.settle(payments[next++] as TransferAuthorization, timeoutMs)
          expect(outcome.state).toBe('settled')
          if (outcome.state === 'settled') transactions.add(outcome.transaction)
        }
      }),
    )
    expect(await network.dollarsOf(seller)).toBe(before + 200_000n)
    expect(transactions.size).toBeLessThan(120)
    const { settled, costWei } = await settler.totals()
    expect(settled).toBe(200)
    expect(costWei).toBeGreaterThan(0n)
  })

  it('moves the money once, however often and from wherever it is asked', async () => {
    const before = await network.dollarsOf(seller)
    const payment = pay(payers[0] as Funded)
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => settler.settle(payment, timeoutMs)))
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1)
    expect(outcomes[0]?.state).toBe('settled')
    expect(await settler.settle(payment, timeoutMs)).toEqual(outcomes[0])
    expect(await settler.findOut(payment)).toEqual(outcomes[0])
    expect(await settler.check(payment)).toMatchObject({ state: 'refused', reason: 'nonce-used' })
    expect(await network.dollarsOf(seller)).toBe(before + 1_000n)
  })

  it('tells nobody of a payment without its signature, and lets no bad signature take its place', async () => {
    const payment = pay(payers[0] as Funded)
    const forged = { ...payment, signature: `0x${'11'.repeat(64)}1b` as Hex }
    const [bad, good, worse] = await Promise.all([
      settler.settle(forged, timeoutMs),
      settler.settle(payment, timeoutMs),
      settler.settle({ ...payment, signature: '0x1234' }, timeoutMs),
    ])
    expect(good.state).toBe('settled')
    for (const outcome of [bad, worse, await settler.settle(forged, timeoutMs)]) {
      expect(outcome).toMatchObject({ state: 'refused' })
    }
  })

  it('refuses what cannot be paid, each with its reason, and sends nothing', async () => {
    const nowSeconds = BigInt(Math.floor(Date.now() / 1000))
    const [ann] = payers as [Funded]
    const nonce = await network.reader.getTransactionCount({ address: gas.address })
    const reasons = await Promise.all(
      [
        pay(ann, { valueAtomic: 10n ** 15n }),
        pay(ann, { validBefore: nowSeconds - 5n }),
        pay(ann, { validAfter: nowSeconds + 100n }),
        pay(ann, { valueAtomic: 0n }),
        pay(ann, { token: `0x${'ab'.repeat(20)}` }),
        { ...pay(ann), valueAtomic: 2_000n },
        { ...pay(ann), from: (payers[1] as Funded).address },
      ].map(async (payment) => {
        const outcome = await settler.settle(payment, timeoutMs)
        expect(await settler.check(payment)).toEqual(outcome)
        return outcome.state === 'refused' ? outcome.reason : outcome.state
      }),
    )
    expect(reasons).toEqual([
      'insufficient-funds',
      'expired',
      'not-yet-valid',
      'reverted',
      'unsupported',
      'bad-signature',
      'bad-signature',
    ])
    expect(await network.reader.getTransactionCount({ address: gas.address })).toBe(nonce)
  })

  it('settles one of two payments that share a nonce', async () => {
    const nonce = bytesToHex(systemRandom(32))
    const [ann] = payers as [Funded]
    const both = [pay(ann, { nonce }), pay(ann, { nonce, to: ann.address })]
    const outcomes = await Promise.all(both.map((payment) => settler.settle(payment, timeoutMs)))
    expect(outcomes.map(({ state }) => state).sort()).toEqual(['refused', 'settled'])
  })

  it('spends a balance once when more is signed than there is', async () => {
    const poor = party('poor')
    await (payers[0] as Funded).sender.call({
      address: dollarOf(network).token,
      abi: testDollarAbi,
      functionName: 'transfer',
      args: [poor.address, 2_500n],
    })
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => settler.settle(pay(poor), timeoutMs)))
    expect(outcomes.filter(({ state }) => state === 'settled')).toHaveLength(2)
    expect(
      outcomes.filter((outcome) => outcome.state === 'refused' && outcome.reason === 'insufficient-funds'),
    ).toHaveLength(3)
  })

  it('finds the transaction of a payment that somebody else sent, and tells it from another use of the nonce', async () => {
    const [ann, bob] = payers as [Funded, Funded]
    const submit = (payment: TransferAuthorization) =>
      bob.sender.call({
        address: payment.token,
        abi: testDollarAbi,
        functionName: 'transferWithAuthorization',
        args: [
          ...[payment.from, payment.to, payment.valueAtomic, payment.validAfter, payment.validBefore, payment.nonce],
          payment.signature,
        ] as never,
      })
    const payment = pay(ann)
    expect(await settler.findOut(payment)).toMatchObject({ state: 'unknown' })
    const { transactionHash } = await submit(payment)
    expect(await settler.findOut(payment)).toEqual({ state: 'settled', transaction: transactionHash })
    // It is no payment of a call that begins now.
    expect(await settler.settle(payment, timeoutMs)).toMatchObject({ state: 'refused', reason: 'nonce-used' })

    const other = pay(ann)
    await submit(pay(ann, { nonce: other.nonce, to: ann.address }))
    expect(await settler.findOut(other)).toMatchObject({ state: 'refused', reason: 'nonce-used' })
  })

  it('deposits into a channel once, and says what the channel holds', async () => {
    const [ann] = payers as [Funded]
    const asset = dollarOf(network)
    const config = { ...configOf(ann.address, seller), token: asset.token }
    const deposit = signDeposit(ann, asset, network.domain, config, 50_000n)
    expect(await settler.checkDeposit(config, deposit)).toEqual({ state: 'payable' })
    const outcomes = await Promise.all([1, 2, 3].map(() => settler.deposit(config, deposit, timeoutMs)))
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ state: 'settled', facts: { depositAtomic: 50_000n, status: 'open' } })
    }
    // The money is tied to its channel.
    const elsewhere = { ...config, salt: bytesToHex(systemRandom(32)) }
    expect(await settler.deposit(elsewhere, deposit, timeoutMs)).toMatchObject({ state: 'refused' })
  })

  it('says unknown while the ledger is silent, and the truth when it speaks again', async () => {
    const payment = pay(payers[2] as Funded)
    expect(await settler.settle(payment, 1)).toMatchObject({ state: 'unknown' })
    expect(await settler.settle(payment, timeoutMs)).toMatchObject({ state: 'settled' })
  })
})
