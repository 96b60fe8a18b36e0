/** Buying answers by the call, without a key: stock clients of x402 and MPP, and our own, at the running gateway. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatUnits } from '@koinon/base'
import { createLedgerReader, type NetworkFile, readDollarDomain } from '@koinon/ledger'
import { canonicalChannels } from '@koinon/ledger/deploy'
import { existingAccountKey, openHome } from '@koinon/node/home'
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { UptoEvmScheme } from '@x402/evm/upto/client'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { evm, Mppx } from 'mppx/client'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { questionBody } from '../harness/ask.ts'
import { koinon } from '../harness/cli.ts'

const network = inject('network')
const folder = mkdtempSync(join(tmpdir(), 'koinon-paid-'))
const home = join(folder, 'agent')
const url = `${network.openai}/chat/completions`
let facts: NetworkFile

beforeAll(async () => {
  expect((await koinon(['join', network.gateway, '--home', home])).code).toBe(0)
  facts = JSON.parse(readFileSync(join(home, 'network.json'), 'utf8')) as NetworkFile
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a fresh home with no key, no faucet and no environment variable', () => {
  it('gets a paid answer', async () => {
    const startedAtMs = Date.now()
    const run = await koinon(['pay', url, '-d', questionBody({}), '--home', home, '--json'])
    expect(run.code, run.stderr).toBe(0)
    const { data } = JSON.parse(run.stdout) as { data: { status: number; payment: { backEnd: string } } }
    expect(data).toMatchObject({ status: 200, payment: { backEnd: 'channel' } })
    console.log(`first paid answer of a new home after ${Date.now() - startedAtMs} ms`)
  })
})

describe('stock clients', () => {
  const wallet = () => privateKeyToAccount(existingAccountKey(openHome(home), 'wallet').privateKey)
  const init = (stream = false) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: questionBody({ stream }),
  })
  const schemes = { exact: ExactEvmScheme, 'batch-settlement': BatchSettlementEvmScheme, upto: UptoEvmScheme }
  const x402 = (scheme: keyof typeof schemes): typeof fetch => {
    const { address, signTypedData } = wallet()
    const reader = createLedgerReader(facts)
    const signer = { address, signTypedData, readContract: reader.readContract.bind(reader) } as never
    const client = new x402Client()
    client.setSpendControls({
      allowedAssets: [{ network: 'eip155:*', asset: facts.contracts.dollar, maxAmountPerPayment: '100000' }],
    })
    return wrapFetchWithPayment(fetch, client.register('eip155:*', new schemes[scheme](signer)))
  }

  /**
   * Stock clients pay exactly, which a gateway offers where gas costs it nothing, or by the foundation's escrow, which a fresh chain of
   * others does not have. There they are told so by the demand, and pay nothing.
   */
  const hasNothingFor = async (scheme: 'exact' | 'batch-settlement'): Promise<boolean> => {
    if (facts.chainKind === 'embedded') return false
    const demand = await fetch(url, init())
    const { accepts } = (await demand.json()) as { readonly accepts: readonly { readonly scheme: string }[] }
    expect(accepts.map((offer) => offer.scheme)).toEqual(['batch-settlement'])
    if (scheme === 'exact') return true
    if (facts.contracts.channels === canonicalChannels.channels) return false
    await expect(x402(scheme)(url, init())).rejects.toThrow()
    return true
  }

  it('@x402/fetch pays exactly, where that is offered', async () => {
    if (await hasNothingFor('exact')) return
    const exact = await x402('exact')(url, init())
    expect(exact.status, await exact.clone().text()).toBe(200)
    expect(JSON.parse(atob(exact.headers.get('payment-response') as string))).toMatchObject({ success: true })
  })

  it('@x402/fetch pays from a channel again and again', async () => {
    if (await hasNothingFor('batch-settlement')) return
    const pay = x402('batch-settlement')
    for (let count = 0; count < 3; count++) {
      const answer = await pay(url, init())
      expect(answer.status, await answer.clone().text()).toBe(200)
      expect(await answer.json()).toMatchObject({ object: 'chat.completion' })
    }
  })

  it.each(['exact', 'batch-settlement'] as const)('@x402/fetch reads a stream that it pays by %s', async (scheme) => {
    if (await hasNothingFor(scheme)) return
    const pay = x402(scheme)
    for (let count = 0; count < 2; count++) {
      const answer = await pay(url, init(true))
      const text = await answer.text()
      expect([answer.status, text.slice(-14)]).toEqual([200, 'data: [DONE]\n\n'])
      expect(text).toContain(': koinon-receipt ')
    }
  })

  it.each([false, true])('@x402/fetch pays up to a ceiling what the answer cost, streamed: %s', async (stream) => {
    const demand = await fetch(url, init(stream))
    const { accepts } = JSON.parse(atob(demand.headers.get('payment-required') as string))
    const { amount } = accepts.find(({ scheme }: { scheme: string }) => scheme === 'upto')
    const answer = await x402('upto')(url, init(stream))
    expect(answer.status, await answer.clone().text()).toBe(200)
    const receipt = JSON.parse(atob(answer.headers.get('payment-response') as string))
    expect(receipt).toMatchObject({ success: true, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) })
    expect([BigInt(receipt.amount) > 0n, BigInt(receipt.amount) < BigInt(amount)]).toEqual([true, true])
  })

  it('@x402/evm takes the rest of its channel back', async () => {
    if (await hasNothingFor('batch-settlement')) return
    const { address, signTypedData } = wallet()
    const reader = createLedgerReader(facts)
    const signer = { address, signTypedData, readContract: reader.readContract.bind(reader) } as never
    const back = await new BatchSettlementEvmScheme(signer).refund(url)
    expect(back).toMatchObject({ success: true })
  })

  it('mppx pays a charge from the same demand, where that is offered', async () => {
    if (await hasNothingFor('exact')) return
    const { name, version } = await readDollarDomain(createLedgerReader(facts), facts.contracts.dollar)
    const method = evm.charge({
      account: wallet(),
      authorization: { name, version },
      networks: [facts.chainId],
      currencies: [facts.contracts.dollar],
    })
    const pay = Mppx.create({ methods: [method], polyfill: false, fetch }).fetch
    const answer = await pay(url, init())
    expect(answer.status, await answer.clone().text()).toBe(200)
    expect(answer.headers.get('payment-receipt')).toBeTruthy()
  })
})

