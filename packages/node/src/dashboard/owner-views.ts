/** What a gateway's page tells its owner, for the owner's programs: with the token of the gateway process where it runs on this home. */

import { KoinonError } from '@koinon/base'
import type { Home } from '../home/home.ts'
import { runningSupervisor } from '../home/lock.ts'
import { networkOf } from '../home/network-of.ts'
import { askSupervisor } from '../supervisor/control.ts'
import { requestJson } from '../wallet/request-json.ts'

export type OwnerViews = {
  /** Whether this home's own gateway is asked, and tells what is its owner's alone. */
  readonly isOwner: boolean
  /** Throws `gateway/unreachable` and what the gateway answers. */
  get<answer>(path: string): Promise<answer>
}

/** Throws `node/no-network`, `node/no-gateway`. */
export async function openOwnerViews(home: Home): Promise<OwnerViews> {
  const { gatewayUrl } = networkOf(home)
  if (gatewayUrl === undefined) {
    throw new KoinonError({
      code: 'node/no-gateway',
      message: 'The network file names no gateway',
      hint: 'Join through a gateway: koinon join <gateway URL>.',
    })
  }
  const localToken = runningSupervisor(home) === undefined ? '' : await tokenOf(home)
  return {
    isOwner: localToken !== '',
    get: (path) =>
      requestJson(`${gatewayUrl}${path}`, {
        method: 'GET',
        ...(localToken === '' ? {} : { headers: { 'x-koinon-local': localToken } }),
      }),
  }
}

/** Empty where the supervisor has no gateway of its own. */
async function tokenOf(home: Home): Promise<string> {
  const answer = await askSupervisor<{ readonly localToken: string }>(home, 'page.token').catch(() => undefined)
  return answer?.localToken ?? ''
}
