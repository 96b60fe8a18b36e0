import { isKoinonError } from '@koinon/base'

const attempts = 6

/** Tries again what the ledger did not answer on a busy machine. Nothing was sent then. */
export async function patiently<value>(work: () => Promise<value>): Promise<value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === attempts || !isKoinonError(error) || error.code !== 'ledger/rpc-failed') throw error
    }
  }
}
