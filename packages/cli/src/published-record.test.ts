import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sha256Hex } from '@koinon/base'
import { afterEach, describe, expect, it } from 'vitest'
import { openPublishedRecord } from './published-record.ts'

const limits = { logBytes: 1_000, answerBytes: 200, totalBytes: 1_500, answers: 3, requestMs: 300, totalMs: 900 }
const hash = sha256Hex('an answer')
const place = { netuid: 2, epoch: 7 }
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

describe('openPublishedRecord', () => {
  it('reads log and answers below a path, and says which answers are not there', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/base/v1/evidence-log/2/7') return response.end('{"v":1}')
      if (request.url === '/base/v1/evidence-log/2/6') return response.end('{"v":1,"epoch":6}')
      if (request.url === `/base/v1/answers/2/${hash}`) return response.end('{"text":"an answer"}')
      response.writeHead(404).end()
    })
    const record = await openPublishedRecord(`${url}/base/`, place, limits)
    expect(await record.before()).toEqual({ v: 1, epoch: 6 })
    expect(record.log).toEqual({ v: 1 })
    expect(await record.answer(hash)).toBe('an answer')
    expect(await record.answer(sha256Hex('other'))).toBeUndefined()
    await expect(openPublishedRecord(url, place, limits)).rejects.toMatchObject({ code: 'subnets/no-record' })
  })

  it.each([
    ['a log that does not end', endless, 'subnets/record-bounds'],
    [
      'a log of another server',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'node/unreachable',
    ],
    ['a log that never comes', () => undefined, 'node/unreachable'],
    ['a log that trickles', trickle, 'node/unreachable'],
    ['what is no JSON', (_, response) => response.end('<html>'), 'node/not-json'],
    ['a server with trouble', (_, response) => response.writeHead(500).end('{}'), 'node/unreachable'],
  ] as readonly (readonly [string, RequestListener, string])[])('gives up on %s', async (_, listener, code) => {
    await expect(openPublishedRecord(await serve(listener), place, limits)).rejects.toMatchObject({ code })
  })

  it('reads no more answers, bytes and seconds than it may', async () => {
    const small = await openPublishedRecord(await serve(answering('{"text":"x"}')), place, limits)
    for (let count = 0; count < limits.answers; count++) expect(await small.answer(hash)).toBe('x')
    await expect(small.answer(hash)).rejects.toThrow(/names more than 3 answers/)

    const large = await openPublishedRecord(await serve(answering(JSON.stringify({ text: 'x'.repeat(900) }))), place, {
      ...limits,
      answerBytes: 1_000,
    })
    expect(await large.answer(hash)).toHaveLength(900)
    await expect(large.answer(hash)).rejects.toThrow(/more than 1500 bytes in all/)

    const long = await openPublishedRecord(
      await serve(answering(JSON.stringify({ text: 'x'.repeat(300) }))),
      place,
      limits,
    )
    await expect(long.answer(hash)).rejects.toMatchObject({ code: 'node/too-large' })

    const slow = await openPublishedRecord(await serve(answering(undefined)), place, limits)
    await expect(slow.answer(hash)).rejects.toMatchObject({ code: 'node/unreachable' })
    await expect(slow.answer(hash)).rejects.toMatchObject({ code: 'node/unreachable' })
    await expect(slow.answer(hash)).rejects.toThrow(/longer than 0\.9 s in all/)
  })

  it.each(['ftp://host', 'http://user:word@host', 'http://host/?a=b', 'http://'])('refuses %s', async (address) => {
    await expect(openPublishedRecord(address, place, limits)).rejects.toMatchObject({ code: 'usage/bad-url' })
  })
})

function answering(body: string | undefined): RequestListener {
  return (request, response) => {
    if (request.url?.startsWith('/v1/evidence-log/') === true) response.end('{}')
    else if (body !== undefined) response.end(body)
  }
}

function endless(_: unknown, response: Parameters<RequestListener>[1]): void {
  const more = (): boolean => response.write('x'.repeat(10_000), (error) => void (error ? undefined : more()))
  more()
}

function trickle(_: unknown, response: Parameters<RequestListener>[1]): void {
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
