/**
 * Agents as the page *Agents* and `koinon agent list`, `show` and `check` tell them. What they say of themselves is text of strangers: cut,
 * and what nobody would see in it is written out.
 */
import type { Check } from '../verdict.ts'
import type { JobRowJson } from './jobs.ts'

/**
 * `online`: its record in the gateway's book of agents holds. `expired`: it ran out. Of agents that were never in the book only their file
 * tells: `answers`, `silent`, or `unknown` while nobody has looked.
 */
export type AgentState = 'online' | 'expired' | 'answers' | 'silent' | 'unknown'

/** A service with a price of its own, by the agent's word; pico-dollars, zero for free. */
export type AgentOfferJson = { readonly name: string; readonly description: string; readonly pricePicoUsd: string }

/** Where an agent is asked: `protocol` is a2a, mcp, http, or the name that the file gives it. */
export type AgentEndpointJson = { readonly protocol: string; readonly url: string }

/** An agent's reputation from where the gateway's validators stand. Shares are millionths of all influence. */
export type AgentTrustJson = {
  readonly scoreMicro: number
  /** One more than the number of agents with a better score, of `agents`. */
  readonly rank: number
  readonly agents: number
  readonly weightPpm: number
  readonly counted: number
  readonly leftOut: number
}

/** What a look at an agent's listing came to. */
export type AgentCheckJson = {
  readonly atMs: number
  readonly passed: number
  readonly failed: number
  readonly notChecked: number
}

export type AgentJson = {
  /** The number of the agent; the account of one that is in the book only. */
  readonly key: string
  /** Its whole name, where it is registered. */
  readonly id?: string
  /** Who is paid; else who owns it, or signed its record. */
  readonly account: string
  readonly owner?: string
  readonly wallet?: string
  /** Where its registration file is. */
  readonly uri?: string
  /** Its number where neither file nor record said another. */
  readonly name: string
  /** True while its file is on its way, which will tell its name. */
  readonly isBeingRead?: boolean
  readonly description: string
  readonly state: AgentState
  /** When its record runs out, or ran out. */
  readonly untilMs?: number
  readonly endpoints: readonly AgentEndpointJson[]
  readonly offers: readonly AgentOfferJson[]
  readonly takesX402: boolean
  /** Nothing of one that has no wallet. */
  readonly trust?: AgentTrustJson
  readonly lastCheck?: AgentCheckJson
}

/** `GET /api/agents`: of `total` agents those that match, at most 100. */
export type AgentsJson = {
  readonly asOfBlock: number
  readonly asOfMs: number
  readonly total: number
  readonly matching: number
  readonly agents: readonly AgentJson[]
  /** Whose purchases trust begins with: the validators of this subnet by their stake. */
  readonly trustFrom: TrustFromJson
}

export type TrustFromJson = { readonly netuid: number; readonly validators: number }

/** A check with what to do about it where it did not pass. */
export type ListingCheckJson = Check & { readonly nextStep?: string }

/** A rating that counted, or the reason why it did not. `paidAtomic`: dollars that the reviewer paid for good, or at all. */
export type RatingJson = {
  readonly reviewer: string
  readonly valueMicro: number
  readonly paidAtomic: string
  readonly weightPpm?: number
  readonly reason?: string
}

/** A request for validation, and the answer where there is one: 0 (wrong) to 100 (right). */
export type ValidationJson = {
  readonly validator: string
  readonly requestHash: string
  readonly requestedAtMs: number
  readonly response?: number
  readonly tag?: string
  readonly answeredAtMs?: number
}

/** `GET /api/agents/{key}`. Lists are cut after 50. */
export type AgentDetailJson = AgentJson & {
  readonly asOfBlock: number
  readonly asOfMs: number
  readonly trustFrom: TrustFromJson
  readonly checks: readonly ListingCheckJson[]
  readonly ratings: readonly RatingJson[]
  readonly validations: readonly ValidationJson[]
  /** In which it is client, provider or evaluator, newest first. */
  readonly jobs: readonly JobRowJson[]
}

/** `POST /api/agents/check`. */
export type ListingJson = {
  readonly target: string
  readonly atMs: number
  readonly checks: readonly ListingCheckJson[]
}
