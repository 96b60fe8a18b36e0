import { afterEach, describe, expect, it } from 'vitest'
import { defaultPriceCeilings } from '../rules/price-ceiling.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from '../testing/test-network.ts'

const hello = { model: 'default', messages: [{ role: 'user', content: 'Hello' }] }
const prices = (prompt: bigint, output: bigint) => ({
  promptPricePicoUsdPerToken: prompt,
  outputPricePicoUsdPerToken: output,
})
const usual = prices(50_000n, 200_000n)
let network: TestNetwork | undefined

afterEach(async () => {
  await network?.close()
  network = undefined
})

async function setup(
  miners: readonly { readonly prices?: typeof usual; readonly model?: string }[],
  options: TestNetworkOptions = {},
): Promise<TestNetwork> {
  network = await startTestNetwork({
    ...options,
    providers: miners.map(({ prices: asked = usual, model = 'demo' }) => ({
      engine: new ScriptedEngine({ model }),
      prices: asked,
    })),
  })
  return network
}

async function askTimes(net: TestNetwork, count: number, headers: Record<string, string> = {}, model = 'default') {
  const answers = await Promise.all(
    Array.from({ length: count }, () => net.post('/v1/chat/completions', { ...hello, model }, headers)),
  )
  return Promise.all(
    answers.map(async (answer) => {
      const json = (await answer.json()) as { model?: string; error?: { code: string; param: string } }
      return { status: answer.status, provider: answer.headers.get('x-koinon-provider'), ...json }
    }),
  )
}

describe('a miner that asks too much', () => {
  it('is neither asked nor listed when it is far above the others', async () => {
    const net = await setup([{ prices: prices(50_000n, 10_000_000n) }, {}, {}, {}])
    const greedy = net.providers[0]?.party.account
    const answers = await askTimes(net, 12)
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200))
    expect(answers.map(({ provider }) => provider)).not.toContain(greedy)
    const pinned = await askTimes(net, 1, { 'x-koinon-provider': greedy as string })
    expect(pinned[0]).toMatchObject({ status: 404, error: { code: 'provider_not_found' } })
    const list = (await (await fetch(`${net.url}/v1/models`)).json()) as {
      data: { koinon: { offers: { provider: string }[] } }[]
    }
    expect(list.data[0]?.koinon.offers.map(({ provider }) => provider)).toHaveLength(3)
  })

  it('is not asked above the absolute ceiling, even when it is alone', async () => {
    const net = await setup([{ prices: prices(1n, 200_000_000n) }])
    expect(await askTimes(net, 1)).toMatchObject([{ status: 503, error: { code: 'no_provider' } }])
    expect((await fetch(`${net.url}/readyz`)).status).toBe(503)
  })

  it('is asked where the owner of the gateway allows it by the name of the model', async () => {
    const dear = prices(1n, 200_000_000n)
    const net = await setup([{ prices: dear }], { priceCeilings: { ...defaultPriceCeilings, models: { demo: dear } } })
    expect(await askTimes(net, 1)).toMatchObject([{ status: 200 }])
  })
})

describe('x-koinon-max-price', () => {
  it('leaves dearer miners out, with the margin counted', async () => {
    const net = await setup([{}, { prices: prices(25_000n, 100_000n) }], { marginBps: 1_000 })
    const cheap = net.providers[1]?.party.account
    const most = { 'x-koinon-max-price': '27500, 110000' }
    expect((await askTimes(net, 6, most)).map(({ provider }) => provider)).toEqual(Array(6).fill(cheap))
    expect(await askTimes(net, 1, { 'x-koinon-max-price': '27499,110000' })).toMatchObject([
      { status: 404, error: { code: 'no_provider_within_price', param: 'x-koinon-max-price' } },
    ])
  })

  it.each(['', '1', '1,2,3', '-1,2', '1.5,2', 'a,b', `${'9'.repeat(31)},1`])('refuses "%s"', async (header) => {
    const net = await setup([{}])
    expect(await askTimes(net, 1, { 'x-koinon-max-price': header })).toMatchObject([
      { status: 400, error: { param: 'x-koinon-max-price' } },
    ])
  })
})

describe('default', () => {
  const manifestOf = async (net: TestNetwork) => net.table.list()[0]?.offer?.models[0]?.modelManifest as `0x${string}`

  it('is the model that the network file pins, whoever came first', async () => {
    const probe = await setup([{}])
    const pin = { model: 'demo', manifest: await manifestOf(probe) }
    await probe.close()
    const net = await setup([{ model: 'other' }, { model: 'other' }, { model: 'demo' }], { defaultModel: pin })
    const answers = await askTimes(net, 6)
    expect(answers.map(({ model }) => model)).toEqual(Array(6).fill('demo'))
    expect(await askTimes(net, 1, {}, 'other')).toMatchObject([{ status: 200, model: 'other' }])
    expect(await (await fetch(`${net.url}/v1/models/default`)).json()).toMatchObject({ id: 'demo' })
  })

  it('is never another file under the same name', async () => {
    const net = await setup([{}, {}], { defaultModel: { model: 'demo', manifest: `0x${'ab'.repeat(32)}` } })
    for (const model of ['default', 'demo']) {
      expect(await askTimes(net, 1, {}, model)).toMatchObject([{ error: { code: 'no_provider' } }])
    }
  })

  it('is what most miners serve where nothing is pinned', async () => {
    const net = await setup([{ model: 'odd' }, { model: 'demo' }, { model: 'demo' }])
    expect((await askTimes(net, 6)).map(({ model }) => model)).toEqual(Array(6).fill('demo'))
    await net.table.remove(net.providers[1]?.party.account as `0x${string}`)
    await net.table.remove(net.providers[2]?.party.account as `0x${string}`)
    expect((await askTimes(net, 1)).map(({ model }) => model)).toEqual(['odd'])
  })
})
