/** Clients that cheat, sellers that die, ledgers that go away: what anybody can try against a paywall that speaks x402. */
import { join } from 'node:path'
import { bytesToHex } from '@koinon/base'
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PaidRequest } from '../paywall/paywall.ts'
import { CooperativeRefund } from '../provider/channel-refund.ts'
import type { SettlementOutcome, Settler } from '../provider/settler.ts'
import { type ChannelConfig, channelIdOf } from '../rules/channel.ts'
import type { TransferAuthorization } from '../rules/terms.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { configOf, type Party, party, temporaryFolder } from '../testing/fixtures.ts'
import { startSeller, type TestSeller } from '../testing/seller.ts'
import { dollarOf, openSettler, signDeposit, signTransfer } from '../testing/settlement.ts'
import { decodeHeader, encodeHeader } from './rules/header.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>
type Json = Record<string, unknown>

const folder = temporaryFolder()
let network: TestNetwork
let account: Funded
let payer: Funded
let gas: Funded
let seller: TestSeller
/** What the seller's way to the ledger does instead, for one call. */
let instead: Partial<Settler> = {}
let serve: ((request: PaidRequest) => Promise<void>) | undefined

beforeAll(async () => {
  network = await startNetwork()
  account = await network.fund('seller')
  payer = await network.fund('payer')
  gas = await network.fund('gas')
  seller = await open('seller.db')
})

afterAll(async () => {
  await seller.close()
  await network.close()
  folder.remove()
})

function open(name: string, who: Funded | Party = account, leastEarnedAtomic = 0n): Promise<TestSeller> {
  const clock = { nowMs: () => Date.now() }
  const refund: { by?: CooperativeRefund } = {}
  const started = startSeller(network, who, gas, {
    path: join(folder.path, name),
    origin: 'https://seller.example',
    desk: { settlementIntervalMs: 3_600_000 },
    x402: { refunder: { refund: (request) => (refund.by as CooperativeRefund).refund(request) } },
    settler: (real) => ({
      check: (authorization) => (instead.check ?? real.check.bind(real))(authorization),
      settle: (authorization, timeoutMs) => (instead.settle ?? real.settle.bind(real))(authorization, timeoutMs),
      deposit: (config, deposit, timeoutMs) => (instead.deposit ?? real.deposit.bind(real))(config, deposit, timeoutMs),
      findOut: (authorization) => (instead.findOut ?? real.findOut.bind(real))(authorization),
    }),
    serve: async (request) => {
      await serve?.(request)
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":true}' }
    },
  })
  return started.then((opened) => {
    const { sender } = account
    refund.by = new CooperativeRefund({
      book: opened.book,
      reader: network.reader,
      sender,
      clock,
      leastPartAtomic: 10n,
      leastEarnedAtomic,
    })
    return opened
  })
}

async function during<result>(changes: Partial<Settler>, work: () => Promise<result>): Promise<result> {
  instead = changes
  try {
    return await work()
  } finally {
    instead = {}
  }
}

const unknown = async (): Promise<SettlementOutcome> => ({ state: 'unknown', detail: 'nobody answers' })

/** A payment as a client would put it into its header, `changes` on top. */
async function exactPayment(
  changes: Partial<TransferAuthorization> = {},
  outer: Json = {},
  who: Party = payer,
): Promise<string> {
  const asset = dollarOf(network)
  const transfer = { to: account.address, valueAtomic: 1_000n, ...changes }
  const { token, signature, valueAtomic, ...rest } = signTransfer(who, asset, network.domain.chainId, transfer)
  const authorization = {
    from: rest.from,
    to: rest.to,
    value: valueAtomic.toString(),
    validAfter: rest.validAfter.toString(),
    validBefore: rest.validBefore.toString(),
    nonce: rest.nonce,
  }
  const accepted = { scheme: 'exact', network: 'eip155:424242', amount: '1000', asset: token, payTo: account.address }
  return encodeHeader({ x402Version: 2, accepted, payload: { signature, authorization }, ...outer })
}

