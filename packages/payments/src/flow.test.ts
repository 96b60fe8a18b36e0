/** The whole way of the money, with real parts at every station: payer, API key, gateway, provider, escrow on a real chain. */
import { join } from 'node:path'
import { systemRandom } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChannelOpener, createApiKey, VoucherCourier } from './client/index.ts'
import { ChannelBook, createVoucherSigner, type ReceiptLedger } from './core/index.ts'
import { ChannelAdmission, ClaimWatcher, VoucherDesk } from './provider/index.ts'
import { parseApiKey } from './rules/api-key.ts'
import { channelIdOf, decodeVoucherHeader, deriveApiKey, unlimitedCreditPicoUsd } from './rules/index.ts'
import { startNetwork, type TestNetwork } from './testing/chain.ts'
import { answerOn, openStore, requestId, startLedger, temporaryFolder } from './testing/fixtures.ts'

const folder = temporaryFolder()
const clock = { nowMs: () => Date.now() }
type Funded = Awaited<ReturnType<TestNetwork['fund']>>
type Role = {
  book: ChannelBook
  ledger: ReceiptLedger
  admission: ChannelAdmission
  watcher: ClaimWatcher
  store: DurableStore
}

let net: TestNetwork
let user: Funded
let gatewayAccount: Funded
let providerAccount: Funded
let gateway: Role
let provider: Role
let courier: VoucherCourier
let desk: VoucherDesk

function openerOf(who: Funded): ChannelOpener {
  const { dollar, depositCollector } = net.network.contracts
  return new ChannelOpener({
    reader: net.reader,
    sender: who.sender,
    payer: who.account,
    domain: net.domain,
    token: dollar,
    collector: depositCollector,
    clock,
    random: systemRandom,
  })
}

async function roleOf(who: Funded, name: string, onDebt: (book: ChannelBook) => void): Promise<Role> {
  const store = await openStore(join(folder.path, name))
  const book = new ChannelBook({ store, domain: net.domain })
  await book.start()
  const { ledger } = await startLedger(store, who, { book, onSettled: () => onDebt(book) })
  const terms = {
    receiver: who.address,
    token: net.network.contracts.dollar,
    minimumWithdrawDelay: 900,
    minimumDepositAtomic: 1n,
    creditLimitPicoUsd: 5_000_000n,
    maximumChannels: 10,
  }
  const admission = new ChannelAdmission({ book, reader: net.reader, terms, clock })
  const watcher = new ClaimWatcher({
    book,
    reader: net.reader,
    sender: who.sender,
    token: net.network.contracts.dollar,
    policy: { thresholdAtomic: 1_000_000n, maximumAgeMs: 3_600_000, maximumRows: 50 },
    intervalMs: 60_000,
    clock,
    unit: () => 0.5,
  })
  return { store, book, ledger, admission, watcher }
}

beforeAll(async () => {
  net = await startNetwork()
  user = await net.fund('user')
  gatewayAccount = await net.fund('gateway')
  providerAccount = await net.fund('provider')
  provider = await roleOf(providerAccount, 'provider', () => undefined)
  gateway = await roleOf(gatewayAccount, 'gateway', (book) => {
    for (const state of book.list()) courier.noticeDebt(state.channelId)
  })
  desk = new VoucherDesk({ book: provider.book, refresh: (id) => provider.admission.refresh(id) })
  courier = new VoucherCourier({
    book: gateway.book,
    signer: gatewayAccount.signer,
    send: async (_channel, voucher) => void (await desk.deliver(voucher)),
    unit: Math.random,
  })
  courier.start()
}, 120_000)

afterAll(async () => {
  for (const role of [gateway, provider]) {
    await role.ledger.stop()
    await role.store.close()
  }
  await net.close()
  folder.remove()
})

