import type { CallPayer } from '@koinon/agents/client'
import type { SpendCeiling } from '@koinon/agents/rules'
import type { Check } from '@koinon/work'
import type { FetchedReceipt, OwnBodies } from '../receipts.ts'

/** A receipt with what of the answer is at hand to check it with. */
export type HeldReceipt = Pick<FetchedReceipt, 'bundle' | 'evidence'> & OwnBodies

/** What was sent and received for a paid call, byte for byte. */
export type PaidAnswer = {
  readonly headers: Headers
  readonly request: Uint8Array
  readonly response: Uint8Array
  /** As the payer gave it, for what it knows of the payment; its body has been read. */
  readonly answered: Response
}

/**
 * What the tools stand on. A verb whose port is missing is not offered. Every port gets typed values that were checked against a schema;
 * none gets text to interpret.
 */
export type NetworkPorts = {
  /** Origin of a gateway, without `/v1`. */
  readonly gatewayUrl: string
  readonly version: string
  readonly ceiling: SpendCeiling
  readonly fetch: typeof fetch
  /** Pays for models. */
  readonly apiKey?: string
  readonly chainId?: number
  /** Pays services over HTTP, MCP and A2A that ask for money. The payer's own limits hold beside the ceiling. */
  readonly payer?: CallPayer
  /** What the budget that pays may still spend, as JSON. */
  readonly budget?: () => Promise<unknown>
  /** Subnets of the ledger, as JSON. */
  readonly subnets?: () => Promise<unknown>
  /** Stake and alpha of the owner's account, as JSON. */
  readonly holdings?: () => Promise<unknown>
  /** Receipts of what `pay` bought, which only the payer hears. */
  readonly receipts?: {
    /** The id under which it was kept; undefined where the answer has no receipt. */
    keep(answer: PaidAnswer): string | undefined
    find(id: string): Omit<HeldReceipt, 'evidence'> | undefined
  }
  /** Checks beside those that a receipt's bytes allow. */
  readonly ledgerChecks?: (payee: string) => Promise<readonly Check[]>
}
