/** An owner's account takes on our delegate's code (EIP-7702), and lays it down again. */
import { type Address, type Hex, KoinonError, toAddress, zeroAddress } from '@koinon/base'
import { confirmTransaction, type LedgerReader, type LedgerWriter, type TransactionSender } from '@koinon/ledger'
import { budgetDelegateAbi } from '@koinon/ledger/abis'
import { budgetDelegateBytecode } from '@koinon/ledger/budget-delegate'
import { encodeDeployData } from 'viem'
import { reachable } from '../../core/escrow.ts'
import { create2Address, deployOnce, hasCode, notDeployed } from '../create2.ts'

/** Where the delegate for an escrow stands once somebody has deployed it: the same address on every chain with the same escrow. */
export function budgetDelegateAddress(escrow: Address): Address {
  return create2Address(creationCode(escrow))
}

/** Deploys the delegate unless it stands. Resolves with its address. Throws as `deployOnce`. */
export function deployBudgetDelegate(
  reader: LedgerReader,
  sender: TransactionSender,
  escrow: Address,
): Promise<Address> {
  return deployOnce(reader, sender, creationCode(escrow), 'deploying the delegate')
}

/** What an account delegates to; undefined for a plain account. Throws `payments/ledger-unreachable` and `payments/not-a-key-account`. */
export async function delegateOf(reader: LedgerReader, account: Address): Promise<Address | undefined> {
  const code = await reachable(reader.getCode({ address: account }))
  if (code === undefined || code === '0x') return undefined
  if (code.length === 48 && code.startsWith('0xef0100')) return toAddress(`0x${code.slice(8)}`)
  throw new KoinonError({
    code: 'payments/not-a-key-account',
    message: `${account} is a contract, which cannot take on other code`,
    hint: 'A contract grants deposits in its own way (ERC-7710), or uses an account with a key.',
  })
}

/** Whether an account runs the delegate for an escrow, and that stands there: else a batch for it succeeds and does nothing. Throws as `delegateOf`. */
export async function hasBudgetDelegate(reader: LedgerReader, account: Address, escrow: Address): Promise<boolean> {
  const delegate = budgetDelegateAddress(escrow)
  return (await delegateOf(reader, account)) === delegate && hasCode(reader, delegate)
}

/**
 * Lets the writer's account delegate to `delegate` (undefined: to nothing). Waits until it is mined. Throws `ledger/*`, and
 * `payments/not-deployed` where no code stands: such an account could not even sign, because contracts would ask code that is not there.
 */
export async function setDelegate(
  reader: LedgerReader,
  writer: LedgerWriter,
  delegate: Address | undefined,
): Promise<Hex> {
  const { account } = writer
  if (delegate !== undefined && !(await hasCode(reader, delegate)))
    throw notDeployed('delegating the account', delegate)
  const contractAddress = delegate ?? zeroAddress
  const authorization = await writer.signAuthorization({ account, contractAddress, executor: 'self' })
  const hash = await writer.sendTransaction({ authorizationList: [authorization], to: account.address, value: 0n })
  await confirmTransaction(reader, hash, 'delegating the account')
  return hash
}

function creationCode(escrow: Address): Hex {
  return encodeDeployData({ abi: budgetDelegateAbi, bytecode: budgetDelegateBytecode, args: [escrow] })
}
