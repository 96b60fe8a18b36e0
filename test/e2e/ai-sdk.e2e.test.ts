/** The AI SDK with our provider, which pays by the call: no key, a new home, and limits that hold. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createKoinon } from '@koinon/sdk/ai'
import { openPayer } from '@koinon/sdk/payer'
import { generateText } from 'ai'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { repository } from '../harness/cli.ts'

const network = inject('network')
const folder = mkdtempSync(join(tmpdir(), 'koinon-ai-sdk-'))
const home = join(folder, 'agent')
const ask = { prompt: 'What is a receipt?', maxOutputTokens: 16, maxRetries: 2 }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the AI SDK without a key', () => {
  it('is the example: a paid answer and a paid stream, every check of their receipts passed', async () => {
    const example = join(repository, 'examples/ai-sdk/main.ts')
    const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', example], {
      env: { ...process.env, KOINON_GATEWAY: network.gateway, KOINON_HOME: home },
      timeout: 60_000,
    })
    expect(stdout).toMatch(/\n\d+ checks of 0x[0-9a-f]{32}, all passed; charged \d+ millionths of a dollar/)
  })

  it('pays nothing over its limit, says why, and does not try again', async () => {
    const payer = await openPayer({ home, gatewayUrl: network.gateway, maxTotalDollars: '0.000001' })
    try {
      const refused = generateText({ model: createKoinon({ payer })(), ...ask })
      await expect(refused).rejects.toMatchObject({ code: 'payments/over-limit', hint: expect.any(String) })
      expect(payer.spentAtomic()).toBe(0n)
    } finally {
      await payer.close()
    }
  })

  it('hears what it costs where nobody pays', async () => {
    const refused = generateText({ model: createKoinon({ baseURL: network.openai })(), ...ask })
    await expect(refused).rejects.toMatchObject({
      code: 'gateway/payment-required',
      message: expect.stringMatching(/at most 0\.\d+ dollars/),
    })
  })
})
