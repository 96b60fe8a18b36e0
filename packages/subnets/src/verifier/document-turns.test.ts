import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { DocumentTurns, type TurnBounds } from './document-turns.ts'

const long = 'x'.repeat(16 * 2 ** 20)
const [stranger, honest, other] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const

let server: Server
const answers: IncomingMessage[] = []
afterEach(async () => {
  for (const answer of answers.splice(0)) answer.destroy()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** A server that believes what requests say of their address, and the order in which it served them. */
async function listen(bounds: Partial<TurnBounds>) {
  const turns = new DocumentTurns({
    ...{ atOnce: 2, perNetwork: 1, waitingPerNetwork: 4, waiting: 6, fetchMs: 60_000 },
    ...bounds,
  })
  const served: string[] = []
  server = createServer((request, response) => {
    const from = String(request.headers['x-from'])
    const sent = turns.take(from, response, async () => {
      served.push(from)
      response.end(request.url === '/long' ? long : 'short')
    })
    sent.catch((error) => response.writeHead(error.details.status).end(error.code))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  /** Resolves with the status when the answer begins; `fetch` reads it. */
  const ask = (from: string, path = '/short') =>
    new Promise<number>((resolve) => {
      const request = get({ port, path, headers: { 'x-from': from }, agent: false }, (answer) => {
        answers.push(answer)
        if (path === '/short') answer.resume()
        resolve(answer.statusCode ?? 0)
      })
      request.on('error', () => resolve(0))
    })
  return { ask, served }
}

describe('turns of those who ask for documents', () => {
  it('go to addresses that have none, and come when others do not fetch theirs', async () => {
    const { ask, served } = await listen({ fetchMs: 1_000 })
    await Promise.all([ask(stranger, '/long'), ask(stranger, '/long')])
    // Nobody waited, so it had both places; of those who wait now it is last.
    const waiting = [ask(stranger), ask(stranger), ask(honest), ask(other)]
    expect(await Promise.all(waiting)).toEqual([200, 200, 200, 200])
    expect(served.slice(0, 2)).toEqual([stranger, stranger])
    expect(served.indexOf(honest)).toBeLessThan(5)
    expect(served.lastIndexOf(stranger)).toBeGreaterThan(served.indexOf(honest))
  })

  it('are refused past what may wait, of one address and of all', async () => {
    const { ask } = await listen({})
    await Promise.all([ask(stranger, '/long'), ask(stranger, '/long')])
    const line = Array.from({ length: 6 }, () => ask(stranger))
    expect(await Promise.race(line)).toBe(503)
    const others = Array.from({ length: 4 }, () => ask(honest))
    expect(await Promise.race(others)).toBe(503)
    for (const answer of answers) answer.resume()
    const statuses = await Promise.all([...line, ...others])
    expect(statuses.filter((status) => status === 503)).toHaveLength(4)
  })

  it('are given on by those who went away', async () => {
    const { ask, served } = await listen({ atOnce: 1 })
    await ask(stranger, '/long')
    const gone = get({ port: (server.address() as AddressInfo).port, headers: { 'x-from': other }, agent: false })
    gone.on('error', () => undefined)
    await new Promise((resolve) => server.once('request', resolve))
    const patient = ask(honest)
    gone.destroy()
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (const answer of answers) answer.destroy()
    expect(await patient).toBe(200)
    expect(served).toEqual([stranger, honest])
  })
})
