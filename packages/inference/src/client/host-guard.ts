import type { IncomingMessage } from 'node:http'
import { KoinonError } from '@koinon/base'
import { isLoopbackHost } from '@koinon/base/node'
import { openAiError } from '../rules/openai-error.ts'

export type HostGuardOptions = {
  /** Further host names (with port where it is not the default) under which the gateway may be reached. */
  readonly hosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

/**
 * Refuses requests whose Host is not ours, so that a foreign page whose name was pointed at this machine (DNS rebinding) gets
 * nothing; and requests of foreign origins unless they are allowed.
 */
export class HostGuard {
  readonly #hosts: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>

  constructor(options: HostGuardOptions) {
    this.#hosts = new Set(options.hosts.map((host) => host.toLowerCase()))
    this.#origins = new Set(options.allowedOrigins)
  }

  /** Throws `gateway/wrong-host` (421). */
  checkHost(request: IncomingMessage): void {
    const host = (request.headers.host ?? '').toLowerCase()
    if (this.#hosts.has(host) || isLoopbackHost(host)) return
    throw new KoinonError({
      code: 'gateway/wrong-host',
      message: `This gateway does not answer to the host name "${host.slice(0, 100)}"`,
      hint: `Use the address that it was started with (--host): ${[...this.#hosts].join(' or ')}.`,
      details: { status: 421 },
    })
  }

  /** Headers that let the page of an allowed origin read the answer. Throws 403 for any other foreign origin. */
  corsHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
    const { origin, host } = request.headers
    if (origin === undefined || originHost(origin) === host?.toLowerCase()) return {}
    if (!this.#origins.has(origin)) {
      throw openAiError({
        status: 403,
        code: 'origin_not_allowed',
        message: `Pages of ${origin.slice(0, 100)} may not call this gateway: only its own page and programs may.`,
      })
    }
    return {
      'access-control-allow-origin': origin,
      vary: 'origin',
      'access-control-expose-headers':
        'x-koinon-receipt, x-koinon-provider, x-request-id, retry-after, payment-required, payment-response, payment-receipt, www-authenticate',
    }
  }

  /** Headers of the answer to a preflight request. */
  preflightHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
    return {
      ...this.corsHeaders(request),
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': String(
        request.headers['access-control-request-headers'] ?? 'authorization, content-type',
      ),
      'access-control-max-age': '600',
    }
  }
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
