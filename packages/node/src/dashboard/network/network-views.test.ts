/** What the page shows of a network, from a real index and a real ledger on which everything happened, held against an audit. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@koinon/base'
import { createRpcSource } from '@koinon/ledger/audit'
import { decentralizationFacts, decentralizationReport } from '@koinon/subnets'
import { readPool } from '@koinon/subnets/pools'
import { createAlphaMoves, startPaidSubnet, startTestLedger, type TestLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestIndex } from '../../testing/indexed.ts'
import { createEpochsView } from '../epochs/epochs-json.ts'
import type { IndexClient } from '../index-client.ts'
import { createLogIndexClient } from '../log-index-client.ts'
import { createMetagraphView } from '../subnets/metagraph-json.ts'
import { createSubnetsView } from '../subnets/subnets-json.ts'
import { createDecentralizationView, decentralizationJson } from './decentralization-json.ts'
import { createValidatorsView } from './validators-json.ts'

let folder: string
let ledger: TestLedger
let subnet: Awaited<ReturnType<typeof startPaidSubnet>>
let index: Awaited<ReturnType<typeof openTestIndex>>
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-views-'))
  ledger = await startTestLedger()
  subnet = await startPaidSubnet(ledger)
  const { netuid: other } = await ledger.createSubnet(`0x${'5c'.repeat(32)}`)
  await subnet.passEpoch(1, [1_000_000, 1_000_000])
  const moves = await createAlphaMoves(ledger, subnet)
  await moves.begin(other)
  await subnet.passEpoch(3, [1_000_000, 0])
  await ledger.advanceEmission()
  await ledger.moveTo((await ledger.nowSeconds()) + 2)
  index = await openTestIndex(ledger, folder)
}, 120_000)
afterAll(async () => {
  await index.close()
  await subnet.close()
  await ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the page', () => {
  it('says of decentralization what an audit says', async () => {
    const { reader, network } = ledger
    const source = await createRpcSource({ reader, network, transfers: 'all', onProgress: () => undefined })
    const audited = decentralizationReport(await decentralizationFacts(source, 'notRun'))
    const { asOfBlock, ...shown } = await createDecentralizationView({ network, index })()
    expect(shown).toEqual(decentralizationJson(audited))
    expect(asOfBlock).toBe(source.head.block)
    const layers = new Map(audited.layers.map((layer) => [layer.name, layer]))
    expect(layers.get('stake')?.byAddress.holders).toBeGreaterThan(4)
    expect(layers.get('emission')?.byAddress.holders).toBe(4)
    // The deployer gave everybody the first KOIN.
    expect(layers.get('stake')?.byEntity.holders).toBe(1)
    expect(audited.entitiesBy).toBe('owner, host and first funder')
  })

  it('shows prices, shares of the emission and what was paid', async () => {
    const { reader, network } = ledger
    const { subnets, emissionBy } = await createSubnetsView({ network, index })()
    expect(emissionBy).toMatch(/^by the KOIN that people keep in each pool/)
    expect(subnets[0]?.emissionWhy).toMatch(/% of new KOIN, because people keep [\d.]+ KOIN in its pool/)
    expect(subnets.map((one) => one.netuid)).toEqual([1, 2])
    const { price, pool } = await readPool({ network, reader }, 1)
    expect(subnets[0]).toMatchObject({ priceWad: `${price}`, poolKoinAtomic: `${pool.koin}`, validators: 2 })
    const [accrued, paid] = [BigInt(subnets[0]?.accruedAtomic ?? 0), BigInt(subnets[0]?.paidAtomic ?? 0)]
    expect(paid).toBeGreaterThan(0n)
    expect(accrued).toBeGreaterThan(paid)
    const parts = { ownerBps: 900, minersBps: 5_000, validatorsBps: 4_100 }
    const announced = subnets[0]?.announced
    expect(announced).toEqual({ parts: { ...parts, fromSeconds: expect.any(Number) } })
    expect(announced?.parts?.fromSeconds).toBeGreaterThan(await ledger.nowSeconds())
    expect(subnets[1]).not.toHaveProperty('announced')
    expect(subnets[0]).not.toHaveProperty('contest')
  })

  it('shows who brought and took KOIN by trades, and how new alpha is divided, with what the last whole epoch brought', async () => {
    const { network } = ledger
    const [one] = (await createSubnetsView({ network, index })()).subnets
    const trades = (name: string) => index.events({ contract: 'pools', names: [name], netuid: 1 })
    const sum = async (name: string, of: string): Promise<bigint> =>
      (await trades(name)).result.reduce((all, { args }) => all + BigInt(String(args[of])), 0n)
    const [came, left] = [(await sum('Bought', 'koinIn')) - (await sum('Bought', 'fee')), await sum('Sold', 'koinOut')]
    expect(came > 0n && left > 0n).toBe(true)
    const { openedAtSeconds } = one as unknown as { readonly openedAtSeconds: number }
    expect(one?.flow).toEqual({
      sinceSeconds: openedAtSeconds,
      inAtomic: `${came}`,
      outAtomic: `${left}`,
      netAtomic: `${came - left}`,
    })
    expect(one?.split).toMatchObject({ ownerBps: 1_800, minersBps: 4_100, validatorsBps: 4_100 })
    const { ownerAtomic, minersAtomic, validatorsAtomic } = one?.split ?? {}
    expect(BigInt(ownerAtomic ?? 0)).toBeGreaterThan(0n)
    expect(minersAtomic).toBe(validatorsAtomic)
  })

  it('shows every seat with stake, age, permit and pay, also where nobody serves a record', async () => {
    const view = createMetagraphView({ network: ledger.network, index, clock: systemClock })
    const metagraph = await view(subnet.netuid)
    expect(metagraph).not.toHaveProperty('epoch')
    expect(metagraph).toMatchObject({
      signedEpoch: 3,
      nextResult: { epoch: expect.any(Number), passed: expect.any(Number) },
    })
    const hotkeys = [...subnet.miners, ...subnet.validators].map(({ address }) => address)
    expect(metagraph.neurons.map(({ hotkey }) => hotkey).sort()).toEqual([...hotkeys].sort())
    for (const { address } of subnet.validators) {
      const found = metagraph.neurons.find(({ hotkey }) => hotkey === address)
      expect(found).toMatchObject({ hasPermit: true, seeksPermit: true })
      expect(BigInt(found?.stakeAtomic ?? 0)).toBeGreaterThan(0n)
      expect(metagraph.nowSeconds).toBeGreaterThan(found?.registeredAtSeconds ?? metagraph.nowSeconds)
    }
    expect(metagraph.neurons.filter(({ paidAtomic }) => paidAtomic !== '0').length).toBeGreaterThan(2)
    await expect(view(999)).rejects.toMatchObject({ code: 'ledger/no-subnet' })
  })

  it('shows of every validator its take, and which results it signed', async () => {
    const { network } = ledger
    const viewMetagraph = createMetagraphView({ network, index, clock: systemClock })
    const { subnets } = await createValidatorsView({ network, index, viewMetagraph })()
    expect(subnets.map(({ netuid }) => netuid)).toEqual([1, 2])
    expect(subnets[0]).toMatchObject({ results: 2 })
    expect(subnets[0]?.validators.map(({ hotkey }) => hotkey).sort()).toEqual(
      subnet.validators.map(({ address }) => address).sort(),
    )
    for (const validator of subnets[0]?.validators ?? [])
      expect(validator).toMatchObject({ hasPermit: true, lastSignedEpoch: 3, signedResults: 2 })
    expect(subnets[0]?.validators.map(({ takeBps }) => takeBps)).toContain(1_800)
    expect(subnets[1]?.validators).toEqual([])
  })

  it('is the same from the logs of the ledger alone, where no index can be asked', async () => {
    const { network } = ledger
    const logs = await createLogIndexClient(network)
    const views = (source: IndexClient) => {
      const viewMetagraph = createMetagraphView({ network, index: source, clock: systemClock })
      return Promise.all([
        createSubnetsView({ network, index: source })(),
        viewMetagraph(subnet.netuid),
        createValidatorsView({ network, index: source, viewMetagraph })(),
        createDecentralizationView({ network, index: source })(),
      ])
    }
    // What goes on with the ledger's clock, which stands still for nobody.
    const still = (value: unknown) =>
      JSON.parse(JSON.stringify(value, (name, one) => (/^(averagePriceWad|nowSeconds)$/.test(name) ? '' : one)))
    expect(still(await views(logs))).toEqual(still(await views(index)))
  })

  it('says what the last audit came to, and takes its word only if it looked at all', async () => {
    const { network } = ledger
    const audit = {
      ...{ atMs: 1, chainId: 1, epochsContract: '0x', block: 4, agreed: 5, differs: 0, open: 0 },
      ...{ contradicted: 0, unanswered: 3 },
      outcome: 'agrees',
      isWhole: true,
    } as const
    const view = (isWhole: boolean) =>
      createDecentralizationView({ network, index, lastAudit: () => ({ ...audit, isWhole }) })()
    const { chainId: _, epochsContract: __, ...told } = audit
    expect(await view(true)).toMatchObject({ audit: told, stage: 'S0' })
    expect(await view(false)).toMatchObject({ audit: { ...told, isWhole: false }, stage: 'none' })
  })

  it('shows of an epoch what was mined and paid as dividends', async () => {
    const { network } = ledger
    const epochs = createEpochsView({ network, index })
    const one = await epochs.detail(subnet.netuid, 3)
    expect(one).toMatchObject({ state: 'active' })
    const sum = (name: 'minedAtomic' | 'dividendsAtomic' | 'amountAtomic'): bigint =>
      one.payouts.reduce((all, payout) => all + BigInt(payout[name]), 0n)
    expect(one.minedAtomic).toBe(`${sum('minedAtomic')}`)
    expect(one.dividendsAtomic).toBe(`${sum('dividendsAtomic')}`)
    expect(one.paidAtomic).toBe(`${sum('amountAtomic')}`)
    expect(sum('minedAtomic') > 0n && sum('dividendsAtomic') > 0n).toBe(true)
    expect(BigInt(one.minersTotalAtomic ?? 0)).toBeGreaterThan(sum('minedAtomic'))
    await expect(epochs.detail(subnet.netuid, 999_999)).rejects.toMatchObject({
      code: 'api/epoch-not-begun',
      message: expect.stringMatching(/^Epoch 999999 of subnet \d+ has not begun: it begins in about \d+ hours$/),
    })
    const { epochs: listed } = await epochs.list(subnet.netuid, 9)
    expect(listed.find(({ epoch }) => epoch === 1)).toMatchObject({ state: 'active' })
  })
})
