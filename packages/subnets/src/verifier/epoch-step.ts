/** What every step of a validator's epoch is given. */
import type { EpochWindow } from '../rules/index.ts'
import type { ValidatorOptions, ValidatorTiming } from './ports.ts'

export type EpochStep<task, response, ports> = {
  readonly options: ValidatorOptions<task, response, ports>
  readonly timing: ValidatorTiming
  readonly epoch: number
  readonly window: EpochWindow
  readonly nowSeconds: number
  readonly signal: AbortSignal
}
