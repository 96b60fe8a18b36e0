/** A payer with a budget at our own paywall, on the real chain: nothing that it does breaks the budget. */
import { join } from 'node:path'
import { bytesToHex, type Hex, signDigest, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerWriter } from '@koinon/ledger'
import { budgetDelegateAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMppClientWire } from '../../mpp/client/mpp-wire.ts'
import { channelOfferFrom } from '../../provider/gas-bounds.ts'
import type { BudgetGrant } from '../../rules/budget/grant.ts'
import { budgetApprovalDigest, budgetRevocationDigest } from '../../rules/budget/owner-words.ts'
import { budgetGrant, signedGrant } from '../../testing/budget.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { party, seed, temporaryFolder } from '../../testing/fixtures.ts'
import { startMppShop } from '../../testing/mpp-shop.ts'
import { testPayer } from '../../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../../testing/seller.ts'
import { dollarName } from '../../testing/stock-sellers.ts'
import { createPayingFetch } from '../../x402/client/create-paying-fetch.ts'
import { durablePayerStore, payerSchema } from '../payer-store.ts'
import { createBudgetChain } from './budget-chain.ts'
import { BudgetPaymentSigner } from './budget-payment-signer.ts'
import { BudgetSigner } from './budget-signer.ts'
import { deployBudgetDelegate, setDelegate } from './delegate-account.ts'
import { budgetSchema } from './schema.ts'

let net: TestNetwork
let seller: TestSeller
let relay: Awaited<ReturnType<TestNetwork['fund']>>
let offsetMs = 0
const folder = temporaryFolder()
const clock = { nowMs: () => Date.now() + offsetMs }
const payee = party('budget seller').address

beforeAll(async () => {
  net = await startNetwork()
  relay = await net.fund('relay')
  await net.fund('owner')
  const delegate = await deployBudgetDelegate(net.reader, relay.sender, net.domain.escrow)
  await setDelegate(net.reader, createLedgerWriter(net.network, bytesToHex(seed('owner'))), delegate)
  seller = await startSeller(net, await net.fund('budget seller'), await net.fund('gas'), {
    path: join(folder.path, 'seller.db'),
    price: ({ url }) => (url.endsWith('/dear') ? { maximumAtomic: 5_000n } : {}),
  })
}, 120_000)

afterAll(async () => {
  await seller?.close()
  await net?.close()
  folder.remove()
})

type Changes = Partial<BudgetGrant>
const grants = new Map<string, BudgetGrant>()

/** A process that pays from the budget of this name; the same name again is its next process. */
async function open(
  name: string,
  changes: Changes = {},
  options: { readonly prefer?: 'channel' | 'exact'; readonly dies?: boolean; readonly url?: string } = {},
) {
  const asset = net.network.contracts.dollar
  const now = Number((await net.reader.getBlock()).timestamp)
  const grant: BudgetGrant = grants.get(name) ?? {
    ...budgetGrant({ asset, agent: party(`agent ${name}`).address, receivers: [payee], services: [seller.url] }),
    ...{ methods: ['GET /p/*'], maxPerCallAtomic: 2_000n, maxPerPeriodAtomic: 6_000n, maxTotalAtomic: 10_000n },
    ...{ periodSeconds: 3_600, validFrom: now - 10, validUntil: now + 864_000, ...changes },
  }
  grants.set(name, grant)
  const store = await DurableStore.open(join(folder.path, `${name}.db`), `${budgetSchema} ${payerSchema}`)
  const signer = new BudgetSigner({
    store,
    grants: [signedGrant(grant, 'owner', net.domain.chainId)],
    sessionKey: seed(`agent ${name}`),
    domain: net.domain,
    assetDomain: { name: dollarName, version: '1', chainId: net.domain.chainId, verifyingContract: asset },
    chain: createBudgetChain({ reader: net.reader, unsettledBlocks: 0 }),
    reader: net.reader,
    clock,
  })
  await signer.start()
  const paying = new BudgetPaymentSigner({
    signer,
    reader: net.reader,
    domain: net.domain,
    send: async (batch) => {
      if (options.dies === true) throw new Error('the process died')
      await relay.sender.send(batch, 'a deposit', budgetDelegateAbi)
    },
    clock,
    random: systemRandom,
  })
  await paying.settleOpen()
  const { prefer = 'channel' } = options
  const payer = testPayer(net, seed('unused'), { signer: paying, store: durablePayerStore(store), clock, prefer })
  const fetch = createPayingFetch({ payer, clock, wires: [createMppClientWire({ clock })] })
  return {
    signer,
    payer,
    pay: async (path = '/p/call', init: RequestInit = {}) =>
      (await fetch(`${options.url ?? seller.url}${path}`, init)).status,
    approve: (intent: Hex, isApproved = true) => {
      const word = { grant: signer.grantHash, intent, isApproved }
      return signer.approve(word, signDigest(budgetApprovalDigest(word, net.domain.chainId), seed('owner')))
    },
    close: () => store.close(),
  }
}

