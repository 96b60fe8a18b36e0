import type { Answer } from '@koinon/ledger/audit'

/** A view's answer as one text, so that all of its fields are one figure. */
export async function asText<value>(
  answer: Promise<Answer<value>>,
  text: (value: value) => string,
): Promise<Answer<string>> {
  const found = await answer
  return 'value' in found ? { value: text(found.value) } : found
}