describe('money from an API key to a provider', () => {
  it('adds up to the last atomic unit, and nobody can take more', async () => {
    const start = {
      gateway: await net.dollarsOf(gatewayAccount.address),
      provider: await net.dollarsOf(providerAccount.address),
    }

    // The user makes a key and a channel of a tenth of a cent for it; the gateway opens its own channel to the provider.
    const key = createApiKey(systemRandom)
    const userChannel = await openerOf(user).open({
      receiver: gatewayAccount.address,
      payerAuthorizer: key.authorizer,
      depositAtomic: 1_000n,
    })
    const inbound = await gateway.admission.admit(userChannel.config, unlimitedCreditPicoUsd)
    const hubChannel = await openerOf(gatewayAccount).open({
      receiver: providerAccount.address,
      payerAuthorizer: gatewayAccount.address,
      depositAtomic: 900n,
    })
    const outbound = await gateway.book.add({
      ...hubChannel,
      role: 'outbound',
      creditLimitPicoUsd: unlimitedCreditPicoUsd,
      nowMs: clock.nowMs(),
    })
    await provider.admission.admit(hubChannel.config)

    // Requests until the user's money is used up; the key is known to the gateway only while one is served.
    let answers = 0
    for (let index = 0; ; index++) {
      const { authorizerKey } = deriveApiKey(parseApiKey(key.text))
      const voucherSigner = createVoucherSigner(authorizerKey, net.domain)
      const maximum = 60_000_000n
      try {
        gateway.ledger.release(gateway.ledger.reserve(inbound.channelId, maximum))
      } catch (error) {
        expect(error).toMatchObject({ code: 'payments/channel-empty' })
        break
      }
      const header = courier.header(outbound.channelId)
      if (header !== undefined) {
        desk.accept(decodeVoucherHeader(header))
        await courier.confirm(decodeVoucherHeader(header))
      }
      const providerChannel = provider.book.require(outbound.channelId)
      const bundle = await provider.ledger.finalize(
        answerOn(provider.ledger, providerChannel, 43_300_001n, requestId(index)),
      )
      const upstream = bundle.hops[0] as NonNullable<(typeof bundle.hops)[0]>
      const upstreamReservation = gateway.ledger.reserve(outbound.channelId, maximum)
      const answer = answerOn(gateway.ledger, gateway.book.require(inbound.channelId), maximum, requestId(index), {
        upstream,
        upstreamReservation,
        voucherSigner,
        amountPicoUsd: 50_500_001n,
      })
      await gateway.ledger.finalize(answer)
      answers += 1
    }
    expect(answers).toBe(19)

    const hub = gateway.book.require(inbound.channelId)
    expect(hub.owedPicoUsd).toBe(19n * 50_500_001n)
    expect(hub.voucherAtomic).toBe(959n)
    expect(gateway.book.require(outbound.channelId).owedPicoUsd).toBe(
      provider.book.require(outbound.channelId).owedPicoUsd,
    )

    // Everybody stops: the last voucher is delivered, then both sides claim.
    await courier.stop()
    await provider.watcher.stop()
    await gateway.watcher.stop()
    expect((await net.dollarsOf(gatewayAccount.address)) - start.gateway).toBe(959n - 900n)
    expect((await net.dollarsOf(providerAccount.address)) - start.provider).toBe(822n)
    expect(provider.book.require(outbound.channelId).claimedAtomic).toBe(822n)

    // What the user did not spend goes back to the user, and only that.
    const opener = openerOf(user)
    const left = await net.dollarsOf(user.address)
    await opener.initiateWithdrawal(userChannel.config, 41n)
    await net.advanceSeconds(901)
    await opener.finalizeWithdrawal(userChannel.config)
    expect((await net.dollarsOf(user.address)) - left).toBe(41n)
    expect(channelIdOf(userChannel.config, net.domain)).toBe(inbound.channelId)
  }, 120_000)

  it('a provider serves a gateway that does not pay up to its credit, and no further', async () => {
    const hubChannel = await openerOf(gatewayAccount).open({
      receiver: providerAccount.address,
      payerAuthorizer: gatewayAccount.address,
      depositAtomic: 900n,
    })
    const channel = await provider.admission.admit(hubChannel.config)
    let served = 0n
    for (let index = 1_000; index < 1_020; index++) {
      try {
        await provider.ledger.finalize(
          answerOn(provider.ledger, provider.book.require(channel.channelId), 2_000_000n, requestId(index)),
        )
        served += 2_000_000n
      } catch (error) {
        expect(error).toMatchObject({ code: 'payments/credit-exhausted', retry: 'later' })
      }
    }
    // Its credit is 5,000,000 pico-dollars; one answer may lead beyond it.
    expect(served).toBe(6_000_000n)
    desk.accept(gatewayAccount.signer.sign({ channelId: channel.channelId, maxClaimableAtomic: 6n }))
    provider.ledger.release(provider.ledger.reserve(channel.channelId, 2_000_000n))
  })
})
