/** The control socket of a running supervisor: one JSON request a line, one JSON reply a line, owner only (0600 in a 0700 folder). */
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ErrorJson, errorFromJson, errorToJson, KoinonError, sha256Hex } from '@koinon/base'
import type { Home } from '../home/home.ts'

const maximumLineBytes = 1024 * 1024
const replyTimeoutMs = 120_000
/** sun_path holds about 104 bytes on the systems we know. */
const maximumSocketPath = 100

export type ControlHandler = (method: string, params: unknown) => Promise<unknown>

/** Where a home's supervisor listens. Long homes get a short name in the temporary folder. */
export function controlSocketPath(home: Home): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\koinon-${sha256Hex(home.path).slice(2, 18)}`
  const path = join(home.run, 'control.sock')
  return path.length <= maximumSocketPath ? path : join(tmpdir(), `koinon-${sha256Hex(home.path).slice(2, 18)}.sock`)
}

export class ControlServer {
  readonly #path: string
  readonly #handler: ControlHandler
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  constructor(path: string, handler: ControlHandler) {
    this.#path = path
    this.#handler = handler
  }

  async start(): Promise<void> {
    rmSync(this.#path, { force: true })
    const server = createServer((socket) => this.#serve(socket))
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#path, resolve)
    })
    if (process.platform !== 'win32') chmodSync(this.#path, 0o600)
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => (this.#server === undefined ? resolve() : this.#server.close(() => resolve())))
    rmSync(this.#path, { force: true })
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let buffered = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      buffered += chunk
      if (buffered.length > maximumLineBytes) return socket.destroy()
      const lines = buffered.split('\n')
      buffered = lines.pop() as string
      for (const line of lines) void this.#answer(line).then((reply) => socket.writable && socket.write(`${reply}\n`))
    })
  }

  async #answer(line: string): Promise<string> {
    try {
      const { method, params } = JSON.parse(line) as { method: string; params: unknown }
      return JSON.stringify({ result: (await this.#handler(method, params)) ?? null })
    } catch (error) {
      return JSON.stringify({ error: errorToJson(error) })
    }
  }
}

/** Asks the supervisor of a home. Throws `node/not-running` when none answers. */
export function askSupervisor<result>(home: Home, method: string, params: unknown = {}): Promise<result> {
  return new Promise((resolve, reject) => {
    const socket = connect(controlSocketPath(home))
    const timer = setTimeout(() => fail('base/deadline', `The supervisor did not answer ${method}`), replyTimeoutMs)
    const fail = (code: string, message: string): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(new KoinonError({ code, message, hint: 'Start the network with "koinon up".', retry: 'later' }))
    }
    let buffered = ''
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(`${JSON.stringify({ method, params })}\n`))
    socket.on('error', () => fail('node/not-running', `Nothing runs on the home ${home.path}`))
    socket.on('data', (chunk: string) => {
      buffered += chunk
      if (!buffered.includes('\n')) return
      clearTimeout(timer)
      socket.end()
      const reply = JSON.parse(buffered) as { result?: result; error?: ErrorJson }
      if (reply.error === undefined) resolve(reply.result as result)
      else reject(errorFromJson(reply.error))
    })
    socket.on('end', () => buffered.includes('\n') || fail('node/not-running', 'The supervisor went away'))
  })
}
