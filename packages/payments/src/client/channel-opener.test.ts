import { bytesToHex, KoinonError, systemRandom } from '@koinon/base'
import { TransactionSender } from '@koinon/ledger'
import { deployCircleDollar } from '@koinon/ledger/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readChannelFacts } from '../core/escrow.ts'
import { channelIdOf } from '../rules/channel.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { party, seed } from '../testing/fixtures.ts'
import { ChannelOpener } from './channel-opener.ts'

let net: TestNetwork
let alice: Awaited<ReturnType<TestNetwork['fund']>>
const receiver = party('receiver').address

beforeAll(async () => {
  net = await startNetwork()
  alice = await net.fund('alice')
}, 120_000)

afterAll(() => net.close())

function openerFor(
  who: typeof alice,
  sender: TransactionSender = who.sender,
  aheadMs = 0,
  token = net.network.contracts.dollar,
): ChannelOpener {
  return new ChannelOpener({
    reader: net.reader,
    sender,
    payer: who.account,
    domain: net.domain,
    token,
    collector: net.network.contracts.depositCollector,
    clock: { nowMs: () => Date.now() + aheadMs },
    random: systemRandom,
  })
}

describe('ChannelOpener', () => {
  it('opens and tops up a channel with signed deposits', async () => {
    const opener = openerFor(alice)
    const before = await net.dollarsOf(alice.address)
    const opened = await opener.open({ receiver, payerAuthorizer: alice.address, depositAtomic: 5_000n })
    expect(opened).toMatchObject({ depositAtomic: 5_000n, claimedAtomic: 0n, status: 'open' })
    expect(opened.channelId).toBe(channelIdOf(opened.config, net.domain))
    const topped = await opener.deposit(opened.config, 2_500n)
    expect(topped.depositAtomic).toBe(7_500n)
    expect(before - (await net.dollarsOf(alice.address))).toBe(7_500n)
    expect(await net.dollarsOf(net.domain.escrow)).toBeGreaterThanOrEqual(7_500n)
  })

  it('moves the money once for one deposit id, however often it is asked', async () => {
    const opener = openerFor(alice)
    const opened = await opener.open({ receiver, payerAuthorizer: alice.address, depositAtomic: 100n })
    const depositId = bytesToHex(seed('deposit'))
    await opener.deposit(opened.config, 50n, depositId)
    const again = await opener.deposit(opened.config, 50n, depositId)
    expect(again.depositAtomic).toBe(150n)
    // Also when the second one did not look first: the token refuses the nonce.
    const racing = await Promise.allSettled([
      opener.deposit(opened.config, 50n, bytesToHex(seed('race'))),
      opener.deposit(opened.config, 50n, bytesToHex(seed('race'))),
    ])
    expect(racing.some((result) => result.status === 'fulfilled')).toBe(true)
    const facts = await readChannelFacts(net.reader, net.domain, [opened.channelId])
    expect(facts.get(opened.channelId)?.depositAtomic).toBe(200n)
  })

  it('finds out what became of a deposit whose transaction went silent', async () => {
    const silent = Object.create(alice.sender) as TransactionSender
    silent.call = async (call) => {
      await alice.sender.call(call as never)
      throw new KoinonError({ code: 'ledger/unknown-outcome', message: 'no answer', retry: 'unknown' })
    }
    const opened = await openerFor(alice, silent).open({ receiver, payerAuthorizer: alice.address, depositAtomic: 70n })
    expect(opened.depositAtomic).toBe(70n)
  })

  it('passes on a plain refusal: nothing was deposited', async () => {
    const opener = openerFor(alice)
    const poor = opener.open({ receiver, payerAuthorizer: alice.address, depositAtomic: 10n ** 15n })
    await expect(poor).rejects.toMatchObject({ code: 'ledger/refused' })
    const short = opener.open({ receiver, payerAuthorizer: alice.address, depositAtomic: 1n, withdrawDelay: 10 })
    await expect(short).rejects.toMatchObject({ code: 'ledger/refused' })
  })

  it('takes a dollar without ERC-5267, as USDC is', async () => {
    const usdc = await deployCircleDollar(alice.sender)
    const opened = await openerFor(alice, alice.sender, 0, usdc).open({
      receiver,
      payerAuthorizer: alice.address,
      depositAtomic: 40n,
    })
    expect(opened).toMatchObject({ depositAtomic: 40n, status: 'open', config: { token: usdc } })
  })

  it('does not call the ledger unreachable when the token cannot be signed for', async () => {
    const odd = await deployCircleDollar(alice.sender, { version: '1' })
    const opening = openerFor(alice, alice.sender, 0, odd).open({
      receiver,
      payerAuthorizer: alice.address,
      depositAtomic: 40n,
    })
    await expect(opening).rejects.toMatchObject({ code: 'ledger/unusable-dollar', retry: 'never' })
  })

  it('lets another account pay the gas', async () => {
    const helper = await net.fund('helper')
    const opened = await openerFor(alice, helper.sender).open({
      receiver,
      payerAuthorizer: alice.address,
      depositAtomic: 30n,
    })
    expect(opened.config.payer).toBe(alice.address)
    expect(opened.depositAtomic).toBe(30n)
  })

  it('takes unclaimed money back after the delay', async () => {
    const opener = openerFor(alice)
    const opened = await opener.open({ receiver, payerAuthorizer: alice.address, depositAtomic: 80n })
    await opener.initiateWithdrawal(opened.config, 80n)
    const facts = await readChannelFacts(net.reader, net.domain, [opened.channelId])
    expect(facts.get(opened.channelId)?.status).toBe('withdrawing')
    await expect(opener.finalizeWithdrawal(opened.config)).rejects.toMatchObject({ code: 'ledger/refused' })
    await net.advanceSeconds(opened.config.withdrawDelay + 1)
    const before = await net.dollarsOf(alice.address)
    await opener.finalizeWithdrawal(opened.config)
    expect((await net.dollarsOf(alice.address)) - before).toBe(80n)
    const after = await readChannelFacts(net.reader, net.domain, [opened.channelId])
    expect(after.get(opened.channelId)).toEqual({ depositAtomic: 0n, claimedAtomic: 0n, status: 'closed' })
  })

  it('takes the rest of a channel back step by step, whoever is asked how often', async () => {
    const opener = openerFor(alice)
    const { config } = await opener.open({ receiver, payerAuthorizer: alice.address, depositAtomic: 90n })
    const asked = await opener.takeBack(config)
    expect(asked).toMatchObject({ state: 'waiting', amountAtomic: 90n })
    expect(await opener.takeBack(config)).toEqual(asked)
    await net.advanceSeconds(config.withdrawDelay + 1)
    expect(await opener.takeBack(config)).toEqual({ state: 'returned', amountAtomic: 90n })
    expect(await opener.takeBack(config)).toEqual({ state: 'nothing' })
  })

  it('leaves what it owes to a receiver that has not claimed yet', async () => {
    // The ledger's clock was moved by the tests before.
    const opener = openerFor(alice, alice.sender, 7_200_000)
    const { config, channelId } = await opener.open({ receiver, payerAuthorizer: alice.address, depositAtomic: 90n })
    expect(await opener.takeBack(config, 30n)).toMatchObject({ state: 'waiting', amountAtomic: 60n })
    await net.advanceSeconds(2 * config.withdrawDelay + 1)
    expect(await opener.takeBack(config, 30n)).toEqual({ state: 'returned', amountAtomic: 60n })
    expect(await opener.takeBack(config, 30n)).toEqual({ state: 'nothing' })
    const facts = await readChannelFacts(net.reader, net.domain, [channelId])
    expect(facts.get(channelId)).toEqual({ depositAtomic: 30n, claimedAtomic: 0n, status: 'open' })
  })
})
