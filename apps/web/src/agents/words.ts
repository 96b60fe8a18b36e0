import type { AgentCheckJson, AgentJson, AgentState } from '@koinon/work/dashboard'
import { formatPicoUsd, readAmount } from '../format/money.ts'

/** Colours of the states; `silent` is no more than a file that could not be fetched. */
export const stateBadges: Readonly<Record<AgentState, string>> = {
  online: 'badge-pass',
  answers: 'badge-pass',
  expired: 'badge-warn',
  silent: 'badge-warn',
  unknown: 'badge-warn',
}

/** `72.4 of 100`; 50 is what an agent has of whom nothing that counts is known. */
export function scoreText(scoreMicro: number): string {
  return `${(Math.floor(scoreMicro / 1_000) / 10).toFixed(1)} of 100`
}

/** A price as its seller names it. */
export function priceText(picoUsd: string): string {
  const amount = readAmount(picoUsd) ?? 0n
  return amount === 0n ? 'free' : formatPicoUsd(amount)
}

/** `8 passed, 1 failed`. */
export function checkText({ passed, failed, notChecked }: AgentCheckJson): string {
  return `${passed} passed, ${failed} failed${notChecked === 0 ? '' : `, ${notChecked} not checked`}`
}

/** Only what a browser can open: other addresses are shown and lead nowhere. */
export function openable(url: string): string | undefined {
  return /^https?:\/\/[^\s\\]+$/.test(url) && URL.canParse(url) ? url : undefined
}

/** What the search asks the gateway for. */
export type DirectoryQuery = {
  readonly words: string
  readonly protocol: string
  readonly maximumDollars: string
  readonly sort: 'trust' | 'new'
}

/** The query as the path of the dashboard API; a price that is no amount is left out. */
export function directoryPath({ words, protocol, maximumDollars, sort }: DirectoryQuery): string {
  const picoUsd = picoOf(maximumDollars)
  const pairs: readonly (readonly [string, string])[] = [
    ['words', words.trim()],
    ['protocol', protocol],
    ['maximumPicoUsd', picoUsd === undefined ? '' : `${picoUsd}`],
    ['sort', sort === 'trust' ? '' : sort],
  ]
  const given = pairs.filter(([, value]) => value !== '').map(([name, value]) => [name, value] as [string, string])
  return given.length === 0 ? '/api/agents' : `/api/agents?${new URLSearchParams(given)}`
}

/** Pico-dollars of what a person wrote, such as `0.05`. */
export function picoOf(dollars: string): bigint | undefined {
  const match = /^\s*\$?\s*(\d{1,9})(?:[.,](\d{1,12}))?\s*$/.exec(dollars)
  return match === null ? undefined : BigInt(`${match[1]}${(match[2] ?? '').padEnd(12, '0')}`)
}

/** What an agent calls itself and where it is found. */
export function agentHref({ key }: Pick<AgentJson, 'key'>): string {
  return `#/agents/${key}`
}
