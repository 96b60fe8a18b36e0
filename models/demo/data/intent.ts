/**
 * An answer that is asked for in many wordings. Patterns use `(a|b)` for a choice, `[x|y]` for a choice that may be left
 * out, and the macros of `macros.ts`. `verbs` are verb phrases that every opening of a how-to question fits; `other` are
 * whole questions.
 */
export type Intent = {
  readonly id: string
  /** At most 28 words, the exact text the model recites. */
  readonly answer: string
  readonly verbs?: readonly string[]
  readonly other: readonly string[]
}
