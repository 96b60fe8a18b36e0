/** Receipts: a fresh answer verifies, and no byte of receipt, request or response can be changed unnoticed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { homeAt, readApiKeys } from '@koinon/node/home'
import { fetchReceipt } from '@koinon/sdk'
import { bundleToJson, type Check, parseBundle, type ReceiptBundle } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { ask, getJson, questionBody } from '../harness/ask.ts'
import { flipped, unnoticedInBody, unnoticedInReceipt } from '../harness/byte-flips.ts'
import { type Envelope, koinonJson } from '../harness/cli.ts'
import { modelPath } from '../harness/model.ts'

const network = inject('network')
const folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-receipts-'))
const access = { gatewayUrl: network.gateway, apiKey: network.apiKey }

type Kept = {
  readonly id: string
  readonly requestFile: string
  readonly responseFile: string
  readonly bundleFile: string
}

let plain: Kept
let streamed: Kept

beforeAll(async () => {
  plain = await keep('plain', false)
  streamed = await keep('streamed', true)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('koinon receipt verify', () => {
  it('passes at level L0 with the bodies the client kept, and nothing fails', async () => {
    for (const kept of [plain, streamed]) {
      const { code, data } = await verify(kept.id, '--request', kept.requestFile, '--response', kept.responseFile)
      expect(code).toBe(0)
      expect(states(data)).toMatchObject({
        signature: 'pass',
        delegation: 'pass',
        request: 'pass',
        response: 'pass',
        work: 'pass',
        upstream: 'pass',
        amount: 'pass',
        'hop2.signature': 'pass',
        payee: 'pass',
        evidence: 'pass',
        sampler: 'pass',
      })
    }
  })

  it('replays the answer bit by bit at level L2', async () => {
    for (const kept of [plain, streamed]) {
      const { code, data } = await verify(kept.id, '--level', 'L2', '--model', modelPath(folder))
      expect(code, JSON.stringify(data)).toBe(0)
      expect(states(data)).toMatchObject({
        class: 'pass',
        tokens: 'pass',
        finish: 'pass',
        text: 'pass',
        prompt: 'pass',
        counts: 'pass',
      })
    }
  })

  it('says "not checked" rather than "pass" when it has another model than the receipt names', async () => {
    const other = join(folder, 'other.gguf')
    const { createRandomModel } = await import('@koinon/inference/gguf')
    writeFileSync(other, createRandomModel({ seed: 99, layers: 1 }))
    const { code, data } = await verify(plain.id, '--level', 'L2', '--model', other)
    expect(code).toBe(0)
    expect(states(data)).toMatchObject({ tokens: 'notChecked', text: 'notChecked', signature: 'pass' })
  })

  it('names the request when a byte of it was changed', async () => {
    const { code, data } = await verify(plain.id, '--request', flippedFile(plain.requestFile, 30))
    expect(code).toBe(1)
    expect(states(data)['request']).toBe('fail')
  })

  it('names the response when a byte of it was changed, with the receipt from the gateway or from a file', async () => {
    const changed = flippedFile(streamed.responseFile, 60)
    for (const source of [streamed.id, streamed.bundleFile]) {
      const { code, data } = await verify(source, '--request', streamed.requestFile, '--response', changed)
      expect(code).toBe(1)
      expect(states(data)).toMatchObject({ request: 'pass', response: 'fail' })
    }
  })

  it('names the failed checks of a receipt file whose amount was changed', async () => {
    const file = join(folder, 'dearer.json')
    const text = readFileSync(plain.bundleFile, 'utf8')
    writeFileSync(
      file,
      text.replace(/"amountPicoUsd":"(\d)/, (_, digit) => `"amountPicoUsd":"${(Number(digit) % 9) + 1}`),
    )
    const { code, data } = await verify(file)
    expect(code).toBe(1)
    expect(states(data)).toMatchObject({ signature: 'fail', amount: 'fail', 'hop2.signature': 'pass' })
  })

  it('passes on an untouched receipt file and says what it could not look at', async () => {
    const { code, data } = await verify(plain.bundleFile)
    expect(code).toBe(0)
    expect(states(data)).toMatchObject({ signature: 'pass', request: 'notChecked', response: 'notChecked' })
  })
})

// The long suite tries every single byte; a prime distance meets all parts in turn.
const distance = { request: 7, response: 41, receipt: 47 } as const

describe('any byte', () => {
  it.each(['request', 'response'] as const)(
    'of the %s counts, the receipt line and the end of a stream included',
    async (part) => {
      for (const kept of [plain, streamed]) {
        const bytes = readFileSync(part === 'request' ? kept.requestFile : kept.responseFile)
        expect(await unnoticedInBody(bundleOf(kept), part, bytes, distance[part])).toEqual([])
      }
    },
  )

  it('of the receipt counts', async () => {
    expect(await unnoticedInReceipt(readFileSync(plain.bundleFile), network.chainId, distance.receipt)).toEqual([])
  })
})

describe('receipts belong to their payer', () => {
  it('lists and shows them', async () => {
    const list = await koinonJson(['receipt', 'list', '--home', network.home])
    expect((list.data['receipts'] as { id: string }[]).map(({ id }) => id)).toContain(plain.id)
    const shown = await koinonJson(['receipt', 'show', plain.id, '--home', network.home])
    expect(parseBundle(shown.data)).toEqual(parseBundle(JSON.parse(readFileSync(plain.bundleFile, 'utf8'))))
  })

  it('shows them to nobody else', async () => {
    const stranger = readApiKeys(homeAt(network.home)).find(({ label }) => label === 'validator-1')?.apiKey
    for (const path of ['', '/evidence']) {
      const response = await fetch(`${network.openai}/receipts/${plain.id}${path}`, {
        headers: { authorization: `Bearer ${stranger}` },
      })
      expect(response.status).toBe(404)
    }
    expect((await fetch(`${network.openai}/receipts/${plain.id}`)).status).toBe(401)
  })

  it("gives the page this node's own verdict, replay included", async () => {
    for (const level of ['L0', 'L2']) {
      const { checks } = await getJson<{ checks: Check[] }>(network, `/api/receipts/${plain.id}/verdict?level=${level}`)
      expect(checks.filter(({ state }) => state === 'fail')).toEqual([])
      expect(
        checks.some(({ name, state }) => name === (level === 'L2' ? 'tokens' : 'signature') && state === 'pass'),
      ).toBe(true)
    }
  })
})

async function keep(name: string, stream: boolean): Promise<Kept> {
  const question = { text: 'What is staking?', stream, maxTokens: 12 }
  const answer = await ask(network, question)
  expect(answer.status).toBe(200)
  const kept = {
    id: answer.receiptId as string,
    requestFile: join(folder, `${name}-request`),
    responseFile: join(folder, `${name}-response`),
    bundleFile: join(folder, `${name}-receipt.json`),
  }
  writeFileSync(kept.requestFile, questionBody(question))
  writeFileSync(kept.responseFile, answer.body)
  const { bundle } = await fetchReceipt(access, kept.id)
  writeFileSync(kept.bundleFile, JSON.stringify(bundleToJson(bundle)))
  return kept
}

function verify(...args: string[]): Promise<Envelope & { readonly code: number }> {
  return koinonJson(['receipt', 'verify', ...args, '--home', network.home])
}

function states(data: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries((data['checks'] as Check[]).map(({ name, state }) => [name, state]))
}

function flippedFile(file: string, place: number): string {
  const path = `${file}-changed-${place}`
  writeFileSync(path, flipped(readFileSync(file), place))
  return path
}

function bundleOf(kept: Kept): ReceiptBundle {
  return parseBundle(JSON.parse(readFileSync(kept.bundleFile, 'utf8')))
}
