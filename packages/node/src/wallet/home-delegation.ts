/** A smart account's delegation (ERC-7710) as what a payer of this home signs with (specs/0025-budgets.md section 10). */
import { type Address, KoinonError, systemRandom } from '@koinon/base'
import { createLedgerWriter, type LedgerReader, type NetworkFile, TransactionSender } from '@koinon/ledger'
import {
  delegatedPaymentSigner,
  deployDelegationCollector,
  type GrantedDelegation,
  type PaymentSigner,
} from '@koinon/payments/client'
import type { Home } from '../home/home.ts'
import { type AccountKey, accountKey } from '../home/secrets.ts'
import { ensureGas } from './ensure-gas.ts'

/** The home's key to which owners of smart accounts delegate; made when it is first asked for. */
export function delegateKey(home: Home): AccountKey {
  return accountKey(home, 'delegate', systemRandom)
}

export type HomeDelegation = {
  /** The smart account, whose money it is. */
  readonly account: Address
  readonly collector: Address
  readonly signer: PaymentSigner
}

/**
 * Opens a delegation to the home's key. `gasKey` sends deposits (`onDeposit` hears of each before it is sent) and pays their gas, and deploys the collector where it does not stand yet. Throws
 * `payments/delegation-mismatch`, `payments/no-delegation-manager`, `wallet/no-gas` and what sending throws.
 */
export async function openHomeDelegation(
  home: Home,
  network: NetworkFile,
  reader: LedgerReader,
  { manager, delegations }: GrantedDelegation,
  gasKey: AccountKey,
  onDeposit?: () => void,
): Promise<HomeDelegation> {
  const code = await reader.getCode({ address: manager })
  if (code === undefined || code === '0x') throw noManager(manager, network)
  await ensureGas(network, reader, gasKey.address, home)
  const sender = new TransactionSender(reader, createLedgerWriter(network, gasKey.privateKey))
  const escrow = network.contracts.channels
  const collector = await deployDelegationCollector({ reader, sender, escrow, manager })
  const signer = delegatedPaymentSigner({
    secretKey: delegateKey(home).secretKey,
    delegations,
    domain: { chainId: network.chainId, escrow },
    manager,
    collector,
    sender,
    random: systemRandom,
    ...(onDeposit === undefined ? {} : { onDeposit }),
  })
  return { account: signer.payer, collector, signer }
}

function noManager(manager: Address, { chainId }: NetworkFile): KoinonError {
  return new KoinonError({
    code: 'payments/no-delegation-manager',
    message: `There is no contract at ${manager} on chain ${chainId}, where the delegation is redeemed`,
    hint: 'Ask for a delegation on the chain of this network.',
  })
}
