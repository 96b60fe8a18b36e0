import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { boundConnections } from './connections.ts'

const whole = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'
const unfinished = 'GET / HTTP/1.1\r\nhost: a\r\nx-'
const unfinishedBody = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{'
const [stranger, other, here] = ['192.0.2.1', '192.0.2.2', '127.0.0.1'] as const

let server: Server
const clients: Socket[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await new Promise((resolve) => server.close(resolve))
})

/** A server that believes what its next connection says of its address. */
async function listen(bounds: { maximum: number; perNetwork: number }, handle: RequestListener) {
  let address = ''
  server = createServer(handle)
  boundConnections(server, bounds, () => address)
  await new Promise<void>((resolve) => server.listen(0, here, resolve))
  /** Connects from an address and sends what it has to say; gives the socket when the server knows of it. */
  return async (from: string, text: string): Promise<Socket> => {
    address = from
    const known = new Promise((resolve) => server.once('connection', resolve))
    const client = connect((server.address() as AddressInfo).port, here)
    client.on('error', () => undefined)
    clients.push(client)
    await known
    client.write(text)
    return client
  }
}

/** The first line of what comes back; empty when the connection is ended without an answer. */
function answerTo(client: Socket): Promise<string> {
  return new Promise((resolve) => {
    if (client.destroyed) resolve('')
    client.once('data', (data) => resolve(data.toString().split('\r\n')[0] as string))
    client.once('close', () => resolve(''))
  })
}

const isOpen = (client: Socket): Promise<boolean> => {
  client.write('a: b\r\n\r\n')
  return answerTo(client).then((line) => line !== '')
}
const ok: RequestListener = (_, response) => void response.end('ok')

describe('connections of a server', () => {
  it('past the bound of a network end its own oldest, whichever of its addresses they are from', async () => {
    const open = await listen({ maximum: 100, perNetwork: 2 }, ok)
    const neighbour = await open('2001:db8:0:2::1', unfinished)
    const [first, second] = [await open('2001:db8:0:1::1', unfinished), await open('2001:db8:0:1:9::2', unfinished)]
    expect(await answerTo(await open('2001:db8:0:1::3', whole))).toBe('HTTP/1.1 200 OK')
    expect(await Promise.all([first, second, neighbour].map(isOpen))).toEqual([false, true, true])
  })

  it('of this machine have no bound of their own', async () => {
    const open = await listen({ maximum: 100, perNetwork: 2 }, ok)
    const held = []
    for (const from of [here, '::1', '::ffff:127.0.0.1', here]) held.push(await open(from, unfinished))
    expect(await Promise.all(held.map(isOpen))).toEqual([true, true, true, true])
  })

  it('that are full make room at the expense of who holds most, and of this machine last', async () => {
    const open = await listen({ maximum: 4, perNetwork: 3 }, ok)
    const held = []
    for (const from of [here, other, stranger, stranger]) held.push(await open(from, unfinished))
    const newest = [await open(other, unfinished), await open('192.0.2.3', unfinished)]
    // Of the two strangers' the older went first, of the two others' then the older.
    const [local, ofOther, older, newer] = await Promise.all(held.map(isOpen))
    expect([local, ofOther, older, newer]).toEqual([true, false, false, true])
    expect(await Promise.all(newest.map(isOpen))).toEqual([true, true])
  })

  it('end those that are idle, that send half a body and that do not fetch their answer', async () => {
    const finished: Promise<unknown>[] = []
    const open = await listen({ maximum: 3, perNetwork: 3 }, (request, response) => {
      finished.push(new Promise((resolve) => response.once('close', resolve)))
      if (request.method === 'GET') response.end(request.url === '/long' ? Buffer.alloc(64 << 20) : 'ok')
    })
    const idle = await open(stranger, whole)
    await answerTo(idle)
    const half = await open(stranger, unfinishedBody)
    const begun = new Promise((resolve) => server.once('request', resolve))
    const slow = (await open(stranger, whole.replace('/', '/long'))).pause()
    await begun
    const ended = [idle, half].map((client) => new Promise((resolve) => client.once('close', () => resolve('ended'))))
    for (let count = 0; count < 3; count++) expect(await answerTo(await open(other, whole))).toBe('HTTP/1.1 200 OK')
    expect(await Promise.all(ended)).toEqual(['ended', 'ended'])
    await finished[1]
    slow.destroy()
  })

  it('are cut where all others are at work', async () => {
    let release: () => void = () => undefined
    const open = await listen({ maximum: 2, perNetwork: 2 }, (_, response) => {
      const before = release
      release = () => {
        before()
        response.end('done')
      }
    })
    const working = []
    for (const from of [stranger, here]) {
      const begun = new Promise((resolve) => server.once('request', resolve))
      working.push(await open(from, whole))
      await begun
    }
    expect(await answerTo(await open(other, whole))).toBe('')
    const answers = working.map(answerTo)
    release()
    expect(await Promise.all(answers)).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK'])
  })
})
