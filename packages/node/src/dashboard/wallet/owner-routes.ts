/** What the owner of a local network does from the page. Every answer needs the local token but those that give it for a code and say whether it holds. */
import type { Clock, Hex } from '@koinon/base'
import type { KeyRegistry } from '@koinon/inference/client'
import type { NetworkFile } from '@koinon/ledger'
import type { ChannelBook, ReceiptArchive } from '@koinon/payments/core'
import type { CommandStyle, CreatedKeyJson, PageSessionJson, SessionJson } from '@koinon/work/dashboard'
import type { StoredApiKey } from '../../home/api-keys.ts'
import type { IndexClient } from '../index-client.ts'
import { hasLocalToken, requireOwnPage } from '../local-guard.ts'
import { type Route, readJson } from '../route.ts'
import { walletJson } from './wallet-json.ts'

export type OwnerRouteSources = {
  readonly network: NetworkFile
  readonly config: { readonly isLocal: boolean; readonly command?: CommandStyle }
  readonly localToken: string
  readonly keys: KeyRegistry
  readonly book: ChannelBook
  readonly archive: ReceiptArchive
  readonly index: IndexClient
  readonly clock: Clock
  readonly ask: <result>(method: string, params: unknown) => Promise<result>
  readonly refreshChannel: (channelId: Hex) => Promise<unknown>
}

type OwnerSession = Pick<PageSessionJson, 'account' | 'home'> & { readonly apiKeys: readonly StoredApiKey[] }

/** `/api/session` and `/api/wallet...`. */
export function ownerRoutes(sources: OwnerRouteSources): readonly Route[] {
  const { network, config, localToken, keys, ask, refreshChannel } = sources
  const { isLocal, command = { program: 'koinon' } } = config
  return [
    {
      method: 'POST',
      path: /^\/api\/session$/,
      access: 'local',
      answer: async (request) => {
        const { code } = await readJson(request)
        await ask('page.redeem', { code })
        return { localToken }
      },
    },
    {
      method: 'GET',
      path: /^\/api\/session$/,
      access: 'open',
      answer: async (request): Promise<SessionJson> => {
        if (!isLocal) return { isSignedIn: false }
        requireOwnPage(request)
        if (!hasLocalToken(request, localToken)) return { isSignedIn: false, program: command.program }
        const { apiKeys, account, home } = await ask<OwnerSession>('session', {})
        const apiKey = apiKeys.find((key) => key.label === 'demo' && key.revokedAtMs === undefined)?.apiKey ?? ''
        return { isSignedIn: true, command, apiKey, localToken, account, chainId: network.chainId, home }
      },
    },
    { method: 'GET', path: /^\/api\/wallet$/, access: 'owner', answer: () => walletJson(sources) },
    { method: 'POST', path: /^\/api\/wallet\/faucet$/, access: 'owner', answer: () => ask('wallet.faucet', {}) },
    {
      method: 'POST',
      path: /^\/api\/wallet\/send$/,
      access: 'owner',
      answer: async (request) => ask('wallet.send', await readJson(request)),
    },
    {
      method: 'POST',
      path: /^\/api\/wallet\/keys$/,
      access: 'owner',
      answer: async (request): Promise<CreatedKeyJson> => {
        const { apiKey, keyHash } = await ask<StoredApiKey>('keys.create', await readJson(request))
        return { apiKey, keyHash }
      },
    },
    {
      method: 'DELETE',
      path: /^\/api\/wallet\/keys\/0x[0-9a-f]{64}$/,
      access: 'owner',
      answer: async (_request, path) => {
        await ask('keys.revoke', { keyHash: path.split('/')[4] })
        return {}
      },
    },
    {
      method: 'POST',
      path: /^\/api\/wallet\/keys\/0x[0-9a-f]{64}\/top-up$/,
      access: 'owner',
      answer: async (request, path) => {
        const { amountAtomic } = await readJson(request)
        const keyHash = path.split('/')[4] as Hex
        await ask('keys.topUp', { keyHash, amountAtomic })
        const channelId = keys.get(keyHash)?.channelId
        if (channelId !== undefined) await refreshChannel(channelId)
        return {}
      },
    },
  ]
}
