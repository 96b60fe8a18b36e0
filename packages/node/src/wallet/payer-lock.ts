import { KoinonError } from '@koinon/base'
import { holdLock } from '../home/process-lock.ts'

/** Takes a payer's store for this process, waiting for another one to end. Throws `wallet/payer-in-use`. */
export function holdPayerStore(path: string): Promise<() => void> {
  return holdLock(
    path,
    (owner) =>
      new KoinonError({
        code: 'wallet/payer-in-use',
        message: `Process ${owner} pays from this home already`,
        hint: 'Wait until it ends, or stop it; two payers would not know of each other.',
        retry: 'later',
      }),
  )
}