function configFor(salt: string, receiver: Party = account): ChannelConfig {
  return { ...configOf(payer.address, receiver.address, salt), token: dollarOf(network).token }
}

function channelPayment(config: ChannelConfig, voucherAtomic: bigint, depositAtomic = 0n, changes: Json = {}): string {
  const channelId = channelIdOf(config, network.domain)
  const { signature } = party('payer', network.domain).signer.sign({ channelId, maxClaimableAtomic: voucherAtomic })
  const voucher = { channelId, maxClaimableAmount: voucherAtomic.toString(), signature }
  const accepted = { scheme: 'batch-settlement', network: 'eip155:424242', amount: '1000' }
  if (depositAtomic === 0n) {
    return encodeHeader({
      x402Version: 2,
      accepted,
      payload: { type: 'voucher', channelConfig: config, voucher, ...changes },
    })
  }
  const deposit = signDeposit(payer, dollarOf(network), network.domain, config, depositAtomic)
  const { salt, validAfter, validBefore } = deposit
  const erc3009Authorization = {
    validAfter: validAfter.toString(),
    validBefore: validBefore.toString(),
    salt,
    signature: deposit.signature,
  }
  const body = { amount: depositAtomic.toString(), authorization: { erc3009Authorization } }
  return encodeHeader({
    x402Version: 2,
    accepted,
    payload: { type: 'deposit', channelConfig: config, voucher, deposit: body, ...changes },
  })
}

async function ask(path: string, payment: string | undefined, at = seller, more: Record<string, string> = {}) {
  const headers = { ...more, ...(payment === undefined ? {} : { 'payment-signature': payment }) }
  const response = await fetch(`${at.url}${path}`, { headers })
  const required = response.headers.get('payment-required')
  const told = response.headers.get('payment-response')
  return {
    status: response.status,
    body: (await response.json().catch(() => ({}))) as Json,
    error: required === null ? undefined : decodeHeader(required)['error'],
    required: required === null ? undefined : decodeHeader(required),
    receipt: told === null ? undefined : decodeHeader(told),
  }
}

const dollars = () => network.dollarsOf(account.address)
const runs = (path: string, at = seller) => at.runs.get(path) ?? 0

describe('what is not a payment', () => {
  it.each<readonly [string, () => string | Promise<string>, number]>([
    ['a header of a megabyte', () => 'A'.repeat(15_000_000 / 1000), 400],
    ['a header longer than Node takes', () => 'QUJD'.repeat(4_100), 431],
    ['no base64', () => '{"x402Version":2}', 400],
    ['base64 of no JSON', () => 'AAAA', 400],
    ['base64 of broken UTF-8', () => Buffer.from([0x7b, 0xff, 0x7d]).toString('base64'), 400],
    ['an array', () => encodeHeader([]), 400],
    ['null', () => encodeHeader(null), 400],
    ['a number', () => encodeHeader(7), 400],
    ['an old version', () => exactPayment({}, { x402Version: 1 }), 400],
    ['no version', () => exactPayment({}, { x402Version: undefined }), 400],
    ['another network', () => exactPayment({}, { accepted: { scheme: 'exact', network: 'eip155:1' } }), 400],
    ['another scheme', () => exactPayment({}, { accepted: { scheme: 'upto', network: 'eip155:424242' } }), 400],
    ['no payload', () => exactPayment({}, { payload: null }), 400],
    [
      'numbers for amounts',
      () => exactPayment({}, { payload: { signature: '0x00', authorization: { value: 1000 } } }),
      400,
    ],
    ['a config of numbers', () => channelPayment(configFor('x'), 1n, 0n, { channelConfig: { payer: 7 } }), 400],
    [
      'a voucher of 200 digits',
      () => channelPayment(configFor('x'), 1n, 0n, { voucher: { maxClaimableAmount: '9'.repeat(200) } }),
      400,
    ],
    [
      'a payment id of spaces',
      () => exactPayment({}, { extensions: { 'payment-identifier': { info: { id: ' '.repeat(20) } } } }),
      400,
    ],
  ])('%s is refused before any work', async (_, payment, status) => {
    const answer = await ask('/malformed', await payment())
    expect(answer.status).toBe(status)
    expect(answer.required).toBeUndefined()
    expect(runs('/malformed')).toBe(0)
  })

  it('fields of prototypes are not there, and none is set', async () => {
    const text = '{"x402Version":2,"__proto__":{"accepted":{"scheme":"exact","network":"eip155:424242"},"payload":{}}}'
    expect((await ask('/malformed', Buffer.from(text).toString('base64'))).status).toBe(400)
    const nested = `{"x402Version":2,"accepted":{"__proto__":{"polluted":1},"scheme":"exact","network":"eip155:424242"},"payload":{}}`
    expect((await ask('/malformed', Buffer.from(nested).toString('base64'))).status).toBe(400)
    expect(({} as Json)['polluted']).toBeUndefined()
  })
})

