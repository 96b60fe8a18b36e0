import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { ScriptedEngine, startTestNetwork, type TestNetwork } from '@koinon/inference/testing'
import type { Check } from '@koinon/work'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { askGateway, fetchReceipt, verifyReceipt } from './index.ts'

const example = resolve(import.meta.dirname, '../../../examples/ask-and-check/main.ts')

let network: TestNetwork
let server: Server | undefined
beforeAll(async () => {
  network = await startTestNetwork({ providers: [{ engine: new ScriptedEngine() }] })
})
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})
afterAll(() => network.close())

const access = () => ({ gatewayUrl: network.url, apiKey: network.apiKey.text })

async function ask() {
  const answer = await askGateway({
    baseUrl: `${network.url}/v1`,
    apiKey: network.apiKey.text,
    body: { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 16 },
  })
  return { answer, receipt: await fetchReceipt(access(), answer.receiptId as string) }
}

const namesOf = (checks: readonly Check[], state: Check['state']): readonly string[] =>
  checks.filter((check) => check.state === state).map(({ name }) => name)

describe('asking, fetching and verifying through the SDK', () => {
  it('gets text, price and a receipt in which nothing fails', async () => {
    const { answer, receipt } = await ask()
    expect(answer.text).toBe('Hello from the engine')
    expect(namesOf(answer.checks, 'fail')).toEqual([])
    expect(receipt.evidenceProblem).toBeUndefined()
    const checks = await verifyReceipt(receipt, { level: 'L0' })
    expect(namesOf(checks, 'fail')).toEqual([])
    expect(namesOf(checks, 'pass')).toEqual(expect.arrayContaining(['signature', 'request', 'response', 'amount']))
  })

  it('checks the chain where it is told one, as the page and the command line do', async () => {
    const checksOn = async (chainId?: number) => {
      const { checks } = await askGateway({
        baseUrl: `${network.url}/v1`,
        apiKey: network.apiKey.text,
        body: { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 16 },
        ...(chainId === undefined ? {} : { chainId }),
      })
      return checks
    }
    const chainId = (await ask()).answer.bundle?.hops[0]?.receipt.chainId as number
    expect(namesOf(await checksOn(), 'notChecked')).toEqual(['chain', 'hop2.chain'])
    expect(namesOf(await checksOn(chainId), 'notChecked')).toEqual([])
    expect(namesOf(await checksOn(chainId + 1), 'fail')).toEqual(['chain', 'hop2.chain'])
  })

  it('says what it cannot check without an engine, instead of passing it', async () => {
    const checks = await verifyReceipt((await ask()).receipt, { level: 'L2' })
    expect(namesOf(checks, 'notChecked')).toEqual(expect.arrayContaining(['tokens', 'finish', 'text', 'counts']))
  })

  it('believes bodies that the caller kept more than those that the provider shows', async () => {
    const ownResponse = new TextEncoder().encode('{"another":"answer"}')
    const checks = await verifyReceipt({ ...(await ask()).receipt, ownResponse }, { level: 'L0' })
    expect(namesOf(checks, 'fail')).toEqual(['response', 'hop2.response'])
  })

  it('fails on another chain', async () => {
    const checks = await verifyReceipt((await ask()).receipt, { level: 'L0', chainId: 1 })
    expect(namesOf(checks, 'fail')).toEqual(['chain', 'hop2.chain'])
  })
})

describe('fetchReceipt', () => {
  const id = `0x${'00'.repeat(16)}`

  it('explains a receipt that is not there, and one that is another payer’s', async () => {
    await expect(fetchReceipt(access(), id)).rejects.toMatchObject({ code: 'gateway/no-receipt' })
    const refused = fetchReceipt({ ...access(), apiKey: 'sk-koinon-other' }, id)
    await expect(refused).rejects.toMatchObject({ code: 'gateway/refused', details: { status: 401 } })
  })

  it('sends no part of an id as a path of its own', async () => {
    await expect(fetchReceipt(access(), '../models')).rejects.toMatchObject({ details: { status: 404 } })
  })

  it('takes no receipt of another kind for that of an answer: fewer checks would be made of it', async () => {
    const { requestId } = (await ask()).receipt.bundle.hops[0]?.receipt ?? {}
    const real = await fetch(`${access().gatewayUrl}/v1/receipts/${requestId}`, {
      headers: { authorization: `Bearer ${access().apiKey}` },
    })
    const shown = (await real.text()).replaceAll('"kind":"inference"', '"kind":"http"')
    const started = createServer((_, response) => response.end(shown))
    server = started
    await new Promise<void>((ready) => started.listen(0, '127.0.0.1', ready))
    const gatewayUrl = `http://127.0.0.1:${(started.address() as AddressInfo).port}`
    await expect(fetchReceipt({ ...access(), gatewayUrl }, id)).rejects.toMatchObject({
      code: 'gateway/bad-answer',
      message: 'The gateway shows a receipt of another kind for an answer of a model',
    })
    await new Promise((closed) => {
      started.closeAllConnections()
      started.close(closed)
    })
  })

  it('explains a server that is no gateway, and one that is not there', async () => {
    const started = createServer((_, response) => response.end('<html>'))
    server = started
    await new Promise<void>((ready) => started.listen(0, '127.0.0.1', ready))
    const gatewayUrl = `http://127.0.0.1:${(started.address() as AddressInfo).port}`
    await expect(fetchReceipt({ ...access(), gatewayUrl }, id)).rejects.toMatchObject({ code: 'gateway/bad-answer' })
    await new Promise((closed) => {
      started.closeAllConnections()
      started.close(closed)
    })
    const gone = fetchReceipt({ ...access(), gatewayUrl }, id)
    await expect(gone).rejects.toMatchObject({ code: 'gateway/unreachable', retry: 'later' })
  })
})

describe('the example', () => {
  const run = (env: Record<string, string>) =>
    promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', example], {
      env: { ...process.env, KOINON_GATEWAY: network.url, ...env },
      timeout: 60_000,
    })

  it('asks and checks', async () => {
    const { stdout } = await run({ KOINON_API_KEY: network.apiKey.text })
    expect(stdout).toMatch(/Hello from the engine\n\d+ checks, none failed; \d+ tokens for \d+ pico-dollars/)
  })

  it('ends badly when it is given no key, or a wrong one', async () => {
    await expect(run({ KOINON_API_KEY: '' })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/KOINON_API_KEY/),
    })
    await expect(run({ KOINON_API_KEY: 'sk-koinon-wrong' })).rejects.toMatchObject({ code: 1 })
  })
})
