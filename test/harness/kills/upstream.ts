/** An OpenAI-compatible server that repeats what it is asked, a few words at a time, and counts. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export const echoModel = 'echo'
const words = 8

export type EchoServer = {
  readonly url: string
  /** How often each question was worked on. */
  readonly runs: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** `unit` draws how long an answer takes: up to `longestMs`. */
export async function startEchoServer(unit: () => number, longestMs: number): Promise<EchoServer> {
  const runs = new Map<string, number>()
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      response.end(JSON.stringify({ data: [{ id: echoModel, max_model_len: 4_096 }] }))
      return
    }
    let body = ''
    for await (const part of request) body += String(part)
    const { messages } = JSON.parse(body) as { readonly messages: readonly { readonly content: string }[] }
    const asked = messages.at(-1)?.content ?? ''
    runs.set(asked, (runs.get(asked) ?? 0) + 1)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const pauseMs = (unit() * longestMs) / words
    const send = (choice: object, more: object = {}): void =>
      void response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice }], ...more })}\n\n`)
    for (let word = 0; word < words; word++) {
      await delay(pauseMs)
      send({ delta: { content: word === 0 ? `did ${asked}` : ' and' } })
    }
    const usage = { prompt_tokens: 20, completion_tokens: words }
    send({ delta: {}, finish_reason: 'stop' }, { usage })
    response.end('data: [DONE]\n\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    runs,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