describe('payments for something else', () => {
  const seconds = (ahead: number) => BigInt(Math.floor(Date.now() / 1000) + ahead)
  it.each<readonly [string, () => Promise<string>, string]>([
    ['less money', () => exactPayment({ valueAtomic: 999n }), 'invalid_exact_evm_payload_authorization_value_mismatch'],
    [
      'more money',
      () => exactPayment({ valueAtomic: 1_001n }),
      'invalid_exact_evm_payload_authorization_value_mismatch',
    ],
    ['another payee', () => exactPayment({ to: payer.address }), 'invalid_exact_evm_recipient_mismatch'],
    ['a worthless token', () => exactPayment({ token: `0x${'ab'.repeat(20)}` }), 'invalid_exact_evm_signature'],
    [
      'the past',
      () => exactPayment({ validBefore: seconds(-1) }),
      'invalid_exact_evm_payload_authorization_valid_before',
    ],
    [
      'the last moment',
      () => exactPayment({ validBefore: seconds(3) }),
      'invalid_exact_evm_payload_authorization_valid_before',
    ],
    [
      'ever',
      () => exactPayment({ validBefore: seconds(86_400) }),
      'invalid_exact_evm_payload_authorization_valid_before',
    ],
    ['later', () => exactPayment({ validAfter: seconds(60) }), 'invalid_exact_evm_payload_authorization_valid_after'],
  ])('%s is asked for again', async (_, payment, error) => {
    const answer = await ask('/other', await payment())
    expect([answer.status, answer.error]).toEqual([402, error])
    expect(runs('/other')).toBe(0)
  })

  it('terms that the client changed do not change the price', async () => {
    const accepted = { scheme: 'exact', network: 'eip155:424242', amount: '1', payTo: payer.address }
    const answer = await ask('/other', await exactPayment({ valueAtomic: 1n }, { accepted }))
    expect([answer.status, runs('/other')]).toEqual([402, 0])
  })

  it('an account without money hears so', async () => {
    const poor = signTransfer(party('poor'), dollarOf(network), network.domain.chainId, {
      to: account.address,
      valueAtomic: 1_000n,
    })
    const json = decodeHeader(await exactPayment()) as { payload: Json }
    json.payload = {
      signature: poor.signature,
      authorization: {
        from: poor.from,
        to: poor.to,
        value: '1000',
        validAfter: poor.validAfter.toString(),
        validBefore: poor.validBefore.toString(),
        nonce: poor.nonce,
      },
    }
    expect((await ask('/other', encodeHeader(json))).error).toBe('invalid_exact_evm_insufficient_balance')
  })

  it('a used authorization buys nothing more, at no other address either', async () => {
    const payment = await exactPayment()
    expect((await ask('/used', payment)).status).toBe(200)
    const before = await dollars()
    for (const path of ['/used', '/elsewhere']) {
      expect(await ask(path, payment)).toMatchObject({ status: 402, error: 'invalid_exact_evm_nonce_already_used' })
    }
    expect([await dollars(), runs('/elsewhere')]).toEqual([before, 0])
  })
})

