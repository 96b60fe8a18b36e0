/** Gas money of an account that is about to send transactions. */
import { type Address, formatUnits, isKoinonError, KoinonError } from '@koinon/base'
import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import type { Home } from '../home/home.ts'
import { askFaucet } from './faucet.ts'

/** What commands of owners take at most: the costliest deploys the code of budgets. In gas. */
const mostGas = 4_000_000n
const nativeDecimals = 18

export type GasState = {
  /** `given`: by the faucet, just now; `none`: nothing at all to send with. */
  readonly state: 'held' | 'given' | 'none'
  /** Enough for any one transaction. */
  readonly neededWei: bigint
  /** Why the faucet gave nothing, where it was asked. */
  readonly cause?: unknown
}

/**
 * Whether an account can pay for its next transaction. One that may not asks the faucet of a test network, as {@link askFaucet}. An account
 * that holds something goes on without, because what is needed is known to the wei only when it sends.
 */
export async function askForGas(
  network: NetworkFile,
  reader: Pick<LedgerReader, 'getBalance' | 'estimateFeesPerGas'>,
  account: Address,
  home?: Home,
): Promise<GasState> {
  const [heldWei, { maxFeePerGas }] = await Promise.all([
    reader.getBalance({ address: account }),
    reader.estimateFeesPerGas(),
  ])
  const neededWei = mostGas * (maxFeePerGas > 0n ? maxFeePerGas : 1n)
  const present = { state: heldWei > 0n ? 'held' : 'none', neededWei } as const
  if (heldWei >= neededWei) return present
  if (!network.isTest) return present
  try {
    await askFaucet(network, account, home)
    return { state: 'given', neededWei }
  } catch (cause) {
    return { ...present, cause }
  }
}

/** Sees that an account can pay for its next transaction, as {@link askForGas}. Throws `wallet/no-gas`, with the address and how much it needs. */
export async function ensureGas(...[network, reader, account, home]: Parameters<typeof askForGas>): Promise<void> {
  const gas = await askForGas(network, reader, account, home)
  if (gas.state === 'none') throw noGas(network, account, gas)
}

/** Why an account cannot send, and how much it wants. */
export function noGas(
  { chainId, isTest }: NetworkFile,
  account: Address,
  { neededWei, cause }: Pick<GasState, 'neededWei' | 'cause'>,
): KoinonError {
  const needed = formatUnits(neededWei, nativeDecimals)
  const faucet = isTest ? `, and the faucet gave nothing${isKoinonError(cause) ? `: ${cause.message}` : ''}` : ''
  return new KoinonError({
    code: 'wallet/no-gas',
    message: `The account ${account} has nothing to pay gas with${faucet}`,
    hint: `Send it ${needed} of the native money of chain ${chainId} (${neededWei} wei), which is enough for any one command; what is not used stays there.`,
    retry: 'later',
    details: { account, neededWei: `${neededWei}` },
    cause,
  })
}
