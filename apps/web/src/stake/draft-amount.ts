import { formatUnits, isKoinonError, parseUnits, tokenDecimals } from '@koinon/base'
import { formatAlpha } from './worth.ts'

/** An amount that can be used, or the reason why not. Empty text is no reason yet. */
export type AmountDraft = { readonly amount: bigint } | { readonly problem: string | undefined }

/** What was typed for KOIN (`netuid` 0) or alpha of a subnet, of which `held` is there. */
export function draftAmount(text: string, netuid: number, held: bigint): AmountDraft {
  if (text.trim() === '') return { problem: undefined }
  let amount: bigint
  try {
    amount = parseUnits(text, tokenDecimals)
  } catch (error) {
    return { problem: isKoinonError(error) ? `${error.message}. ${error.hint ?? ''}`.trim() : 'That cannot be read.' }
  }
  if (amount === 0n) return { problem: 'The amount is zero.' }
  if (amount > held) return { problem: `There is only ${formatAlpha(netuid, held)}.` }
  return { amount }
}

/** The exact text of an amount, for the button that fills in all of it. */
export function exactText(amount: bigint): string {
  return formatUnits(amount, tokenDecimals)
}
