/** Scheme `upto` on the real EVM: our paywall and stock clients, our payer and stock sellers, our facilitator, and who would cheat. */
import { join } from 'node:path'
import { type Hex, systemClock } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { signatureTransferAbi } from '@koinon/ledger/abis'
import { declareEip2612GasSponsoringExtension } from '@x402/extensions'
import { wrapFetchWithPayment } from '@x402/fetch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { payingFetch, receiptOf } from '../client/paying-fetch.ts'
import { permit2Ledger } from '../client/permit2-ledger.ts'
import type { UpToAuthorization } from '../rules/terms.ts'
import { nonceBit, permit2Address } from '../rules/up-to.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { temporaryFolder } from '../testing/fixtures.ts'
import { testPayer } from '../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../testing/seller.ts'
import { dollarOf, openSettler, signUpTo } from '../testing/settlement.ts'
import { stockClient, stockFetch } from '../testing/stock-clients.ts'
import { type Listening, startFacilitator, startHonoSeller, stockPayee } from '../testing/stock-sellers.ts'
import { allowanceOf, allowPermit2, facilitatorBody, payUpTo } from '../testing/up-to.ts'
import { x402Wire } from './client/x402-wire.ts'
import { Facilitator, facilitatorSchema } from './facilitator/facilitator.ts'
import { FacilitatorServer } from './facilitator/facilitator-server.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

const folder = temporaryFolder()
const ceilingAtomic = 1_000n
const sponsoring = { extensions: declareEip2612GasSponsoringExtension() as Record<string, unknown> }
let net: TestNetwork
let account: Funded
let gas: Funded
let seller: TestSeller
let facilitator: Facilitator
let facilitatorGas: Funded
let server: FacilitatorServer
let facilitatorUrl: string
let stockFacilitator: Listening
const closers: (() => Promise<unknown>)[] = []
/** What settlements of the paywall are said to have come to, first to last; the truth where there is none. */
const outcomes: 'unknown'[] = []
/** Runs while a call is worked for, by path. */
const duringWork = new Map<string, () => Promise<unknown>>()

beforeAll(async () => {
  net = await startNetwork()
  account = await net.fund('seller')
  gas = await net.fund('gas')
  facilitatorGas = await net.fund('facilitator')
  seller = await startSeller(net, account, gas, {
    path: join(folder.path, 'seller.db'),
    x402: { upToFacilitator: gas.address },
    desk: { settlementIntervalMs: 3_600_000 },
    settler: (real) => ({
      check: real.check.bind(real),
      deposit: real.deposit.bind(real),
      findOut: real.findOut.bind(real),
      async settle(payment, timeoutMs) {
        const truth = await real.settle(payment, timeoutMs)
        return outcomes.shift() === undefined ? truth : { state: 'unknown', detail: 'the line went dead' }
      },
    }),
    price: () => ({ maximumAtomic: ceilingAtomic, backEnds: ['upTo'] }),
    serve: async (request) => {
      const { pathname, searchParams } = new URL(request.url)
      await duringWork.get(pathname)?.()
      return { status: 200, body: 'done', chargedAtomic: BigInt(searchParams.get('cost') ?? 300) }
    },
  })
  const store = await DurableStore.open(join(folder.path, 'facilitator.db'), facilitatorSchema)
  facilitator = new Facilitator({
    ...{ store, reader: net.reader, sender: facilitatorGas.sender, domain: net.domain, clock: systemClock },
    assets: [dollarOf(net)],
    unsettledBlocks: 0,
    servesUpTo: true,
  })
  server = new FacilitatorServer({ facilitator, host: '127.0.0.1', port: 0, clock: systemClock })
  facilitatorUrl = `http://127.0.0.1:${await server.start()}`
  stockFacilitator = await startFacilitator(net, 'stock facilitator')
  closers.push(
    () => server.stop(100),
    () => stockFacilitator.close(),
    () => store.close(),
  )
})

afterAll(async () => {
  for (const close of closers) await close()
  await seller.close()
  await net.close()
  folder.remove()
})

