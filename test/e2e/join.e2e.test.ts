/** A second home - another machine, as far as the network can tell - joins, serves, earns and leaves. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readNeurons } from '@koinon/ledger'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { ask } from '../harness/ask.ts'
import { problemsOf, readBooks } from '../harness/books.ts'
import { koinonCommand, koinonJson } from '../harness/cli.ts'
import { LedgerView } from '../harness/ledger.ts'
import { modelArguments } from '../harness/model.ts'
import { ProcessGroup } from '../harness/process-group.ts'
import { waitFor } from '../harness/wait.ts'

const network = inject('network')
const folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-join-'))
const home = join(folder, 'home')
const routedWithinMs = 10_000
/** Test dollars that the provider is given for its registration, atomic units. */
const faucetGift = 50_000_000n

type ProviderReady = { readonly endpoint: string; readonly account: string; readonly uid: number }

let provider: ProcessGroup | undefined
afterAll(async () => {
  if (provider?.isAlive() === true) await provider.end('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

describe('a second home', () => {
  it('joins through the URL of the gateway and gets an account of its own', async () => {
    const joined = await koinonJson(['join', network.gateway, '--home', home])
    expect(joined).toMatchObject({ code: 0, data: { chainId: network.chainId, isTest: true } })
    const faucet = await koinonJson(['wallet', 'faucet', '--home', home])
    expect(faucet.code, JSON.stringify(faucet.error)).toBe(0)
    const { data } = await koinonJson(['wallet', 'balance', '--home', home])
    expect(data['account']).toBe(joined.data['wallet'])
    expect(BigInt(data['dollar'] as string)).toBeGreaterThan(0n)
  })

  it('is refused a provider on a home that joined nothing', async () => {
    const lost = await koinonJson(['provider', 'start', '--home', join(folder, 'empty'), ...modelArguments(folder)])
    expect(lost).toMatchObject({ ok: false, error: { code: 'node/no-network' } })
    expect(lost.error?.hint).toContain('koinon join')
  })

  it('serves and is routed to within ten seconds', async () => {
    const ready = await startProvider()
    const answer = await waitFor('the gateway routes to it', routedWithinMs, async () => {
      const tried = await askIt(ready.account)
      return tried.status === 200 && tried
    })
    expect(answer.provider).toBe(ready.account)
    const status = await koinonJson(['provider', 'status', '--home', home])
    expect(status.data).toMatchObject({ running: true, role: { state: 'ready', restarts: 0 } })
    expect(status.data).toMatchObject({
      earnings: { account: ready.account, held: { dollar: expect.stringMatching(/^[1-9]/) } },
    })
    const early = await koinonJson(['provider', 'withdraw', '--yes', '--home', home])
    expect(early).toMatchObject({ ok: false, error: { code: 'home/in-use' } })
    expect(provider?.stderr).toMatch(/measuring this machine[\s\S]*writes \d+ tokens a second with 4 answers at once/)
    const { benchmark } = status.data as { benchmark: { prefillTokensPerSecond: number; decode: { slots: number }[] } }
    expect(benchmark.decode.map(({ slots }) => slots)).toEqual([1, 2, 4])
    const { models } = (await (await fetch(`${ready.endpoint}/v1/offer`)).json()) as {
      models: [{ claimedPromptTokensPerSecond: number; claimedOutputTokensPerSecond: number }]
    }
    expect(models[0].claimedPromptTokensPerSecond).toBe(Math.floor(benchmark.prefillTokensPerSecond))
    expect(models[0].claimedOutputTokensPerSecond).toBeGreaterThan(0)
  }, 120_000)

  it('pauses and comes back on the same seat and port, with its earnings', async () => {
    const before = await startedAs()
    const owed = owedTo(home)
    expect(owed).toBeGreaterThan(0n)
    expect(await endProvider()).toBe(0)
    const ready = await startProvider()
    expect(ready).toMatchObject({ account: before.account, endpoint: before.endpoint, uid: before.uid })
    expect(owedTo(home)).toBe(owed)
    await waitFor(
      'the gateway routes to it again',
      routedWithinMs * 2,
      async () => (await askIt(ready.account)).status === 200,
    )
  }, 120_000)

  it('earns, leaves, and has its dollars on the ledger', async () => {
    const { account, uid } = await startedAs()
    for (let count = 0; count < 4; count += 1) expect((await askIt(account)).status).toBe(200)
    const left = await koinonJson(['provider', 'stop', '--home', home])
    expect(left, left.stderr).toMatchObject({ code: 0, data: { stopped: true, left: true } })
    await waitFor('its processes have ended', 10_000, () => provider?.isAlive() === false)

    const ledger = new LedgerView(network.home)
    const neurons = await readNeurons(ledger.reader, ledger.network, 1)
    expect(neurons.find((neuron) => neuron.hotkey === account || neuron.uid === uid)).toBeUndefined()
    const owedAtomic = owedTo(home) / 1_000_000n
    const { dollar } = await new LedgerView(home).balances('provider')
    expect(owedAtomic).toBeGreaterThan(0n)
    expect(dollar - faucetGift).toBe(owedAtomic)
    expect(problemsOf(network.home)).toEqual([])
    await waitFor(
      'the gateway does not route to it any more',
      15_000,
      async () => (await askIt(account)).status === 404,
    )
  }, 120_000)

  it('sends what it earned to the wallet of its home, and keeps its gas money', async () => {
    const before = await new LedgerView(home).balances('provider')
    const wallet = await new LedgerView(home).balances('wallet')
    const sent = await koinonJson(['provider', 'withdraw', '--yes', '--home', home])
    expect(sent, sent.stderr).toMatchObject({ code: 0, data: { dollar: `${before.dollar}`, claimedAtomic: '0' } })
    const after = await new LedgerView(home).balances('wallet')
    // Of past epochs alpha may still arrive meanwhile; it is sold for KOIN.
    expect(BigInt(sent.data['koin'] as string)).toBeGreaterThanOrEqual(before.koin)
    expect([after.koin - wallet.koin, after.dollar - wallet.dollar]).toEqual([
      BigInt(sent.data['koin'] as string),
      before.dollar,
    ])
    const left = await new LedgerView(home).balances('provider')
    expect(left.dollar).toBe(0n)
    expect(left.nativeWei).toBeGreaterThan(0n)
    expect(problemsOf(network.home)).toEqual([])
  }, 60_000)

  it('stops when nothing runs, too', async () => {
    const again = await koinonJson(['provider', 'stop', '--home', home])
    expect(again).toMatchObject({ code: 0, data: { stopped: false } })
  })
})

async function startProvider(): Promise<ProviderReady> {
  provider = new ProcessGroup(process.execPath, [
    koinonCommand,
    ...['provider', 'start', '--json', '--home', home],
    ...modelArguments(folder),
  ])
  return startedAs()
}

function startedAs(): Promise<ProviderReady> {
  const group = provider as ProcessGroup
  return waitFor('the provider is ready', 60_000, () => {
    if (group.exit !== undefined) throw new Error(`it ended with ${group.exit}: ${group.stdout}\n${group.stderr}`)
    return group.stdout.includes('\n') && (JSON.parse(group.stdout.split('\n')[0] as string) as ProviderReady)
  })
}

async function endProvider(): Promise<number | NodeJS.Signals> {
  const group = provider as ProcessGroup
  await group.end('SIGINT')
  return group.exited
}

function askIt(account: string): ReturnType<typeof ask> {
  return ask(network, { maxTokens: 40, headers: { 'x-koinon-provider': account } })
}

/** Pico-dollars that the provider's own books say it is owed. */
function owedTo(providerHome: string): bigint {
  return readBooks(providerHome, 'provider').channels.reduce(
    (sum, { owed_pico_usd }) => sum + BigInt(owed_pico_usd),
    0n,
  )
}