describe('vouchers', () => {
  it('too small, used, out of order, beyond the deposit: each is refused with the state to sign from', async () => {
    const config = configFor('order')
    expect((await ask('/order', channelPayment(config, 1_000n, 10_000n))).status).toBe(200)
    expect((await ask('/order', channelPayment(config, 5_000n))).status).toBe(200)
    for (const voucher of [1_000n, 2_500n, 4_000n, 5_500n - 1n - 500n, 11_000n]) {
      const answer = await ask('/order', channelPayment(config, voucher))
      expect([answer.status, answer.error]).toEqual([402, 'invalid_batch_settlement_evm_cumulative_amount_mismatch'])
      const accepts = answer.required?.['accepts'] as
        | { extra: { channelState: Json; voucherState: Json } }[]
        | undefined
      const accept = accepts?.[0]
      expect(accept?.extra.channelState).toMatchObject({ chargedCumulativeAmount: '2000', balance: '10000' })
      expect(accept?.extra.voucherState['signedMaxClaimable']).toBe('5000')
    }
    expect((await ask('/order', channelPayment(config, 3_000n))).status).toBe(200)
    expect(runs('/order')).toBe(3)
  })

  it('of a channel of another seller are no money here', async () => {
    const other = await open('other.db', party('other seller'))
    const config = configFor('gateway')
    expect((await ask('/two', channelPayment(config, 1_000n, 10_000n))).status).toBe(200)
    expect(await ask('/two', channelPayment(config, 2_000n), other)).toMatchObject({
      status: 402,
      error: 'invalid_exact_evm_recipient_mismatch',
    })
    expect(runs('/two', other)).toBe(0)
    await other.close()
  })

  it('for a channel that the ledger does not know cost the seller a look and nothing else', async () => {
    const answer = await ask('/ghost', channelPayment(configFor('ghost'), 1_000n))
    expect([answer.status, answer.error]).toEqual([402, 'invalid_batch_settlement_evm_channel_not_found'])
    expect(runs('/ghost')).toBe(0)
  })

  it('are taken no more once the payer withdraws, and what is owed stays claimable', async () => {
    const config = configFor('withdraw')
    expect((await ask('/leave', channelPayment(config, 1_000n, 10_000n))).status).toBe(200)
    const { channelId, voucherAtomic } = seller.book.require(channelIdOf(config, network.domain))
    await seller.book.setStatus(channelId, 'withdrawing')
    expect((await ask('/leave', channelPayment(config, 2_000n))).status).toBe(402)
    expect([voucherAtomic, runs('/leave')]).toEqual([1_000n, 1])
  })

  it('a deposit is made once, and its call runs once, however often it is sent', async () => {
    const config = configFor('deposit')
    const payment = channelPayment(config, 1_000n, 10_000n)
    const before = await network.dollarsOf(payer.address)
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask('/deposit', payment)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await ask('/deposit', payment)).status).toBe(402)
    expect([before - (await network.dollarsOf(payer.address)), runs('/deposit')]).toEqual([10_000n, 1])
  })

  it('a deposit nobody can vouch for is 503 and can be sent again', async () => {
    const payment = channelPayment(configFor('lost'), 1_000n, 10_000n)
    const lost = await during({ deposit: unknown }, () => ask('/lost', payment))
    expect([lost.status, lost.required, runs('/lost')]).toEqual([503, undefined, 0])
    expect((await ask('/lost', payment)).status).toBe(200)
  })
})

