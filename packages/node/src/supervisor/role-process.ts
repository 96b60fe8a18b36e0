/** The child's side: receives its configuration, starts the role, says that it is alive, and ends with its parent. */
import { errorFromJson, errorToJson, KoinonError } from '@koinon/base'
import type { RoleConfig, RoleInfo } from '../roles/role-config.ts'
import { aliveIntervalMs, type FromRole, type ToRole } from './role-messages.ts'

export type RunningRole = { readonly info: RoleInfo; stop(): Promise<void> }

export type RoleContext = {
  /** Shown to the person who starts the network. */
  progress(text: string): void
  /** Shown in the status until another one or the process's end: what its owner has to look at. Empty: no longer. */
  notice(text: string): void
  /** Asks the supervisor; see `LocalOperator` for what it answers. */
  ask<result>(method: string, params: unknown): Promise<result>
}

const askTimeoutMs = 120_000
const orphanGraceMs = 2_000

/** Runs one role in this process until the supervisor says stop or goes away. */
export function runRole(startRole: (config: RoleConfig, context: RoleContext) => Promise<RunningRole>): void {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let nextId = 1
  let running: Promise<RunningRole> | undefined

  const context: RoleContext = {
    progress: (text) => tell({ type: 'progress', text }),
    notice: (text) => tell({ type: 'notice', text }),
    ask: (method, params) =>
      new Promise((resolve, reject) => {
        const id = nextId++
        const timer = setTimeout(() => {
          waiting.delete(id)
          reject(
            new KoinonError({
              code: 'node/no-reply',
              message: `The supervisor did not answer ${method}`,
              retry: 'unknown',
            }),
          )
        }, askTimeoutMs)
        waiting.set(id, {
          resolve: (value) => {
            clearTimeout(timer)
            resolve(value as never)
          },
          reject: (error) => {
            clearTimeout(timer)
            reject(error)
          },
        })
        tell({ type: 'ask', id, method, params })
      }),
  }

  process.on('message', (message: ToRole) => {
    if (message.type === 'start') {
      running = start(message.config)
      running.catch(() => undefined)
    } else if (message.type === 'stop') void stop(0)
    else {
      const waiter = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.error === undefined) waiter?.resolve(message.result)
      else waiter?.reject(errorFromJson(message.error))
    }
  })
  process.on('disconnect', () => {
    // The supervisor is gone: whoever starts the home again must find its ports free soon.
    setTimeout(() => process.exit(1), orphanGraceMs).unref()
    void stop(0)
  })
  // Ctrl-C reaches the whole group; only the supervisor decides the order in which roles stop.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  const pulse = setInterval(() => {
    const { user, system } = process.cpuUsage()
    tell({ type: 'alive', rssBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 })
  }, aliveIntervalMs)

  async function start(config: RoleConfig): Promise<RunningRole> {
    try {
      const role = await startRole(config, context)
      tell({ type: 'ready', info: role.info })
      return role
    } catch (error) {
      tell({ type: 'failed', error: errorToJson(error) })
      process.stderr.write(
        `${JSON.stringify({ level: 60, time: Date.now(), msg: 'failed to start', error: errorToJson(error), stack: (error as Error).stack })}\n`,
      )
      setTimeout(() => process.exit(1), 200).unref()
      throw error
    }
  }

  let isStopping = false
  async function stop(code: number): Promise<void> {
    if (isStopping) return
    isStopping = true
    clearInterval(pulse)
    try {
      await (await running)?.stop()
    } catch (error) {
      process.stderr.write(
        `${JSON.stringify({ level: 50, time: Date.now(), msg: 'failed to stop cleanly', error: errorToJson(error) })}\n`,
      )
    }
    process.exit(code)
  }
}

function tell(message: FromRole): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}
