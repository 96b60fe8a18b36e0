import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
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

  it('answers whoever asks for the end before it ends', async () => {
    const path = join(home.path, 'ending.sock')
    const ending = new ControlServer(path, async () => {
      ended = ending.stop()
      return {}
    })
    let ended: Promise<void> | undefined
    await ending.start()
    const socket = connect(path)
    let received = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk
    })
    const closed = new Promise((resolve) => socket.setTimeout(20_000, () => socket.destroy()).on('close', resolve))
    socket.write('{"method":"stop"}\n')
    await closed
    expect(received).toBe('{"result":{}}\n')
    await ended
  })

  it('ends although somebody does not read the answer', async () => {
    const path = join(home.path, 'unread.sock')
    const ending = new ControlServer(path, async () => 'x'.repeat(8_000_000))
    await ending.start()
    const socket = connect(path)
    const asked = new Promise((resolve) => socket.once('connect', () => socket.write('{"method":"any"}\n', resolve)))
    socket.pause().on('error', () => undefined)
    await asked
    await ending.stop()
    socket.destroy()
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
})

describe('the control socket of a home with a long path', () => {
  let folder: string
  let temporary: string | undefined
  beforeEach(() => {
    folder = mkdtempSync('/tmp/koinon-tmp-')
    temporary = process.env['TMPDIR']
    process.env['TMPDIR'] = folder
  })
  afterEach(() => {
    if (temporary === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = temporary
    rmSync(folder, { recursive: true, force: true })
  })
  const long = homeAt(join('/tmp', 'x'.repeat(120)))
  const listen = async () => {
    const control = new ControlServer(controlSocketPath(long), async () => 'ours')
    await control.start()
    return control
  }

  it('has a short name in a folder of its owner alone', async () => {
    const path = controlSocketPath(long)
    expect(path).toBe(controlSocketPath(long))
    expect(path.startsWith(`${folder}/koinon-${process.getuid?.()}/`)).toBe(true)
    const control = await listen()
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
    expect(await askSupervisor(long, 'who')).toBe('ours')
    await control.stop()
  })

  it('stays short where the temporary folder is long, too', () => {
    process.env['TMPDIR'] = join(folder, 'y'.repeat(90))
    expect(controlSocketPath(long).length).toBeLessThanOrEqual(100)
  })

  it('closes a folder of its owner that stood open, and is not asked through one', async () => {
    const path = controlSocketPath(long)
    mkdirSync(dirname(path), { mode: 0o700 })
    chmodSync(dirname(path), 0o777)
    await expect(askSupervisor(long, 'who')).rejects.toMatchObject({ code: 'node/unsafe-socket' })
    const control = await listen()
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
    expect(await askSupervisor(long, 'who')).toBe('ours')
    await control.stop()
  })

  it('neither listens nor asks in a folder that a stranger put there first', async () => {
    const path = controlSocketPath(long)
    const trap = join(folder, 'trap')
    mkdirSync(trap, { mode: 0o700 })
    symlinkSync(trap, dirname(path))
    await expect(listen()).rejects.toMatchObject({ code: 'node/unsafe-socket' })
    await expect(askSupervisor(long, 'who')).rejects.toMatchObject({ code: 'node/unsafe-socket' })
    rmSync(dirname(path))
    if (process.getuid?.() !== 0) return
    mkdirSync(dirname(path), { mode: 0o700 })
    chownSync(dirname(path), 65_534, 65_534)
    await expect(listen()).rejects.toMatchObject({ code: 'node/unsafe-socket' })
    await expect(askSupervisor(long, 'who')).rejects.toMatchObject({ code: 'node/unsafe-socket' })
  })
})
