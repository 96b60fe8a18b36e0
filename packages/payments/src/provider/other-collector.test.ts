/** A chain whose escrow and collector stand elsewhere than everybody expects. */
import { join } from 'node:path'
import { systemClock } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { canonicalChannels } from '@koinon/ledger/deploy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { channelIdOf } from '../rules/channel.ts'
import { voucherToJson } from '../rules/voucher.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { configOf, temporaryFolder } from '../testing/fixtures.ts'
import { testPayer } from '../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../testing/seller.ts'
import { dollarOf, signDeposit } from '../testing/settlement.ts'
import { stockFetch } from '../testing/stock-clients.ts'
import { createPayingFetch } from '../x402/client/create-paying-fetch.ts'
import { channelConfigToJson } from '../x402/client/payload.ts'
import { Facilitator, facilitatorSchema } from '../x402/facilitator/facilitator.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

const folder = temporaryFolder()
let network: TestNetwork
let gas: Funded
let seller: TestSeller

beforeAll(async () => {
  network = await startNetwork({ hasCanonicalEscrow: false })
  const account = await network.fund('seller')
  gas = await network.fund('gas')
  seller = await startSeller(network, account, gas, { path: join(folder.path, 'seller.db') })
})

afterAll(async () => {
  await seller?.close()
  await network?.close()
  folder.remove()
})

const sentByUs = () => network.reader.getTransactionCount({ address: gas.address })

describe('a chain whose collector is not at the canonical address', () => {
  it('is paid on by channel by who goes by the network file', async () => {
    expect(Object.values(canonicalChannels)).not.toContain(network.network.contracts.depositCollector)
    const who = await network.fund('ours')
    const payer = testPayer(network, who.secretKey)
    const pay = createPayingFetch({ payer })
    expect((await pay(`${seller.url}/first`)).status).toBe(200)
    expect((await pay(`${seller.url}/second`)).status).toBe(200)
    expect(payer.channels()).toMatchObject([{ owedAtomic: 2_000n }])
  })

  it('costs who believes in the canonical one nothing, and the seller no gas', async () => {
    const who = await network.fund('stock')
    const [before, sent] = [await network.dollarsOf(who.address), await sentByUs()]
    const pay = stockFetch(network, who, 'batch-settlement')
    const status = await pay(`${seller.url}/third`).then(
      (answer) => answer.status,
      () => 'failed',
    )
    expect(status).not.toBe(200)
    expect(seller.runs.get('/third')).toBeUndefined()
    expect([await network.dollarsOf(who.address), await sentByUs()]).toEqual([before, sent])
  })

  it.each([
    ['that knows the collector', true],
    ['that takes the canonical one for it', false],
  ] as const)('has its deposits settled by a facilitator %s: %s', async (_, isKnown) => {
    const who = await network.fund(`deposit ${isKnown}`)
    const asset = dollarOf(network)
    const { depositCollector: collector } = network.network.contracts
    const store = await DurableStore.open(join(folder.path, `facilitator-${isKnown}.db`), facilitatorSchema)
    const facilitator = new Facilitator({
      ...{ store, reader: network.reader, sender: gas.sender, domain: network.domain, assets: [asset] },
      unsettledBlocks: 0,
      clock: systemClock,
      ...(isKnown ? { collector } : {}),
    })
    const config = { ...configOf(who.address, gas.address, `salt ${isKnown}`), token: asset.token }
    const { amountAtomic, validAfter, validBefore, salt, signature } = signDeposit(
      who,
      asset,
      network.domain,
      config,
      5_000n,
      collector,
    )
    const times = { validAfter: validAfter.toString(), validBefore: validBefore.toString() }
    const voucher = who.signer.sign({ channelId: channelIdOf(config, network.domain), maxClaimableAtomic: 1_000n })
    const requirements = {
      ...{ scheme: 'batch-settlement', network: `eip155:${network.domain.chainId}`, asset: asset.token },
      ...{ amount: '1000', payTo: gas.address, maxTimeoutSeconds: 60 },
      extra: { name: asset.name, version: asset.version, receiverAuthorizer: gas.address, withdrawDelay: 900 },
    }
    const payload = {
      type: 'deposit',
      channelConfig: channelConfigToJson(config),
      voucher: voucherToJson(voucher),
      deposit: {
        amount: amountAtomic.toString(),
        authorization: { erc3009Authorization: { ...times, salt, signature } },
      },
    }
    const paymentPayload = { x402Version: 2, accepted: requirements, payload }
    const sent = await sentByUs()
    const answer = await facilitator.settle({ x402Version: 2, paymentPayload, paymentRequirements: requirements })
    expect(answer.success, JSON.stringify(answer)).toBe(isKnown)
    expect(await sentByUs()).toBe(sent + (isKnown ? 1 : 0))
    await store.close()
  })
})
