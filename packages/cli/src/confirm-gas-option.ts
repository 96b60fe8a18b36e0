/** The option that says what a validator pays to have results of small subnets computed by the ledger. */
import { parseInteger } from './runner.ts'

export type ConfirmGasOption = { readonly confirmGas?: string }

const mostGas = 30_000_000

export const confirmGasFlag = '--confirm-gas <n>'
export const confirmGasHelp =
  "pay up to so much gas to have a small subnet's result computed by the ledger, which makes it active at once; 0 for never (default: on a chain of koinon up as much as it takes, elsewhere 0)"

/** Part of a validator's configuration. Throws `usage/bad-number`. */
export function confirmGas({ confirmGas: text }: ConfirmGasOption): { readonly mostConfirmGas?: number } {
  return text === undefined ? {} : { mostConfirmGas: parseInteger(text, '--confirm-gas', 0, mostGas) }
}