const refusal = (reason: string) => ({
  code: 'payments/budget-refused',
  message: expect.stringContaining(`(${reason})`),
  hint: expect.stringContaining('koinon budget explain 0x'),
  details: expect.objectContaining({ reason }),
})
const ownersDollars = () => net.dollarsOf(party('owner').address)

describe('a payer with a budget', () => {
  it('pays from a channel that the account of the owner fills within the budget, and goes on after a restart', async () => {
    const before = await ownersDollars()
    const first = await open('channel')
    expect([await first.pay(), await first.pay()]).toEqual([200, 200])
    expect(first.payer.channels()).toMatchObject([
      { depositAtomic: 6_000n, owedAtomic: 2_000n, config: { payerAuthorizer: party('agent channel').address } },
    ])
    await first.close()
    const second = await open('channel')
    expect(await second.pay()).toBe(200)
    expect(second.signer.spent[0]?.totalAtomic).toBe(6_000n)
    expect(before - (await ownersDollars())).toBe(6_000n)
    expect(await net.dollarsOf(party('agent channel').address)).toBe(0n)
    await second.close()
  })

  it('deposits what the seller takes at least, or refuses before anything is signed where a limit is under it', async () => {
    const choosy = await startSeller(net, await net.fund('choosy'), relay, {
      path: join(folder.path, 'choosy.db'),
      price: () => ({ maximumAtomic: 121n, backEnds: ['channel'] }),
      x402: { channelOffer: channelOfferFrom(1_000n, 1_000n) },
    })
    const before = await ownersDollars()
    const scope = { receivers: [party('choosy').address], services: [choosy.url] }
    for (const [limit, changes] of [
      ['perPeriod', { ...scope, maxPerPeriodAtomic: 250n }],
      ['total', { ...scope, maxTotalAtomic: 250n }],
    ] as const) {
      const { pay, signer, close } = await open(`choosy ${limit}`, changes, { url: choosy.url })
      await expect(pay()).rejects.toMatchObject({
        code: 'payments/budget-refused',
        message: expect.stringMatching(/deposit for this seller would be 0\.001 dollars, and of the budget's 0\.00025/),
        details: { limit, askedAtomic: '1000', limitAtomic: '250', leftAtomic: '250' },
      })
      expect([signer.spent[0]?.totalAtomic, await signer.open()]).toEqual([0n, []])
      await close()
    }
    expect(await ownersDollars()).toBe(before)
    const { pay, payer, signer, close } = await open(
      'choosy',
      { ...scope, maxTotalAtomic: 1_100n },
      { url: choosy.url },
    )
    expect([await pay(), await pay()]).toEqual([200, 200])
    expect(payer.channels()).toMatchObject([{ depositAtomic: 1_100n, owedAtomic: 242n }])
    expect(signer.spent[0]?.totalAtomic).toBe(1_100n)
    await close()
    await choosy.close()
  })

  it('pays exact from the small balance of its own key, and never more than the budget says', async () => {
    await net.fund('agent exact')
    const { pay, signer, close } = await open('exact', { maxTotalAtomic: 2_000n }, { prefer: 'exact' })
    expect([await pay(), await pay()]).toEqual([200, 200])
    await expect(pay()).rejects.toMatchObject(refusal('over-total'))
    expect(signer.spent[0]?.totalAtomic).toBe(2_000n)
    await close()
    const { signer: next, close: end } = await open('exact', {}, { prefer: 'exact' })
    expect(await next.open()).toEqual([])
    await end()
  })

  it('pays a charge of MPP, whose nonce the seller sets, within the budget', async () => {
    await net.fund('agent mpp')
    const shop = await startMppShop(net, await net.fund('mpp shop'), await net.fund('mpp gas'))
    const changes = { receivers: [], services: [shop.url], methods: ['GET /paid/*'], maxTotalAtomic: 2_000n }
    const { pay, signer, close } = await open('mpp', changes, { prefer: 'exact', url: shop.url })
    expect([await pay('/paid/a'), await pay('/paid/b')]).toEqual([200, 200])
    await expect(pay('/paid/c')).rejects.toMatchObject(refusal('over-total'))
    expect([signer.spent[0]?.totalAtomic, shop.runs.count]).toEqual([2_000n, 2])
    await close()
    // What became of them is found out by the seller's nonces.
    const next = await open('mpp')
    expect([await next.signer.open(), next.signer.spent[0]?.totalAtomic]).toEqual([[], 2_000n])
    await next.close()
    await shop.close()
  })

  it('pays up to a ceiling from its key, and has back what a call did not come to', async () => {
    await net.fund('agent ceiling')
    const gas = await net.fund('metered gas')
    const metered = await startSeller(net, await net.fund('metered'), gas, {
      path: join(folder.path, 'metered.db'),
      x402: { upToFacilitator: gas.address },
      price: () => ({ maximumAtomic: 1_000n, backEnds: ['upTo'] }),
      serve: async ({ url }) => ({ status: 200, body: 'x', chargedAtomic: BigInt(new URL(url).pathname.slice(3)) }),
    })
    const changes = { receivers: [], services: [metered.url], maxTotalAtomic: 2_000n }
    const { pay, signer, close } = await open('ceiling', changes, { url: metered.url })
    const spent = () => signer.spent[0]?.totalAtomic
    expect([await pay('/p/300'), spent(), await pay('/p/500'), spent()]).toEqual([200, 300n, 200, 800n])
    expect(await net.dollarsOf(party('agent ceiling').address)).toBe(1_000_000_000n - 800n)
    // What nothing was charged for may still be taken until its signature ends: it counts whole.
    expect([await pay('/p/0'), spent()]).toEqual([200, 1_800n])
    await expect(pay('/p/1')).rejects.toMatchObject({
      ...refusal('over-total'),
      message: expect.stringContaining("of the budget's 0.002 dollars in all there are 0.0002 dollars left"),
      details: expect.objectContaining({ limit: 'total', askedAtomic: '1000', limitAtomic: '2000', leftAtomic: '200' }),
    })
    const [open0] = await signer.ending()
    const { id } = open0 as { id: Hex }
    // Whatever transaction somebody names, the ledger says that it was none of this payment.
    const anyBlock = await net.reader.getBlock()
    const block = await net.reader.getBlock({ blockNumber: anyBlock.number })
    expect(await signer.conclude(id, block.transactions[0])).toBe('reserved')
    expect(spent()).toBe(1_800n)
    await close()
    await metered.close()
  })

  it('pays under a grant of services alone from its key, and names whom to grant where that holds nothing', async () => {
    const changes = { receivers: [], services: [seller.url] }
    const { pay, signer, payer, close } = await open('services', changes)
    await expect(pay()).rejects.toMatchObject({
      message: expect.stringContaining(`not the account ${payee}`),
      hint: expect.stringContaining(`koinon budget grant --to ${payee} --service ${seller.url} --on-chain`),
    })
    expect([signer.spent[0]?.totalAtomic, payer.openCalls()]).toEqual([0n, []])
    await net.fund('agent services')
    expect(await pay()).toBe(200)
    expect(signer.spent[0]?.totalAtomic).toBe(1_000n)
    await close()
  })

  it('takes the way that works: by channel while its own key has nothing', async () => {
    const { pay, payer, close } = await open('empty key', {}, { prefer: 'exact' })
    expect(await pay()).toBe(200)
    expect(payer.channels()).toHaveLength(1)
    await close()
  })

  it('refuses before any money moves: per call, service, method, receiver, expiry, alert', async () => {
    const now = Number((await net.reader.getBlock()).timestamp)
    const before = await ownersDollars()
    for (const [reason, changes, path] of [
      ['over-call', {}, '/p/dear'],
      ['method-not-allowed', {}, '/other'],
      ['service-not-allowed', { services: ['https://api.example'] }, '/p/call'],
      ['receiver-not-allowed', { receivers: [party('alice').address] }, '/p/call'],
      ['expired', { validFrom: now - 100, validUntil: now - 50 }, '/p/call'],
      ['alert-only', { autonomy: 'alert' }, '/p/call'],
    ] as const) {
      for (const prefer of ['channel', 'exact'] as const) {
        const { pay, signer, payer, close } = await open(`${reason} ${prefer}`, changes, { prefer })
        await expect(pay(path)).rejects.toMatchObject(refusal(reason))
        expect([signer.spent[0]?.totalAtomic, payer.spent(), payer.openCalls()]).toEqual([0n, 0n, []])
        await close()
      }
    }
    const { pay, close } = await open('posts')
    await expect(pay('/p/call', { method: 'POST', body: 'x' })).rejects.toMatchObject(refusal('method-not-allowed'))
    await close()
    expect(await ownersDollars()).toBe(before)
  })

  it('holds the total against many calls at once, and a revocation against the next one', async () => {
    const { pay, signer, close } = await open('total', { maxTotalAtomic: 3_000n })
    const calls = await Promise.allSettled(Array.from({ length: 6 }, (_, index) => pay(`/p/${index}`)))
    expect(calls.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    for (const call of calls) if (call.status === 'rejected') expect(call.reason).toMatchObject(refusal('over-total'))
    expect(signer.spent[0]?.totalAtomic).toBe(3_000n)
    await close()
    const revoked = await open('revoked')
    expect(await revoked.pay()).toBe(200)
    const word = { grant: revoked.signer.grantHash }
    await revoked.signer.revoke(word, signDigest(budgetRevocationDigest(word, net.domain.chainId), seed('owner')))
    await expect(revoked.pay()).rejects.toMatchObject(refusal('revoked'))
    await revoked.close()
  })

  it.each(['exact', 'channel'] as const)(
    'preferring %s, pays from its key what the owner approved, once a word',
    async (prefer) => {
      const name = `propose ${prefer}`
      await net.fund(`agent ${name}`)
      const { pay, payer, signer, approve, close } = await open(name, { autonomy: 'propose' }, { prefer })
      const waiting = async (path?: string) => {
        const error = await pay(path).catch((cause: unknown) => cause)
        expect(error).toMatchObject({ code: 'payments/budget-waits', retry: 'later' })
        return (error as { details: { intentHash: Hex } }).details.intentHash
      }
      const first = await waiting()
      // Asked again it is the same proposal, and another call is another one.
      expect(await waiting()).toBe(first)
      expect(signer.spent[0]?.totalAtomic).toBe(0n)
      await approve(first)
      expect(await pay()).toBe(200)
      expect([signer.spent[0]?.totalAtomic, payer.spent()]).toEqual([1_000n, 1_000n])
      const next = await waiting()
      expect(next).not.toBe(first)
      await approve(next, false)
      await expect(pay()).rejects.toMatchObject({ code: 'payments/budget-denied' })
      await close()
    },
  )

  it('deposits once when it died between the signature and the transaction', async () => {
    const before = await ownersDollars()
    const dying = await open('dying', {}, { dies: true })
    await expect(dying.pay()).rejects.toThrow('died')
    await dying.close()
    const next = await open('dying')
    expect(await next.pay()).toBe(200)
    expect([before - (await ownersDollars()), next.signer.spent[0]?.totalAtomic]).toEqual([6_000n, 6_000n])
    await next.close()
  })

  it('pays no more in a period, and tops its channel up in the next one', async () => {
    const { pay, close } = await open('period', { maxPerPeriodAtomic: 2_000n })
    expect([await pay(), await pay()]).toEqual([200, 200])
    await expect(pay()).rejects.toMatchObject({ ...refusal('over-period'), retry: 'later' })
    await net.advanceSeconds(3_600)
    offsetMs = 3_600_000
    expect(await pay()).toBe(200)
    await close()
  })

  it('cannot deposit for an account that does not delegate, and says what to do', async () => {
    const writer = createLedgerWriter(net.network, bytesToHex(seed('owner')))
    await setDelegate(net.reader, writer, undefined)
    const { pay, close } = await open('no delegate')
    await expect(pay()).rejects.toMatchObject({
      code: 'payments/nothing-payable',
      message: expect.stringMatching(/holds 0 dollars, less than the price of 0\.001 dollars$/),
      hint: expect.stringContaining('--on-chain'),
      details: { reasons: ['payments/budget-cannot-deposit', 'payments/budget-key-empty'] },
    })
    await close()
  })
})