describe('when the seller fails', () => {
  it('an error is not charged, and the same proof may be sent again', async () => {
    const payments = [await exactPayment(), channelPayment(configFor('fails'), 1_000n, 10_000n)]
    const before = await dollars()
    for (const [index, payment] of payments.entries()) {
      serve = async () => {
        throw new Error('broken')
      }
      expect((await ask(`/broken-${index}`, payment)).status).toBe(500)
      serve = undefined
      expect(
        (await ask(`/broken-${index}`, index === 0 ? payment : channelPayment(configFor('fails'), 1_000n))).status,
      ).toBe(200)
    }
    expect(await dollars()).toBe(before + 1_000n)
  })

  it('a payer whose money left during the work gets nothing, and soon has to pay first', async () => {
    const spender = await network.fund('spender')
    const pay = () => exactPayment({}, {}, spender)
    const statuses: number[] = []
    for (let index = 0; index < 4; index++) {
      const refused = async (): Promise<SettlementOutcome> => ({
        state: 'refused',
        reason: 'insufficient-funds',
        detail: 'gone',
      })
      const answer = await during({ settle: refused }, async () => ask('/poor', await pay()))
      expect(answer.receipt).toMatchObject({ success: false, errorReason: 'invalid_exact_evm_insufficient_balance' })
      statuses.push(answer.status)
    }
    expect([statuses, runs('/poor')]).toEqual([[402, 402, 402, 402], 4])
    const refused = async (): Promise<SettlementOutcome> => ({ state: 'refused', reason: 'reverted', detail: 'gone' })
    await during({ settle: refused }, async () => ask('/poor', await pay()))
    expect(runs('/poor')).toBe(4)
    const before = await dollars()
    expect((await ask('/poor', await pay())).status).toBe(200)
    expect([await dollars(), runs('/poor')]).toEqual([before + 1_000n, 5])
  })
})

describe('when nobody knows whether the money moved', () => {
  it('the answer waits: 503 and never a new demand, then the answer, once', async () => {
    const payment = await exactPayment()
    const before = await dollars()
    await during({ settle: unknown, findOut: unknown }, async () => {
      const first = await ask('/silent', payment)
      expect([first.status, first.required]).toEqual([503, undefined])
      await seller.desk.findOut()
      const second = await ask('/silent', payment)
      expect([second.status, second.required, runs('/silent')]).toEqual([503, undefined, 1])
    })
    // It had reached the ledger after all.
    await during({ findOut: async () => ({ state: 'settled', transaction: `0x${'aa'.repeat(32)}` }) }, () =>
      seller.desk.findOut(),
    )
    const third = await ask('/silent', payment)
    expect([third.status, third.body, runs('/silent')]).toEqual([200, { ok: true }, 1])
    expect(third.receipt).toMatchObject({ success: true, transaction: `0x${'aa'.repeat(32)}` })
    expect((await ask('/silent-elsewhere', payment)).status).toBe(402)
    expect(await dollars()).toBe(before)
  })

  it('a seller killed while it settles serves who has paid, without a second payment', async () => {
    const path = 'killed.db'
    const first = await open(path)
    const payment = await exactPayment()
    const before = await dollars()
    const other = await openSettler(network, gas.sender, join(folder.path, 'settler.db'))
    const moved = Promise.withResolvers<SettlementOutcome>()
    // The transaction leaves, and the process dies before it hears of it.
    await during(
      {
        settle: async (authorization, timeoutMs) => {
          instead = {}
          moved.resolve(other.settler.settle(authorization, timeoutMs))
          return new Promise(() => undefined)
        },
      },
      async () => {
        const lost = ask('/killed', payment, first).catch(() => undefined)
        await moved.promise
        await first.store.close()
        await first.close().catch(() => undefined)
        await lost
      },
    )
    expect(await dollars()).toBe(before + 1_000n)
    const again = await during({ findOut: unknown }, async () => {
      const opened = await open(path)
      expect(await ask('/killed', payment, opened)).toMatchObject({ status: 503, required: undefined })
      return opened
    })
    await again.desk.findOut()
    expect((await ask('/killed-elsewhere', payment, again)).status).toBe(402)
    expect((await ask('/killed', payment, again)).status).toBe(200)
    expect((await ask('/killed', payment, again)).status).toBe(402)
    expect([await dollars(), runs('/killed', again)]).toEqual([before + 1_000n, 1])
    await again.close()
    await other.store.close()
  })
})

