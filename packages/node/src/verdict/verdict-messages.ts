import type { ErrorJson } from '@koinon/base'
import type { Check, Rung } from '@koinon/work'

/** One receipt to judge, as JSON of the gateway's answers; the model file is needed for L2. */
export type VerdictTask = {
  readonly bundle: unknown
  readonly evidence: unknown
  readonly chainId: number
  readonly level: Rung
  readonly modelPath: string
}

export type VerdictReply = { readonly checks: readonly Check[] } | { readonly error: ErrorJson }
