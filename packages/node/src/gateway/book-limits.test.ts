import { once } from 'node:events'
import { get, type IncomingMessage, type ServerResponse } from 'node:http'
import { defaultHttpLimits, HttpListener, sendJson } from '@koinon/base/node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createBookLimits } from './book-limits.ts'

let listener: HttpListener
let url = ''
let sender = '192.0.2.1'
beforeAll(async () => {
  const isRefused = createBookLimits({ nowMs: () => 0 })
  const from = (request: IncomingMessage): IncomingMessage =>
    ({ url: request.url, socket: { remoteAddress: sender } }) as IncomingMessage
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isRefused(from(request), response)) sendJson(response, 200, {})
  }
  listener = new HttpListener({ host: '127.0.0.1', port: 0, limits: defaultHttpLimits, handle })
  url = `http://127.0.0.1:${await listener.start()}`
})
afterAll(() => listener.stop(100))

const ask = async (path: string): Promise<number> => (await fetch(`${url}${path}`)).status

/** With the target as it is written: `fetch` would make it plain. */
async function askRaw(path: string): Promise<number | undefined> {
  const sent = get({ host: '127.0.0.1', port: new URL(url).port, path })
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}

it('answers one network 600 times a minute of both books together, others and other paths still', async () => {
  const paths = ['/v1/agents?words=a', '/quotes/requests?kind=job']
  const answers = await Promise.all(Array.from({ length: 602 }, (_, place) => ask(paths[place % 2] as string)))
  expect(answers.filter((status) => status === 429)).toHaveLength(2)
  expect(await ask('/v1/agents')).toBe(429)
  expect(await ask('/v1/agentsmith')).toBe(200)
  expect(await askRaw('/./quotes/requests')).toBe(429)
  expect(await askRaw(`${url}/quotes/requests`)).toBe(429)
  sender = '198.51.100.1'
  expect(await ask('/quotes/requests')).toBe(200)
  sender = '127.0.0.1'
  expect(await ask('/v1/agents')).toBe(200)
})
