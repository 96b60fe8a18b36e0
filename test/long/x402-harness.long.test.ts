/**
 * Clients, servers and the facilitator of the public x402 end-to-end harness, against ours and each other, on our chain with our chain id.
 * What was changed in them stands in test/harness/peers/x402-harness.ts. Of its schemes `exact` by EIP-3009 is bought; the harness of that
 * month has no channels.
 */
import { bytesToHex } from '@koinon/base'
import { payingFetch, receiptOf } from '@koinon/payments/client'
import { party, testPayer } from '@koinon/payments/testing'
import { x402Wire } from '@koinon/payments/x402'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PeerGround, startPeerGround } from '../harness/peers/peer-ground.ts'
import { X402Harness } from '../harness/peers/x402-harness.ts'

/** The route of the harness that takes EIP-3009, at 0.001 dollars. */
const path = '/exact/evm/eip3009'
const priceAtomic = 1_000n
const harnessFacilitator = 'facilitator of the harness'
const ownFacilitator = 'koinon facilitator'

let ground: PeerGround
let harness: X402Harness
const facilitators = new Map<string, string>()
const servers = new Map<string, { readonly url: URL; readonly payee: `0x${string}` }>()

beforeAll(async () => {
  ground = await startPeerGround()
  const { network, url } = ground.net
  harness = new X402Harness({
    EVM_NETWORK: `eip155:${network.chainId}`,
    EVM_RPC_URL: url,
    EVM_PERMIT2_ASSET: network.contracts.dollar,
  })
  await harness.prepare()
  const gas = await ground.net.fund(harnessFacilitator)
  ground.name(gas.address, harnessFacilitator)
  const key = { EVM_PRIVATE_KEY: bytesToHex(gas.secretKey) }
  facilitators.set(harnessFacilitator, await harness.serve('facilitators/typescript', key))
  facilitators.set(ownFacilitator, ground.facilitatorUrl)
  const mock = await harness.serve('mock-facilitator', {})
  for (const kind of ['express', 'hono']) {
    for (const [name, facilitatorUrl] of facilitators) {
      const payee = party(`harness ${kind} ${name}`).address
      const origin = await harness.serve(`servers/${kind}`, {
        EVM_PAYEE_ADDRESS: payee,
        FACILITATOR_URL: facilitatorUrl,
        MOCK_FACILITATOR_URL: mock,
      })
      servers.set(`${kind}, ${name}`, { url: new URL(path, origin), payee })
    }
  }
}, 900_000)

afterAll(async () => {
  await harness?.close()
  await ground?.close()
}, 120_000)

/** Pays by `pay` and holds what the ledger says against it: one transfer of the price to the payee, sent by who should. */
async function paysOnce(name: string, payee: string, settledBy: string, pay: (secretKey: Uint8Array) => Promise<void>) {
  const { secretKey, address } = await ground.net.fund(name)
  const block = await ground.net.reader.getBlockNumber({ cacheTime: 0 })
  const startedAtMs = performance.now()
  await pay(secretKey)
  const ms = Math.round(performance.now() - startedAtMs)
  const transfers = await ground.transfersSince(block, address)
  expect(transfers.map(({ to, ...rest }) => ({ ...rest, to: to.toLowerCase() }))).toEqual([
    { to: payee.toLowerCase(), amountAtomic: priceAtomic, sentBy: settledBy },
  ])
  console.log(`${name}: paid in ${ms} ms, settled by ${settledBy}`)
}

async function clientPays(client: 'fetch' | 'axios', url: URL, secretKey: Uint8Array): Promise<void> {
  const result = await harness.pay(client, bytesToHex(secretKey), url)
  expect(result).toMatchObject({ success: true, status_code: 200, payment_response: { success: true } })
  expect(result.payment_response?.network).toBe(`eip155:${ground.net.network.chainId}`)
}

describe.each(['fetch', 'axios'] as const)("the harness's %s client", (client) => {
  it('pays our paywall', async () => {
    await paysOnce(`${client} at koinon paywall`, ground.paywallPayee, 'koinon paywall', (secretKey) =>
      clientPays(client, new URL(path, ground.paywallUrl), secretKey),
    )
  })

  it("pays our paywall, whose payments the harness's facilitator sends", async () => {
    const paywall = await ground.startPaywall(
      `paywall for ${client}`,
      '--facilitator',
      facilitators.get(harnessFacilitator) as string,
    )
    await paysOnce(
      `${client} at koinon paywall, ${harnessFacilitator}`,
      paywall.payee,
      harnessFacilitator,
      (secretKey) => clientPays(client, new URL(path, paywall.url), secretKey),
    )
  })

  it.each(['express', 'hono'])("pays the harness's %s server, settled by either facilitator", async (kind) => {
    for (const settledBy of facilitators.keys()) {
      const { url, payee } = servers.get(`${kind}, ${settledBy}`) as { url: URL; payee: string }
      await paysOnce(`${client} at ${kind}, ${settledBy}`, payee, settledBy, (secretKey) =>
        clientPays(client, url, secretKey),
      )
    }
  })
})

it.each(['express', 'hono'])("our client pays the harness's %s server", async (kind) => {
  for (const settledBy of facilitators.keys()) {
    const { url, payee } = servers.get(`${kind}, ${settledBy}`) as { url: URL; payee: string }
    await paysOnce(`koinon at ${kind}, ${settledBy}`, payee, settledBy, async (secretKey) => {
      const pay = payingFetch({ payer: testPayer(ground.net, secretKey), wires: [x402Wire] })
      const response = await pay(url)
      expect(response.status).toBe(200)
      expect(receiptOf(response)).toMatchObject({ backEnd: 'exact', chargedAtomic: priceAtomic, isStated: true })
    })
  }
})

it('our facilitator lists what was paid for through it, as the harness asks of one', async () => {
  const answer = await fetch(`${ground.facilitatorUrl}/discovery/resources?limit=100`)
  const { items } = (await answer.json()) as { items: readonly { readonly resource: string }[] }
  const listed = items.map(({ resource }) => resource)
  for (const kind of ['express', 'hono']) {
    expect(listed).toContain(servers.get(`${kind}, ${ownFacilitator}`)?.url.href)
  }
})
