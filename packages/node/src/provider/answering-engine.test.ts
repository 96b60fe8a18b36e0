import { ScriptedEngine, startTestNetwork, type TestNetwork } from '@koinon/inference/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryHome } from '../testing/home.ts'
import { startAnsweringEngine } from './answering-engine.ts'

const variable = 'KOINON_TEST_UPSTREAM_KEY'
const { home, remove } = temporaryHome()
let behind: TestNetwork
beforeAll(async () => {
  behind = await startTestNetwork({ providers: [{ engine: new ScriptedEngine({ model: 'far/model' }) }] })
})
afterAll(async () => {
  await behind.close()
  remove()
})

describe('startAnsweringEngine with a server elsewhere', () => {
  it('offers what can be said of it, and passes its answers on with the key of the environment', async () => {
    const engine = await start({ [variable]: behind.apiKey.text })
    expect(engine.benchmark).toBeUndefined()
    expect(engine.load).toEqual({ activeSequences: 0, maxParallelSequences: 3, queuedRequests: 0 })
    expect(engine.port.describe()).toMatchObject({ model: 'far/model', rung: 0, contextLength: 4_096, parameters: 0 })
    const texts: string[] = []
    const question = {
      input: { kind: 'chat', messages: [{ role: 'user', content: 'Hello' }] },
      maxTokens: 8,
      sampler: { version: 1, temperatureMicro: 0, topPMicro: 1_000_000, topK: 0, seed: 1n },
      stop: [],
      topLogprobs: undefined,
      caller: 'test',
    } as const
    for await (const event of engine.port.generate(question, AbortSignal.timeout(10_000))) {
      if (event.kind === 'piece') texts.push(event.text)
      else expect(event).toMatchObject({ finishReason: 'stop', outputTokens: 4 })
    }
    expect(texts.join('')).toBe('Hello from the engine')
    await engine.stop()
  })

  it.each([[{}], [{ [variable]: ' ' }], [{ [variable]: 'line\nbreak' }]])(
    'names the variable when it holds no key: %j',
    async (env) => {
      const error = await start(env).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'upstream/no-key', message: expect.stringContaining(variable) })
      expect(JSON.stringify(error)).not.toContain('break')
    },
  )

  it('offers nothing when the server has no such model', async () => {
    await expect(start({ [variable]: behind.apiKey.text }, 'other')).rejects.toMatchObject({
      code: 'upstream/no-such-model',
      hint: expect.stringContaining('far/model'),
    })
  })
})

function start(env: Record<string, string>, model = 'far/model') {
  return startAnsweringEngine(
    { kind: 'upstream', url: behind.url, model, keyVariable: variable },
    {
      role: { name: 'provider', modelId: model, maximumSequences: 3 },
      home,
      env,
      progress: () => undefined,
    },
  )
}