describe('our own client', () => {
  /** More tokens than a step covers. */
  const body = JSON.stringify({
    model: 'default',
    stream: true,
    max_tokens: 200,
    temperature: 1,
    seed: 7,
    prompt: '1. ',
  })
  const pay = (...more: string[]) =>
    koinon(['pay', `${network.openai}/completions`, '-d', body, '--home', home, '--json', ...more])

  it('pays a stream by the step, and stops where its limit does', async () => {
    const demand = await fetch(`${network.openai}/completions`, { method: 'POST', body })
    const [, request] = /request="([^"]+)"/.exec(demand.headers.get('www-authenticate') ?? '') ?? []
    const { amount, unitType } = JSON.parse(Buffer.from(request as string, 'base64url').toString())
    expect(unitType).toBe('step')
    const max = (steps: number) => ['--steps', '--max-per-call', formatUnits(BigInt(amount) * BigInt(steps), 6)]
    const whole = await pay(...max(2))
    expect(whole.code, whole.stderr).toBe(0)
    const paid = JSON.parse(whole.stdout).data
    expect(paid).toMatchObject({ status: 200, payment: { backEnd: 'channel', isStated: true } })
    expect(paid.body).toMatch(/: koinon-receipt \S+\n\ndata: \[DONE\]\n\n$/)
    const words = paid.body.match(/"text":"/g).length
    expect(words).toBeGreaterThan(32)
    expect(paid.body).not.toContain('event: payment-')
    const cut = JSON.parse((await pay(...max(1))).stdout).data
    expect(cut.stopped[0]).toContain('one call may cost at most')
    expect(cut.body.match(/"text":"/g).length).toBeLessThan(words)
  })
})

describe('who pays nothing', () => {
  it('hears what it costs, on both wires, and no model runs', async () => {
    const answer = await fetch(url, { method: 'POST', body: questionBody({}) })
    expect(answer.status).toBe(402)
    expect(answer.headers.get('payment-required')).toBeTruthy()
    expect(answer.headers.get('www-authenticate')).toMatch(/^Payment id=/)
  })
})
