import { type Hex, systemClock, systemRandom, zeroHash } from '@koinon/base'
import { createLedgerReader } from '@koinon/ledger'
import { testDollarAbi } from '@koinon/ledger/abis'
import type { Receipt } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChannelOpener } from '../client/channel-opener.ts'
import { channelIdOf } from '../rules/channel.ts'
import type { RecordedPayment } from '../rules/payment-check.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { checkSettled } from './check-settled.ts'

const payTo: Hex = `0x${'5e'.repeat(20)}`
let net: TestNetwork
let payer: Awaited<ReturnType<TestNetwork['fund']>>
let transaction: Hex

beforeAll(async () => {
  net = await startNetwork()
  payer = await net.fund('payer')
  const { transactionHash } = await payer.sender.call({
    address: net.network.contracts.dollar,
    abi: testDollarAbi,
    functionName: 'transfer',
    args: [payTo, 900n],
  })
  transaction = transactionHash as Hex
}, 120_000)
afterAll(() => net.close())

const receiptOf = (channelId: Hex, owedAtomic: bigint) =>
  ({ channelId, cumulativePicoUsd: owedAtomic * 1_000_000n }) as Receipt

function check(receipt: Receipt, changes: Partial<RecordedPayment>, reader = net.reader) {
  const payment = { payer: payer.address, payTo, backEnd: 'exact', chargedAtomic: 900n, isStated: true, ...changes }
  return checkSettled(
    reader,
    { ...net.domain, token: net.network.contracts.dollar },
    receipt,
    payment as RecordedPayment,
  )
}

describe('the money of a receipt', () => {
  const receipt = receiptOf(zeroHash, 900n)

  it('is where its transaction moved it, to the last unit', async () => {
    expect(await check(receipt, { transaction })).toMatchObject({ name: 'channel', state: 'pass' })
    for (const other of [{ chargedAtomic: 901n }, { payTo: payer.address }, { payer: payTo }])
      expect(await check(receipt, { transaction, ...other })).toMatchObject({ state: 'fail' })
  })

  it('is not checked by a transaction that the ledger does not know, and one that does not answer is told apart', async () => {
    const unknown = await check(receipt, { transaction: `0x${'ab'.repeat(32)}` })
    expect(unknown).toMatchObject({ state: 'notChecked', detail: expect.stringContaining('knows no transaction') })
    const dead = createLedgerReader({ ...net.network, rpcUrl: 'http://127.0.0.1:1' })
    expect(await check(receipt, { transaction }, dead)).toMatchObject({
      state: 'notChecked',
      detail: expect.stringContaining('does not answer'),
    })
  })

  it('lies in its channel, and is not checked where that holds less than is owed', async () => {
    const opener = new ChannelOpener({
      reader: net.reader,
      sender: payer.sender,
      payer: payer.account,
      domain: net.domain,
      token: net.network.contracts.dollar,
      collector: net.network.contracts.depositCollector,
      clock: systemClock,
      random: systemRandom,
    })
    const { config } = await opener.open({ receiver: payTo, payerAuthorizer: payer.address, depositAtomic: 700n })
    const channelId = channelIdOf(config, net.domain)
    expect(await check(receiptOf(channelId, 700n), { backEnd: 'channel' })).toMatchObject({ state: 'pass' })
    expect(await check(receiptOf(channelId, 701n), { backEnd: 'channel' })).toMatchObject({ state: 'notChecked' })
  })
})