const pay = (path: string, payment: UpToAuthorization, changes = {}) =>
  payUpTo(net, `${seller.url}${path}`, payment, changes)
const approve = (who: Funded, atomic: bigint) => allowPermit2(net, who, atomic)

const signed = (who: Funded, changes: Partial<UpToAuthorization> = {}) =>
  signUpTo(who, dollarOf(net), net.domain.chainId, {
    to: account.address,
    facilitator: gas.address,
    maximumAtomic: ceilingAtomic,
    ...changes,
  })

describe('our paywall', () => {
  it('takes what the call came to from the stock client, whose permit allows the ceiling and no more', async () => {
    const who = await net.fund('stock payer')
    const before = await net.dollarsOf(account.address)
    for (const left of [700n, 700n]) {
      const response = await stockFetch(net, who, 'upto')(`${seller.url}/stock`)
      expect([response.status, await response.text()]).toEqual([200, 'done'])
      const receipt = JSON.parse(atob(response.headers.get('payment-response') as string))
      expect(receipt).toMatchObject({ success: true, payer: who.address, amount: '300' })
      expect(await allowanceOf(net, who.address)).toBe(left)
    }
    expect(await net.dollarsOf(account.address)).toBe(before + 600n)
  })

  it('does the work of six copies of one proof once, and of a late one never', async () => {
    const who = await net.fund('replayer')
    let proof: Headers | undefined
    const capture: typeof fetch = async (input, init) => {
      const request = new Request(input, init)
      if (!request.headers.has('payment-signature')) return fetch(request)
      proof = request.headers
      return new Response('{}')
    }
    await wrapFetchWithPayment(capture, stockClient(net, who, 'upto'))(`${seller.url}/copies`)
    const headers = proof as Headers
    const answers = await Promise.all(Array.from({ length: 6 }, () => fetch(`${seller.url}/copies`, { headers })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409])
    expect((await fetch(`${seller.url}/copies?other`, { headers })).status).toBe(402)
    expect(seller.runs.get('/copies')).toBe(1)
    expect(1_000_000_000n - (await net.dollarsOf(who.address))).toBe(300n)
  })

  it('works for nobody who signed something else', async () => {
    const who = await net.fund('cheat')
    await approve(who, 10_000n)
    const thief = await net.fund('thief')
    const cases: readonly (readonly [string, () => Promise<Response>, number, string?])[] = [
      [
        'another facilitator',
        () => pay('/no', signed(who, { facilitator: who.address })),
        402,
        'upto_facilitator_mismatch',
      ],
      [
        'another payee',
        () => pay('/no', signed(who, { to: who.address })),
        402,
        'invalid_exact_evm_recipient_mismatch',
      ],
      ['less', () => pay('/no', signed(who, { maximumAtomic: 999n })), 402],
      ['more', () => pay('/no', signed(who, { maximumAtomic: 1_001n })), 402],
      ['ended', () => pay('/no', signed(who, { validBefore: 1_000n })), 402],
      ['not begun', () => pay('/no', signed(who, { validAfter: 1n << 40n })), 402],
      ['open for ever', () => pay('/no', signed(who, { validBefore: 1n << 50n })), 402],
      [
        'signed by another',
        () => pay('/no', { ...signed(who), signature: signed(thief).signature }),
        402,
        'invalid_permit2_signature',
      ],
      ['another spender', () => pay('/no', signed(who), { spender: who.address }), 400],
      [
        'a payee changed on the way',
        () =>
          pay('/no', signed(who, { to: who.address }), {
            witness: { to: account.address, facilitator: gas.address, validAfter: '0' },
          }),
        402,
        'invalid_permit2_signature',
      ],
    ]
    for (const [name, attempt, status, error] of cases) {
      const response = await attempt()
      expect([name, response.status]).toEqual([name, status])
      if (error !== undefined) expect([name, (await response.json()).error]).toEqual([name, error])
    }
    expect(seller.runs.has('/no')).toBe(false)
    expect(await net.dollarsOf(who.address)).toBe(1_000_000_000n)
  })

  it('says what is missing where Permit2 may move nothing', async () => {
    const who = await net.fund('no allowance')
    const response = await pay('/allowance', signed(who))
    expect([response.status, (await response.json()).error]).toEqual([402, 'permit2_allowance_required'])
    expect(seller.runs.has('/allowance')).toBe(false)
  })

  it('releases nothing when the payer takes its word back while the work is done', async () => {
    const who = await net.fund('canceller')
    await approve(who, 10_000n)
    const payment = signed(who)
    const { word, bit } = nonceBit(payment.nonce)
    duringWork.set('/cancelled', () =>
      who.sender.call({
        address: permit2Address,
        abi: signatureTransferAbi,
        functionName: 'invalidateUnorderedNonces',
        args: [word, 1n << bit],
      }),
    )
    const response = await pay('/cancelled', payment)
    expect(response.status).toBe(402)
    expect(await response.text()).not.toContain('done')
    expect((await pay('/cancelled', payment)).status).toBe(402)
    expect(seller.runs.get('/cancelled')).toBe(1)
  })

  it('finds out an outcome that nobody knew, and lets the same proof hear the answer', async () => {
    const who = await net.fund('patient')
    await approve(who, 10_000n)
    const payment = signed(who)
    outcomes.push('unknown')
    const first = await pay('/unknown', payment)
    expect([first.status, first.headers.get('retry-after') !== null]).toEqual([503, true])
    // The seller looks at the ledger when its payer comes back.
    const again = await pay('/unknown', payment)
    expect([again.status, await again.text(), seller.runs.get('/unknown')]).toEqual([200, 'done', 1])
    expect(await net.dollarsOf(who.address)).toBe(1_000_000_000n - 300n)
  })

  it('knows by the ledger alone what became of a payment, and for how much', async () => {
    const who = await net.fund('forgotten')
    await approve(who, 10_000n)
    const payment = { ...signed(who), valueAtomic: 250n }
    const { settler, store } = await openSettler(net, gas.sender, join(folder.path, 'first.db'))
    const outcome = await settler.settle(payment, 10_000)
    expect(outcome.state).toBe('settled')
    expect((await settler.settle({ ...payment, valueAtomic: 251n }, 10_000)).state).toBe('refused')
    const other = await openSettler(net, gas.sender, join(folder.path, 'second.db'))
    expect(await other.settler.findOut(payment)).toEqual(outcome)
    expect(await other.settler.findOut({ ...payment, valueAtomic: 251n })).toMatchObject({ reason: 'nonce-used' })
    const unused = signed(who)
    expect((await other.settler.findOut(unused)).state).toBe('unknown')
    await store.close()
    await other.store.close()
  })

  it('serves the same proof again for what it paid, when the answer was lost', async () => {
    const who = await net.fund('unlucky')
    await approve(who, 10_000n)
    const payment = signed(who)
    // The receipt's transaction fails after the money moved.
    const { finalize } = seller.ledger
    seller.ledger.finalize = () => Promise.reject(new Error('disk full'))
    expect((await pay('/lost?cost=400', payment)).status).toBe(500)
    seller.ledger.finalize = finalize
    expect(await net.dollarsOf(who.address)).toBe(1_000_000_000n - 400n)
    const again = await pay('/lost?cost=400', payment)
    expect([again.status, await again.text()]).toEqual([200, 'done'])
    expect(await net.dollarsOf(who.address)).toBe(1_000_000_000n - 400n)
  })
})

