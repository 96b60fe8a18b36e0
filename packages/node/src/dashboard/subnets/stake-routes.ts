/** Pools for everybody, and what the owner of a local network does with alpha and stake from the page. */

import { query, type Route, readJson } from '../route.ts'
import type { PoolsView } from './pools-json.ts'

export type StakeRouteSources = {
  readonly pools: PoolsView
  readonly ask: <result>(method: string, params: unknown) => Promise<result>
}

/** `/api/pools...` and `/api/stake`. */
export function stakeRoutes({ pools, ask }: StakeRouteSources): readonly Route[] {
  return [
    { method: 'GET', path: /^\/api\/pools$/, access: 'open', answer: () => pools.list() },
    {
      method: 'GET',
      path: /^\/api\/pools\/\d{1,9}\/quote$/,
      access: 'open',
      answer: async (request, path) => pools.quote(Number(path.split('/')[3]), query(request)),
    },
    { method: 'GET', path: /^\/api\/stake$/, access: 'owner', answer: () => ask('stake.state', {}) },
    {
      method: 'POST',
      path: /^\/api\/stake$/,
      access: 'owner',
      answer: async (request) => ask('stake.act', await readJson(request)),
    },
  ]
}
