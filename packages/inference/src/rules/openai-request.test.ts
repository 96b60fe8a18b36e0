import { isKoinonError, utf8ToBytes } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { checkMaxTokens, defaultMaxTokens, effectiveMaxTokens } from './inference-request.ts'
import { toOpenAiError } from './openai-error.ts'
import { parseChatRequest, parseCompletionRequest } from './openai-request.ts'

const hello = { model: 'default', messages: [{ role: 'user', content: 'Hello' }] }

describe('parseChatRequest', () => {
  it('reads a small request and leaves out what was not said', () => {
    expect(parseChatRequest(bytes(hello))).toEqual({
      model: 'default',
      input: { kind: 'chat', messages: [{ role: 'user', content: 'Hello' }] },
      stream: false,
      includeUsage: false,
      maxTokens: undefined,
      temperatureMicro: undefined,
      topPMicro: undefined,
      topK: undefined,
      seed: undefined,
      stop: [],
      topLogprobs: undefined,
    })
  })

  it('reads every supported field', () => {
    const request = parseChatRequest(
      bytes({
        model: 'm',
        messages: [
          { role: 'developer', content: 'Be brief', name: 'ignored' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 'b' },
            ],
          },
          { role: 'assistant', content: null },
        ],
        stream: true,
        stream_options: { include_usage: true },
        max_completion_tokens: 7,
        max_tokens: 9,
        temperature: 0.7,
        top_p: 0.95,
        top_k: 40,
        seed: -1,
        stop: 'END',
        logprobs: true,
        top_logprobs: 3,
        n: 1,
        tools: [],
        user: 'somebody',
        metadata: { anything: true },
        presence_penalty: 0,
        logit_bias: {},
        response_format: { type: 'text' },
      }),
    )
    expect(request).toEqual({
      model: 'm',
      input: {
        kind: 'chat',
        messages: [
          { role: 'system', content: 'Be brief' },
          { role: 'user', content: 'ab' },
          { role: 'assistant', content: '' },
        ],
      },
      stream: true,
      includeUsage: true,
      maxTokens: 7,
      temperatureMicro: 700_000,
      topPMicro: 950_000,
      topK: 40,
      seed: 0xffff_ffff_ffff_ffffn,
      stop: ['END'],
      topLogprobs: 3,
    })
  })

  it.each([
    [{ ...hello, model: 5 }, 'model'],
    [{ ...hello, model: '' }, 'model'],
    [{ messages: hello.messages }, 'model'],
    [{ model: 'm' }, 'messages'],
    [{ ...hello, messages: [] }, 'messages'],
    [{ ...hello, messages: 'hi' }, 'messages'],
    [{ ...hello, messages: ['hi'] }, 'messages[0]'],
    [{ ...hello, messages: [{ role: 'king', content: 'x' }] }, 'messages[0].role'],
    [{ ...hello, messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    [{ ...hello, messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    [{ ...hello, messages: [{ role: 'user', content: null }] }, 'messages[0].content'],
    [{ ...hello, messages: [{ role: 'user', content: '\ud800' }] }, 'messages[0].content'],
    [{ ...hello, messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0].type'],
    [{ ...hello, messages: [{ role: 'user', content: [{ type: 'text', text: 1 }] }] }, 'messages[0].content[0].text'],
    [{ ...hello, stream: 'yes' }, 'stream'],
    [{ ...hello, stream_options: {} }, 'stream_options'],
    [{ ...hello, stream: true, stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
    [{ ...hello, max_tokens: '12' }, 'max_tokens'],
    [{ ...hello, max_tokens: 0 }, 'max_tokens'],
    [{ ...hello, max_tokens: 1.5 }, 'max_tokens'],
    [{ ...hello, max_completion_tokens: -1 }, 'max_completion_tokens'],
    [{ ...hello, temperature: 2.1 }, 'temperature'],
    [{ ...hello, temperature: 'hot' }, 'temperature'],
    [{ ...hello, top_p: 0 }, 'top_p'],
    [{ ...hello, top_k: -1 }, 'top_k'],
    [{ ...hello, top_k: 1025 }, 'top_k'],
    [{ ...hello, seed: 1e300 }, 'seed'],
    [{ ...hello, stop: 5 }, 'stop'],
    [{ ...hello, stop: ['a', 5] }, 'stop[1]'],
    [{ ...hello, stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    [{ ...hello, stop: '' }, 'stop'],
    [{ ...hello, stop: '\udfff' }, 'stop'],
    [{ ...hello, n: 2 }, 'n'],
    [{ ...hello, top_logprobs: 3 }, 'top_logprobs'],
    [{ ...hello, logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
    [{ ...hello, logprobs: 3 }, 'logprobs'],
    [{ ...hello, tools: [{ type: 'function' }] }, 'tools'],
    [{ ...hello, tools: 'all' }, 'tools'],
    [{ ...hello, functions: [{}] }, 'functions'],
    [{ ...hello, response_format: { type: 'json_object' } }, 'response_format'],
    [{ ...hello, frequency_penalty: 0.5 }, 'frequency_penalty'],
    [{ ...hello, logit_bias: { 5: 1 } }, 'logit_bias'],
  ])('refuses %j naming the field', (body, param) => {
    const refused = refusal(() => parseChatRequest(bytes(body)))
    expect([refused.status, refused.body.error.param]).toEqual([400, param])
    expect(refused.body.error.message).toContain(param)
  })

  it('accepts tools that the client forbids to call', () => {
    expect(parseChatRequest(bytes({ ...hello, tools: [{}], tool_choice: 'none' })).model).toBe('default')
  })

  it.each([
    ['cut off', utf8ToBytes('{"model":"m"')],
    ['no object', utf8ToBytes('[1]')],
    ['null', utf8ToBytes('null')],
    ['empty', new Uint8Array()],
    ['broken UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d)],
    ['a million brackets', utf8ToBytes('['.repeat(1_000_000))],
  ])('refuses a body that is %s', (_, body) => {
    expect(refusal(() => parseChatRequest(body)).body.error.code).toBe('invalid_json')
  })

  it('takes nothing from a prototype', () => {
    const body = utf8ToBytes('{"__proto__": {"model": "m", "messages": [{"role": "user", "content": "x"}]}}')
    expect(refusal(() => parseChatRequest(body)).status).toBe(400)
  })
})

describe('parseCompletionRequest', () => {
  it('reads a prompt, alone or in an array, and a number of logprobs', () => {
    const request = parseCompletionRequest(bytes({ model: 'm', prompt: ['Once'], logprobs: 2, best_of: 1 }))
    expect([request.input, request.topLogprobs]).toEqual([{ kind: 'text', prompt: 'Once' }, 2])
    expect(parseCompletionRequest(bytes({ model: 'm', prompt: 'Once' })).topLogprobs).toBeUndefined()
  })

  it.each([
    [{ model: 'm' }, 'prompt'],
    [{ model: 'm', prompt: '' }, 'prompt'],
    [{ model: 'm', prompt: [1, 2] }, 'prompt'],
    [{ model: 'm', prompt: ['a', 'b'] }, 'prompt'],
    [{ model: 'm', prompt: 'a', echo: true }, 'echo'],
    [{ model: 'm', prompt: 'a', suffix: 'z' }, 'suffix'],
    [{ model: 'm', prompt: 'a', best_of: 3 }, 'best_of'],
  ])('refuses %j naming the field', (body, param) => {
    expect(refusal(() => parseCompletionRequest(bytes(body))).body.error.param).toBe(param)
  })
})

describe('effectiveMaxTokens', () => {
  it('is what was asked, else the default, never more than the context', () => {
    const asked = parseChatRequest(bytes({ ...hello, max_tokens: 100 }))
    const silent = parseChatRequest(bytes(hello))
    expect([effectiveMaxTokens(asked, 4096), effectiveMaxTokens(silent, 4096), effectiveMaxTokens(silent, 64)]).toEqual(
      [100, defaultMaxTokens, 64],
    )
  })
})

describe('checkMaxTokens', () => {
  it('refuses what no answer can reach', () => {
    const absurd = parseChatRequest(bytes({ ...hello, max_tokens: 1e15 }))
    expect(refusal(() => checkMaxTokens(absurd, 512)).body.error.param).toBe('max_tokens')
    checkMaxTokens(parseChatRequest(bytes({ ...hello, max_tokens: 512 })), 512)
  })
})

function bytes(json: unknown): Uint8Array {
  return utf8ToBytes(JSON.stringify(json))
}

function refusal(work: () => unknown) {
  try {
    work()
  } catch (error) {
    expect(isKoinonError(error)).toBe(true)
    return toOpenAiError(error)
  }
  throw new Error('the request was accepted')
}