describe('our payer', () => {
  const payerOf = (who: Funded) => {
    const payer = testPayer(net, who.secretKey)
    return { payer, pay: payingFetch({ payer, wires: [x402Wire] }) }
  }

  it('pays our paywall what calls came to, one after the other where its permit must be replaced', async () => {
    const who = await net.fund('own payer')
    const { payer, pay: buy } = payerOf(who)
    const answers = await Promise.all([buy(`${seller.url}/own?cost=200`), buy(`${seller.url}/own?cost=500`)])
    expect(answers.map((answer) => receiptOf(answer)?.chargedAtomic).sort()).toEqual([200n, 500n])
    expect([payer.spent(), payer.openCalls()]).toEqual([700n, []])
    expect(await net.dollarsOf(who.address)).toBe(1_000_000_000n - 700n)
    expect(await allowanceOf(net, who.address)).toBeLessThan(ceilingAtomic)
  })

  it('counts the ceiling of a call that cost nothing until its signature has run out', async () => {
    const who = await net.fund('free rider')
    let nowMs = Date.now()
    const payer = testPayer(net, who.secretKey, { clock: { nowMs: () => nowMs } })
    const buy = payingFetch({ payer, wires: [x402Wire] })
    const answer = await buy(`${seller.url}/free-of-charge?cost=0`)
    expect(receiptOf(answer)).toMatchObject({ chargedAtomic: 0n, isStated: true })
    expect(payer.spent()).toBe(ceilingAtomic)
    nowMs += 120_000
    await buy(`${seller.url}/own?cost=100`).catch(() => undefined)
    expect(payer.spent()).toBeLessThanOrEqual(ceilingAtomic)
  })

  it.each(['stock', 'our'] as const)('pays the stock seller behind %s facilitator', async (whose) => {
    const who = await net.fund(`payer by ${whose}`)
    const stock = await startHonoSeller({
      ...{ net, schemes: ['upto'], settledAtomic: 400n, handle: () => 'done', ...sponsoring },
      facilitatorUrl: whose === 'our' ? facilitatorUrl : stockFacilitator.url,
    })
    closers.push(() => stock.close())
    const before = await net.dollarsOf(stockPayee.address)
    const { payer, pay: buy } = payerOf(who)
    const answer = await buy(`${stock.url}/paid`, { method: 'POST', body: 'a' })
    expect([await answer.text(), receiptOf(answer)?.chargedAtomic, payer.spent()]).toEqual(['done', 400n, 400n])
    const theirs = await stockFetch(net, who, 'upto')(`${stock.url}/paid`, { method: 'POST', body: 'b' })
    expect(theirs.status).toBe(200)
    expect(await net.dollarsOf(stockPayee.address)).toBe(before + 800n)
  })

  it('believes no transaction of another call', async () => {
    const who = await net.fund('careful')
    const { pay: buy } = payerOf(who)
    const receipt = receiptOf(await buy(`${seller.url}/careful?cost=10`))
    const ledger = permit2Ledger(net.reader)
    expect(await ledger.chargeOf(0, signed(who), receipt?.transaction as Hex)).toBeUndefined()
  })

  it('signs nothing where it would need an allowance that nobody sends along', async () => {
    const who = await net.fund('approver')
    const stock = await startHonoSeller({
      ...{ net, schemes: ['upto'], settledAtomic: 400n, handle: () => 'done', facilitatorUrl },
    })
    closers.push(() => stock.close())
    const { payer, pay: buy } = payerOf(who)
    const call = () => buy(`${stock.url}/paid`, { method: 'POST', body: 'a' })
    await expect(call()).rejects.toMatchObject({ code: 'payments/permit2-allowance' })
    expect(payer.spent()).toBe(0n)
    await approve(who, ceilingAtomic)
    expect((await call()).status).toBe(200)
    expect(await allowanceOf(net, who.address)).toBe(600n)
  })
})

