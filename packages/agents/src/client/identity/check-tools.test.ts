import { fail, pass } from '@koinon/work'
import { describe, expect, it } from 'vitest'
import { pricedTools, sampleOf, toolCheck } from './check-tools.ts'

const dollar = `0x${'d0'.repeat(20)}`
const view = { network: { chainId: 7, contracts: { dollar } } } as unknown as Parameters<typeof toolCheck>[0]
const endpoint = 'https://agent.example/openapi.json'
const document = (more: object = {}) => ({
  openapi: '3.1.0',
  servers: [{ url: 'https://agent.example' }],
  paths: {
    '/services/free': { post: { responses: { '200': {} } } },
    '/services/words': {
      post: {
        requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
        responses: { '402': { description: 'Costs 0.002 dollars' } },
      },
    },
  },
  ...more,
})
const answer = (status: number) => ({ url: endpoint, status, headers: {}, body: new Uint8Array() })
const term = (amount: unknown, more: object = {}) => ({ network: 'eip155:7', asset: dollar, amount, ...more })
const tool = { name: 'words', url: 'https://agent.example/services/words', priceDollars: '0.002' }

describe('priced services of a listing', () => {
  it('are those of its OpenAPI document that answer 402', () => {
    expect(pricedTools(endpoint, document())).toEqual([{ ...tool, input: { type: 'object' } }])
  })

  it('are never at another origin, and no more than eight', () => {
    expect(pricedTools(endpoint, document({ servers: [{ url: 'https://victim.example' }] }))).toEqual([])
    const paid = { post: { responses: { '402': {} } } }
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`/s/${index}`, paid]))
    expect(pricedTools(endpoint, document({ paths: many }))).toHaveLength(8)
    expect(
      pricedTools(endpoint, document({ paths: { '//victim.example/x': paid, '@victim.example/': paid } })),
    ).toEqual([expect.objectContaining({ url: 'https://agent.example//victim.example/x' })])
  })

  it.each([undefined, {}, { openapi: 3 }, { openapi: '3', paths: [] }, { openapi: '3', paths: { x: null } }])(
    'are none of %j',
    (json) => {
      expect(pricedTools(endpoint, json as never)).toEqual([])
    },
  )
})

describe('toolCheck', () => {
  const judged = (accepts: readonly object[] | undefined, of = tool) =>
    toolCheck(view, of, answer(402), () => ({
      check: pass('x402', 'fine'),
      demand: accepts === undefined ? undefined : { accepts: accepts as never },
    }))

  it('passes who asks for what is listed', () => {
    const { state, detail } = judged([term('2000'), term('2000', { scheme: 'exact' })])
    expect([state, detail]).toEqual(['pass', 'words asks for 0.002 dollars, as its listing says; nothing was paid'])
  })

  it('fails who asks for more, in any of its terms, or for nothing', () => {
    expect(judged([term('2000'), term('2001')])).toMatchObject({
      state: 'fail',
      detail: 'words asks for 0.002001 dollars, and its listing says 0.002',
    })
    const free = toolCheck(view, tool, answer(200), () => expect.fail('nothing was asked for'))
    expect(free).toMatchObject({ state: 'fail', detail: expect.stringContaining('answers 200') })
    expect(toolCheck(view, tool, 'no answer', () => expect.fail('nothing was asked for')).state).toBe('fail')
    const unread = () => ({ check: fail('x402', 'not to the wallet'), demand: { accepts: [] } })
    expect(toolCheck(view, tool, answer(402), unread)).toMatchObject({
      state: 'fail',
      detail: 'words: not to the wallet',
    })
  })

  it('judges no price that it cannot compare', () => {
    expect(judged(undefined).state).toBe('notChecked')
    expect(judged([term('2000', { network: 'eip155:8' })]).state).toBe('notChecked')
    expect(judged([term('2000', { asset: `0x${'d1'.repeat(20)}` })]).state).toBe('notChecked')
    expect(judged([term('-1')]).state).toBe('notChecked')
    const { name, url } = tool
    expect(judged([term('2000')], { name, url } as typeof tool)).toMatchObject({ state: 'notChecked' })
  })
})

it('makes the least that a schema takes', () => {
  const schema = {
    type: 'object',
    required: ['text', 'count', 'kind', 'deep'],
    properties: {
      text: { type: 'string' },
      count: { type: 'integer' },
      kind: { enum: ['a', 'b'] },
      deep: { type: 'object', required: ['yes'], properties: { yes: { type: 'boolean' } } },
      left: { type: 'string' },
    },
  }
  expect(sampleOf(schema)).toEqual({ text: 'a call that checks a listing', count: 1, kind: 'a', deep: { yes: true } })
  expect(sampleOf(undefined)).toEqual({})
})

it('keeps the bounds of a schema: a forecast of no values would be refused, and the listing with it', () => {
  const array = (minItems: unknown) => ({ type: 'array', minItems, items: { type: 'number', minimum: 3 } })
  expect(sampleOf(array(2))).toEqual([3, 3])
  expect(sampleOf(array('many'))).toEqual([])
  expect(JSON.stringify(sampleOf({ ...array(1e9), items: array(1e9) })).length).toBeLessThan(8_000)
  expect(sampleOf({ type: 'integer', exclusiveMinimum: 4, maximum: 9 })).toBe(5)
  expect(sampleOf({ type: 'number', maximum: 0.5 })).toBe(0.5)
  expect(sampleOf({ type: 'string', maxLength: 6 })).toBe('a call')
  expect(sampleOf({ type: 'string', minLength: 1e9 })).toHaveLength(1_000)
})

it('makes a sample of bounded size of any schema, and keeps no long one', () => {
  const nested = (depth: number): object =>
    depth === 0
      ? {}
      : { required: ['a', ...Array.from({ length: 60 }, (_, at) => `a${at}`)], properties: { a: nested(depth - 1) } }
  expect(JSON.stringify(sampleOf(nested(9))).length).toBeLessThan(8_000)
  expect(sampleOf({ required: Array.from({ length: 64 }, () => 'a') })).toEqual({ a: {} })
  const paths = document().paths
  const words = paths['/services/words'].post
  const schema = { required: Array.from({ length: 600 }, (_, at) => `name${at}`) }
  const post = { ...words, requestBody: { content: { 'application/json': { schema } } } }
  expect(pricedTools(endpoint, document({ paths: { '/services/words': { post } } }))).toEqual([tool])
})
