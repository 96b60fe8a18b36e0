import { useSyncExternalStore } from 'react'

/** The pages. Routes live behind `#`, so that any static file server will do. */
export type Route =
  | { readonly page: 'chat' }
  | { readonly page: 'network'; readonly netuid?: number; readonly epoch?: number }
  | { readonly page: 'subnets' }
  | { readonly page: 'subnet'; readonly netuid: number; readonly epoch?: number }
  | { readonly page: 'validators' }
  | { readonly page: 'decentralization' }
  | { readonly page: 'receipts' }
  | { readonly page: 'receipt'; readonly id: string }
  | { readonly page: 'wallet' }
  | { readonly page: 'stake' }
  | { readonly page: 'payments' }
  | { readonly page: 'budgets'; readonly account?: string }
  | { readonly page: 'agents' }
  | { readonly page: 'agent'; readonly key: string }
  | { readonly page: 'jobs' }
  | { readonly page: 'job'; readonly jobId: string }
  | { readonly page: 'listing' }
  | { readonly page: 'unknown' }

/** Route of a location hash such as `#/receipts/0123…`. */
export function parseRoute(hash: string): Route {
  const parts = hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
  const [page, first, second] = parts
  if (page === undefined || (page === 'chat' && parts.length === 1)) return { page: 'chat' }
  // The skip link, opened as an address of its own.
  if (page === 'main' && parts.length === 1) return { page: 'chat' }
  // The link that lets the owner's browser in; its code is taken out of the address at once.
  if (page === 'open' && parts.length === 2) return { page: 'chat' }
  if (page === 'receipts' && parts.length === 1) return { page: 'receipts' }
  if (page === 'receipts' && parts.length === 2 && first !== undefined && /^(0x)?[0-9a-f]{32}$/.test(first)) {
    return { page: 'receipt', id: first.replace(/^0x/, '') }
  }
  if (page === 'wallet' && parts.length === 1) return { page: 'wallet' }
  if (page === 'stake' && parts.length === 1) return { page: 'stake' }
  if (page === 'budgets' && parts.length === 1) return { page: 'budgets' }
  if (page === 'budgets' && parts.length === 2 && isAccount(first)) return { page: 'budgets', account: first ?? '' }
  if (page === 'agents' && parts.length === 1) return { page: 'agents' }
  if (page === 'agents' && parts.length === 2 && isAgentKey(first)) return { page: 'agent', key: first ?? '' }
  if (page === 'jobs' && parts.length === 1) return { page: 'jobs' }
  if (page === 'jobs' && parts.length === 2 && isJobId(first)) return { page: 'job', jobId: first ?? '' }
  if (page === 'listing' && parts.length === 1) return { page: 'listing' }
  if (page === 'payments' && parts.length === 1) return { page: 'payments' }
  if (page === 'network' && parts.length === 1) return { page: 'network' }
  if (page === 'subnets' && parts.length === 1) return { page: 'subnets' }
  if (page === 'subnets' && parts.length === 2 && isNetuid(first)) {
    return { page: 'subnet', netuid: Number(first) }
  }
  if (page === 'subnets' && parts.length === 3 && isNetuid(first) && isEpoch(second)) {
    return { page: 'subnet', netuid: Number(first), epoch: Number(second) }
  }
  if (page === 'validators' && parts.length === 1) return { page: 'validators' }
  if (page === 'decentralization' && parts.length === 1) return { page: 'decentralization' }
  if (page === 'network' && parts.length === 3 && isNetuid(first) && isEpoch(second)) {
    return { page: 'network', netuid: Number(first), epoch: Number(second) }
  }
  return { page: 'unknown' }
}

const isNetuid = (text: string | undefined): boolean => /^[0-9]{1,6}$/.test(text ?? '')
const isAccount = (text: string | undefined): boolean => /^0x[0-9a-f]{40}$/.test(text ?? '')
const isAgentKey = (text: string | undefined): boolean => /^([0-9]{1,20}|0x[0-9a-f]{40})$/.test(text ?? '')
const isJobId = (text: string | undefined): boolean => /^[1-9][0-9]{0,17}$/.test(text ?? '')
const isEpoch = (text: string | undefined): boolean => /^[0-9]{1,12}$/.test(text ?? '')

/** Title of the browser's tab for a route. */
export function routeTitle(route: Route): string {
  const titles = {
    chat: 'Chat',
    network: 'Network',
    subnets: 'Subnets',
    subnet: 'Subnet',
    validators: 'Validators',
    decentralization: 'Decentralization',
    receipts: 'Receipts',
    receipt: 'Receipt',
    wallet: 'Wallet & keys',
    stake: 'Stake & trade',
    payments: 'Payments',
    budgets: 'Budgets',
    agents: 'Agents',
    agent: 'Agent',
    jobs: 'Jobs',
    job: 'Job',
    listing: 'Check a listing',
    unknown: 'Not found',
  } as const
  return `${titles[route.page]} · Koinon`
}

/** The current hash, as React state. */
export function useHash(): string {
  return useSyncExternalStore(subscribeToHash, () => location.hash)
}

function subscribeToHash(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}
