import type { ErrorJson } from '@koinon/base'
import type { RoleConfig, RoleInfo } from '../roles/role-config.ts'

/** From the supervisor to a role process. */
export type ToRole =
  | { readonly type: 'start'; readonly config: RoleConfig }
  | { readonly type: 'stop' }
  | { readonly type: 'reply'; readonly id: number; readonly result?: unknown; readonly error?: ErrorJson }

/** From a role process to the supervisor. */
export type FromRole =
  | { readonly type: 'ready'; readonly info: RoleInfo }
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'failed'; readonly error: ErrorJson }
  | { readonly type: 'alive'; readonly rssBytes: number; readonly cpuSeconds: number }
  | { readonly type: 'ask'; readonly id: number; readonly method: string; readonly params: unknown }

export const aliveIntervalMs = 2_000
/** A role that says nothing for this long is taken for dead. Long replays and commits run off the event loop. */
export const silentAfterMs = 30_000
