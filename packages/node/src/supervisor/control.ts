/** The control socket of a running supervisor: one JSON request a line, one JSON reply a line, owner only (0600 in a 0700 folder). */
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, type Stats } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type ErrorJson, errorFromJson, errorToJson, KoinonError, sha256Hex } from '@koinon/base'
import type { Home } from '../home/home.ts'
import { runningSupervisor } from '../home/lock.ts'

const maximumLineBytes = 1024 * 1024
const replyTimeoutMs = 120_000
const lastWordsMs = 1_000
/** sun_path holds about 104 bytes on the systems we know. */
const maximumSocketPath = 100

export type ControlHandler = (method: string, params: unknown) => Promise<unknown>

/** Where a home's supervisor listens. Long homes get a short name in a private folder below the temporary one. */
export function controlSocketPath(home: Home): string {
  const name = sha256Hex(home.path).slice(2, 18)
  if (process.platform === 'win32') return `\\\\.\\pipe\\koinon-${name}`
  const below = (folder: string): string => join(folder, `koinon-${process.getuid?.() ?? 'user'}`, `${name}.sock`)
  const candidates = [join(home.run, 'control.sock'), below(tmpdir())]
  return candidates.find((path) => path.length <= maximumSocketPath) ?? below('/tmp')
}

/**
 * Whoever may write into a socket's folder can put a socket of his own there and be asked instead of the supervisor. Throws
 * `node/unsafe-socket` unless the folder is a real one, ours, and closed to everybody else.
 */
function requirePrivateFolder(folder: string): void {
  if (process.platform === 'win32') return
  const found: Stats = lstatSync(folder)
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0) return
  throw new KoinonError({
    code: 'node/unsafe-socket',
    message: `The folder ${folder} of the control socket is open to other users of this machine`,
    hint: `Remove it if nothing of yours is in it, or choose a home with a shorter path (--home DIR).`,
  })
}

/** Makes the folder if it is missing and closes it if it is ours. Throws `node/unsafe-socket` when it is not. */
function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (found.isDirectory() && found.uid === process.getuid?.()) chmodSync(folder, 0o700)
  requirePrivateFolder(folder)
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

  /** Throws `node/unsafe-socket` when others could reach the socket's folder. */
  async start(): Promise<void> {
    if (process.platform !== 'win32') makePrivateFolder(dirname(this.#path))
    rmSync(this.#path, { force: true })
    const server = createServer((socket) => this.#serve(socket))
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#path, resolve)
    })
    if (process.platform !== 'win32') chmodSync(this.#path, 0o600)
  }

  /** Answers that are ready still go out: whoever asked for the end must hear that it comes. Who does not read is cut off. */
  async stop(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    for (const socket of this.#sockets) socket.destroySoon()
    const cut = setTimeout(() => this.#sockets.forEach((socket) => void socket.destroy()), lastWordsMs)
    await new Promise<void>((resolve) => (this.#server === undefined ? resolve() : this.#server.close(() => resolve())))
    clearTimeout(cut)
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

/** Asks the supervisor of a home. Throws `node/not-running` when none answers, `node/unsafe-socket` when a stranger might. */
export async function askSupervisor<result>(home: Home, method: string, params: unknown = {}): Promise<result> {
  // The supervisor's own record: it may have had another temporary folder.
  const path = runningSupervisor(home)?.controlSocket ?? controlSocketPath(home)
  const folder = dirname(path)
  if (existsSync(folder)) requirePrivateFolder(folder)
  return new Promise((resolve, reject) => {
    const socket = connect(path)
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
