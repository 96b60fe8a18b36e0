/** Stock clients of the OpenAI protocol, unmodified, given nothing but the printed base URL and key. */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { getJson } from '../harness/ask.ts'
import { repository } from '../harness/cli.ts'
import { waitFor } from '../harness/wait.ts'

const network = inject('network')
const messages = [{ role: 'user' as const, content: 'What is a receipt?' }]

describe('openai (npm)', () => {
  const client = new OpenAI({ baseURL: network.openai, apiKey: network.apiKey, maxRetries: 0 })

  it('lists models', async () => {
    const models = await client.models.list()
    expect(models.data.length).toBeGreaterThan(0)
    const [first] = models.data
    expect(await client.models.retrieve(first?.id as string)).toMatchObject({ id: first?.id, object: 'model' })
  })

  it('chats, and the answer carries a receipt that the gateway keeps', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'default', messages, max_tokens: 24 })
      .withResponse()
    expect(data.choices[0]?.message.role).toBe('assistant')
    expect(data.choices[0]?.message.content?.length).toBeGreaterThan(0)
    expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0))
    const id = response.headers.get('x-koinon-receipt')
    const bundle = await getJson<{ hops: unknown[] }>(network, `/v1/receipts/${id}`)
    expect(bundle.hops).toHaveLength(2)
  })

  it('streams with usage in the last chunk', async () => {
    const stream = await client.chat.completions.create({
      model: 'default',
      messages,
      max_tokens: 24,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
    expect(text.length).toBeGreaterThan(0)
    expect(chunks.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0)
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason != null)).toHaveLength(1)
  })

  it('gives the same words streamed and whole at temperature 0', async () => {
    const body = { model: 'default', messages, max_tokens: 24, temperature: 0, seed: 7 }
    const whole = await client.chat.completions.create(body)
    const stream = await client.chat.completions.create({ ...body, stream: true })
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe(whole.choices[0]?.message.content)
  })

  it('completes text', async () => {
    const completion = await client.completions.create({ model: 'default', prompt: 'A subnet is', max_tokens: 8 })
    expect(completion.choices[0]?.text.length).toBeGreaterThan(0)
  })

  it('gets a typed 404 for an unknown model, naming those there are', async () => {
    const refused = await client.chat.completions
      .create({ model: 'gpt-none', messages })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(OpenAI.NotFoundError)
    expect(refused).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' })
    expect((refused as Error).message).toContain('default')
  })

  it('gets a typed 401 for a wrong key', async () => {
    const stranger = new OpenAI({ baseURL: network.openai, apiKey: `sk-koinon-${'A'.repeat(43)}`, maxRetries: 0 })
    const refused = await stranger.chat.completions
      .create({ model: 'default', messages })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(OpenAI.AuthenticationError)
  })

  it('may hang up in mid-stream and goes on being served', async () => {
    const before = await receiptIds()
    const stream = await client.chat.completions.create({ model: 'default', messages, max_tokens: 400, stream: true })
    let chunks = 0
    for await (const _ of stream) {
      chunks += 1
      if (chunks === 3) stream.controller.abort()
    }
    expect(chunks).toBeLessThan(400)
    const [receipt] = await waitFor('the aborted answer has its receipt', 15_000, async () => {
      const fresh = (await receiptIds()).filter((id) => !before.includes(id))
      return fresh.length > 0 && fresh
    })
    const bundle = await getJson<Bundle>(network, `/v1/receipts/${receipt}`)
    expect(bundle.hops[0]?.work.outputTokens).toBeLessThan(400)
    const again = await client.chat.completions.create({ model: 'default', messages, max_tokens: 8 })
    expect(again.choices).toHaveLength(1)
  })
})

describe('ai with @ai-sdk/openai-compatible', () => {
  const provider = createOpenAICompatible({
    name: 'koinon',
    baseURL: network.openai,
    apiKey: network.apiKey,
    includeUsage: true,
  })
  const model = provider('default')

  it('generates text with usage', async () => {
    const result = await generateText({ model, messages, maxOutputTokens: 24, maxRetries: 0 })
    expect(result.text.length).toBeGreaterThan(0)
    expect(result.usage.outputTokens).toBeGreaterThan(0)
  })

  it('streams text with usage', async () => {
    const result = streamText({ model, messages, maxOutputTokens: 24, maxRetries: 0 })
    let text = ''
    for await (const part of result.textStream) text += part
    expect(text.length).toBeGreaterThan(0)
    expect((await result.usage).outputTokens).toBeGreaterThan(0)
    expect(['stop', 'length']).toContain(await result.finishReason)
  })

  it('reports an unknown model as an error that is not worth a retry', async () => {
    const refused = await generateText({ model: provider('gpt-none'), messages, maxRetries: 2 }).catch(
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({ statusCode: 404, isRetryable: false })
  })

  it('stops when aborted in mid-stream', async () => {
    const abort = new AbortController()
    const result = streamText({
      model,
      messages,
      maxOutputTokens: 400,
      maxRetries: 0,
      abortSignal: abort.signal,
      onError: () => undefined,
    })
    let parts = 0
    for await (const part of result.fullStream) {
      if (part.type === 'text-delta' && ++parts === 3) abort.abort()
    }
    expect(parts).toBeLessThan(400)
  })
})

describe('openai (PyPI)', () => {
  const version = '3.52.0'
  // Installed once a clone: packages of one exact version do not change.
  const folder = join(repository, '.node', `python-openai-${version}`)
  const installDeadlineMs = 180_000

  beforeAll(async () => {
    if (existsSync(folder)) return
    const draft = mkdtempSync(join(tmpdir(), 'koinon-e2e-python-'))
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-compile',
      '--disable-pip-version-check',
      '--target',
      draft,
    ]
    await run('python3', [...install, `openai==${version}`], installDeadlineMs)
    cpSync(draft, `${folder}.new`, { recursive: true })
    renameSync(`${folder}.new`, folder)
    rmSync(draft, { recursive: true, force: true })
  }, installDeadlineMs + 10_000)

  it('chats, streams with usage, lists models, reports an unknown model and hangs up in mid-stream', async () => {
    const stdout = await run('python3', [join(import.meta.dirname, 'python_client.py')], 60_000, {
      PYTHONPATH: folder,
      OPENAI_BASE_URL: network.openai,
      OPENAI_API_KEY: network.apiKey,
    })
    expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toEqual({
      models: true,
      chat: true,
      stream: true,
      usage: true,
      unknownModel: 'model_not_found',
      aborted: true,
      afterAbort: true,
    })
  })

  function run(
    program: string,
    args: readonly string[],
    timeoutMs: number,
    env: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(program, args, { timeout: timeoutMs, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else
          reject(
            new Error(
              `${program} ${args.slice(0, 3).join(' ')} failed; this suite needs python3 with pip\n${stderr || error.message}`,
            ),
          )
      })
    })
  }
})

type Bundle = { readonly hops: readonly { readonly work: { readonly outputTokens: number } }[] }

async function receiptIds(): Promise<readonly string[]> {
  const { receipts } = await getJson<{ receipts: readonly { id: string }[] }>(network, '/v1/receipts?limit=20')
  return receipts.map(({ id }) => id)
}
