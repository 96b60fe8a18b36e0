import { statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { KoinonError } from '@koinon/base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Home, homeAt } from '../home/home.ts'
import { temporaryHome } from '../testing/home.ts'
import { askSupervisor, ControlServer, controlSocketPath } from './control.ts'

let home: Home
let remove: () => void
let server: ControlServer
beforeEach(async () => {
  ;({ home, remove } = temporaryHome())
  server = new ControlServer(controlSocketPath(home), async (method, params) => {
    if (method === 'echo') return params
    throw new KoinonError({ code: 'test/unknown', message: `no ${method}`, hint: 'Ask for echo.' })
  })
  await server.start()
})
afterEach(async () => {
  await server.stop()
  remove()
})

/** Sends raw bytes; resolves with what came back until `lines` lines or the end. */
function raw(text: string, lines: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(controlSocketPath(home))
    let received = ''
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')))
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk
      if (received.split('\n').length > lines) socket.end()
    })
    socket.on('close', () => resolve(received.split('\n').filter((line) => line !== '')))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      /EPIPE|ECONNRESET/.test(String(error.code)) ? undefined : reject(error),
    )
    socket.write(text)
  })
}

describe('the control socket', () => {
  it('answers several clients at once, each its own', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => askSupervisor(home, 'echo', { n })))
    expect(answers).toEqual(Array.from({ length: 20 }, (_, n) => ({ n })))
    expect(statSync(controlSocketPath(home)).mode & 0o777).toBe(0o600)
  })

  it('carries errors over with code and hint', async () => {
    await expect(askSupervisor(home, 'stop-the-world')).rejects.toMatchObject({
      code: 'test/unknown',
      hint: 'Ask for echo.',
    })
  })

  it('answers bad lines with an error and goes on with the next', async () => {
    const answers = await raw('{not json\nnull\n[]\n{"method":"echo","params":1}\n', 4)
    const parsed = answers.map((line) => JSON.parse(line) as { result?: unknown; error?: { code: string } })
    expect(parsed.filter(({ error }) => error !== undefined)).toHaveLength(3)
    expect(parsed.filter(({ result }) => result === 1)).toHaveLength(1)
  })

  it('cuts off who sends a line without an end, and still serves others', async () => {
    expect(await raw('x'.repeat(1_100_000), 1)).toEqual([])
    expect(await askSupervisor(home, 'echo', 'still here')).toBe('still here')
  })

  it('is taken over from a supervisor that was killed', async () => {
    const next = new ControlServer(controlSocketPath(home), async () => 'next')
    await next.start()
    expect(await askSupervisor(home, 'who')).toBe('next')
    await next.stop()
  })

  it('says so when nothing runs', async () => {
    await server.stop()
    await expect(askSupervisor(home, 'echo')).rejects.toMatchObject({ code: 'node/not-running', retry: 'later' })
  })

  it('stays short enough for the system in a home with a long path', () => {
    const long = homeAt(join('/tmp', 'x'.repeat(120)))
    expect(controlSocketPath(long).length).toBeLessThanOrEqual(100)
    expect(controlSocketPath(long)).toBe(controlSocketPath(long))
  })
})