describe('our facilitator', () => {
  const bodyOf = (payment: UpToAuthorization, amountAtomic?: bigint) =>
    facilitatorBody(net, payment, account.address, amountAtomic)

  it('settles once, at most the ceiling, for the amount that was said first, and only for who verified', async () => {
    const who = await net.fund('facilitated')
    await approve(who, 10_000n)
    const payment = signed(who, { facilitator: facilitatorGas.address })
    const before = await net.dollarsOf(who.address)
    expect(await facilitator.verify(bodyOf(payment), 'server')).toMatchObject({ isValid: true })
    expect(await facilitator.verify(bodyOf(payment), 'server')).toMatchObject({ invalidReason: 'payment_in_flight' })
    // The payer would rather pay 1 by itself.
    expect(await facilitator.settle(bodyOf(payment, 1n), 'payer')).toMatchObject({ errorReason: 'payment_in_flight' })
    expect(await facilitator.settle(bodyOf(payment, 0n), 'server')).toMatchObject({ success: true, transaction: '' })
    expect(await facilitator.settle(bodyOf(payment, 1_001n), 'server')).toMatchObject({
      errorReason: 'invalid_upto_evm_payload_settlement_exceeds_amount',
    })
    const [first, again] = await Promise.all([
      facilitator.settle(bodyOf(payment, 600n), 'server'),
      facilitator.settle(bodyOf(payment, 600n), 'server'),
    ])
    expect(first).toMatchObject({ success: true, amount: '600', payer: who.address })
    expect(again).toEqual(first)
    expect(await facilitator.settle(bodyOf(payment, 600n), 'server')).toEqual(first)
    expect(await facilitator.settle(bodyOf(payment, 700n), 'server')).toMatchObject({
      errorReason: 'permit2_invalid_nonce',
    })
    expect(before - (await net.dollarsOf(who.address))).toBe(600n)
  })

  it('keeps no payment that its server settled for nothing', async () => {
    const who = await net.fund('let go')
    await approve(who, 10_000n)
    const payment = signed(who, { facilitator: facilitatorGas.address })
    expect(await facilitator.verify(bodyOf(payment), 'server')).toMatchObject({ isValid: true })
    expect(await facilitator.verify(bodyOf(payment), 'other')).toMatchObject({ invalidReason: 'payment_in_flight' })
    expect(await facilitator.settle(bodyOf(payment, 0n), 'server')).toMatchObject({ success: true, transaction: '' })
    expect(await facilitator.verify(bodyOf(payment), 'other')).toMatchObject({ isValid: true })
  })

  it('verifies nothing that it could not settle', async () => {
    const who = await net.fund('unverifiable')
    const mine = { facilitator: facilitatorGas.address }
    const reasonOf = async (payment: UpToAuthorization, amount?: bigint) =>
      (await facilitator.verify(bodyOf(payment, amount))).invalidReason
    expect(await reasonOf(signed(who, mine))).toBe('permit2_allowance_required')
    await approve(who, 10_000n)
    expect(await reasonOf(signed(who))).toBe('upto_facilitator_mismatch')
    expect(await reasonOf(signed(who, mine), 999n)).toBe('permit2_amount_mismatch')
    expect(await reasonOf(signed(who, { ...mine, to: who.address }))).toBe('invalid_permit2_recipient_mismatch')
    expect(await reasonOf(signed(who, { ...mine, validBefore: 9n }))).toBe('permit2_deadline_expired')
    expect(await reasonOf(signed(who, { ...mine, validBefore: 1n << 50n }))).toBe('permit2_deadline_too_far')
    const inSeconds = (seconds: number) => ({ ...mine, validBefore: BigInt(Math.floor(Date.now() / 1000) + seconds) })
    expect(await reasonOf(signed(who, inSeconds(300)))).toBe('permit2_deadline_too_far')
    expect(await reasonOf(signed(who, inSeconds(90)))).toBeUndefined()
    const unbegun = { ...mine, validAfter: BigInt(Math.floor(Date.now() / 1000)) + 60n, validBefore: 1n << 50n }
    expect(await reasonOf(signed(who, unbegun))).toBe('permit2_deadline_too_far')
    const rich = signed(who, { ...mine, maximumAtomic: 1n << 100n })
    expect(await reasonOf(rich)).toBe('permit2_insufficient_balance')
    expect(facilitator.supported().kinds).toContainEqual(
      expect.objectContaining({ scheme: 'upto', extra: { facilitatorAddress: facilitatorGas.address } }),
    )
  })
})
