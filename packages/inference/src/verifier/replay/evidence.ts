import type { Hex } from '@koinon/base'
import type { Check, CheckState } from '@koinon/work'
import type { DeterminismStatement } from '../../rules/determinism.ts'
import type { TokenBytes } from '../../rules/gguf/token-bytes.ts'
import type { LogitsRow, SamplerSettings } from '../../rules/sampler.ts'

/** What a provider shows for one answer, and what it claimed about it. */
export type ReplayEvidence = {
  readonly promptTokenIds: readonly number[]
  /** Generated tokens without the token that ended the answer. */
  readonly outputTokenIds: readonly number[]
  readonly sampler: SamplerSettings
  /** `stop`, `length` or `abort`. */
  readonly finishReason: string
  readonly stop: readonly string[]
  /** Limit that was agreed for the answer. */
  readonly maxTokens: number
  /** Context that was offered, prompt and answer together; an answer may also end there. */
  readonly contextTokens?: number
  /** Class named in the receipt. */
  readonly determinismClass?: Hex
  /** Text as the caller received it. */
  readonly text?: string
  /** Counts as they were billed. */
  readonly promptTokens?: number
  readonly outputTokens?: number
  /** The prompt as the verifier itself reads the request. */
  readonly expectedPromptTokenIds?: readonly number[]
}

/** What a replay needs of an engine; `InferenceEngine` has it. */
export type ReplayEngine = {
  readonly contextTokens: number
  readonly manifest: { readonly vocabularySize: number }
  readonly tokenBytes: TokenBytes
  readonly load: { readonly maxParallelSequences: number }
  determinismClass(): DeterminismStatement
  isEndToken(tokenId: number): boolean
  teacherForce(
    forcing: {
      readonly tokenIds: readonly number[]
      readonly rowsFrom: number
      readonly width: number
      readonly onRow: (row: LogitsRow, position: number) => boolean
      readonly caller?: string
    },
    signal?: AbortSignal,
  ): Promise<void>
}

/** Where the answer first departs from what the model says. `position` counts from the start of the prompt. */
export type ReplayDifference = { readonly position: number; readonly expected: number; readonly got: number }

/**
 * Verdict of a replay (specs/0006 section 7). `checks` holds `class prompt tokens finish text counts`; `state` is fail when
 * any of them failed, notChecked when tokens or finish could not be checked, and pass otherwise.
 */
export type ReplayVerdict = {
  readonly state: CheckState
  readonly checks: readonly Check[]
  readonly firstDifference?: ReplayDifference
  /** Positions whose token was drawn again. */
  readonly comparedTokens: number
}