describe('a seller killed before its transaction left', () => {
  it('sends it when the payer comes back with the same proof, and serves it once', async () => {
    const path = 'killed-early.db'
    const first = await open(path)
    const payment = await exactPayment()
    const before = await dollars()
    const begun = Promise.withResolvers<void>()
    await during(
      {
        settle: () => {
          begun.resolve()
          return new Promise(() => undefined)
        },
      },
      async () => {
        const lost = ask('/killed-early', payment, first).catch(() => undefined)
        await begun.promise
        await first.store.close()
        await first.close().catch(() => undefined)
        await lost
      },
    )
    expect(await dollars()).toBe(before)
    const again = await open(path)
    // Busy while the seller itself looks for it.
    expect([409, 503]).toContain((await ask('/killed-early-elsewhere', payment, again)).status)
    const served = async () => {
      const copies = await Promise.all([1, 2, 3].map(() => ask('/killed-early', payment, again)))
      return copies.filter(({ status }) => status === 200).length
    }
    await expect.poll(served, { timeout: 10_000 }).toBe(1)
    expect((await ask('/killed-early', payment, again)).status).toBe(402)
    expect([await dollars(), runs('/killed-early', again)]).toEqual([before + 1_000n, 1])
    await again.close()
  })
})

describe('refunds', () => {
  it('a stock client gets the rest of its channel back at once, and nobody else', async () => {
    const config = configFor('refund')
    expect((await ask('/refund', channelPayment(config, 1_000n, 10_000n))).status).toBe(200)
    const wallet = privateKeyToAccount(bytesToHex(payer.secretKey))
    const signer = {
      address: wallet.address,
      signTypedData: wallet.signTypedData.bind(wallet),
      readContract: network.reader.readContract.bind(network.reader),
    } as unknown as ConstructorParameters<typeof BatchSettlementEvmScheme>[0]
    const thief = channelPayment(config, 2_000n, 0n, { type: 'refund' })
    expect((await ask('/refund', thief)).status).toBe(402)
    const before = await network.dollarsOf(payer.address)
    const scheme = new BatchSettlementEvmScheme(signer, { salt: config.salt })
    const response = await scheme.refund(`${seller.url}/refund`)
    expect(response).toMatchObject({ success: true, payer: payer.address })
    expect(await network.dollarsOf(payer.address)).toBe(before + 9_000n)
    expect(seller.book.require(channelIdOf(config, network.domain))).toMatchObject({
      depositAtomic: 1_000n,
      claimedAtomic: 1_000n,
      reservedPicoUsd: 0n,
    })
    expect(runs('/refund')).toBe(1)
  })

  it('where gas costs money, nobody has deposits made and given back who paid next to nothing between', async () => {
    const dear = await open('dear.db', account, 2_000n)
    const config = configFor('gas')
    const transactions = () => network.reader.getTransactionCount({ address: account.address })
    expect((await ask('/gas', channelPayment(config, 1_000n, 10_000n), dear)).status).toBe(200)
    const before = await transactions()
    const refund = await ask('/gas', channelPayment(config, 1_000n, 0n, { type: 'refund' }), dear)
    expect([refund.status, await transactions()]).toEqual([402, before])
    expect((await ask('/gas', channelPayment(config, 2_000n), dear)).status).toBe(200)
    expect((await ask('/gas', channelPayment(config, 2_000n, 0n, { type: 'refund' }), dear)).status).toBe(200)
    expect(await transactions()).toBe(before + 2)
    await dear.close()
  })
})
