import { type Address, KoinonError, toAddress } from '@koinon/base'
import type { LedgerReader, TransactionSender } from '@koinon/ledger'
import { concatHex, getContractAddress, type Hex, zeroHash } from 'viem'
import { reachable } from '../core/escrow.ts'

/** The deployer that stands at this address on nearly every chain, and by genesis on ours. */
const create2Deployer: Address = '0x4e59b44847b379578588920ca78fbf26c0b4956c'

/** Where a contract of this creation code stands once somebody has deployed it (CREATE2, salt 0): the same address on every chain. */
export function create2Address(creationCode: Hex): Address {
  return toAddress(
    getContractAddress({ opcode: 'CREATE2', from: create2Deployer, salt: zeroHash, bytecode: creationCode }),
  )
}

/**
 * Deploys the contract unless it stands; `what` says so in errors, as 'deploying the delegate'. Resolves with its address. Throws
 * `payments/ledger-unreachable`, `payments/not-deployed` where nothing stands there after all, and `ledger/*` as `TransactionSender.send`.
 */
export async function deployOnce(
  reader: LedgerReader,
  sender: TransactionSender,
  creationCode: Hex,
  what: string,
): Promise<Address> {
  const address = create2Address(creationCode)
  if (await hasCode(reader, address)) return address
  // A call of an address without code succeeds and does nothing.
  if (!(await hasCode(reader, create2Deployer))) throw notDeployed(what, create2Deployer)
  await sender.send({ to: create2Deployer, data: concatHex([zeroHash, creationCode]) }, what)
  if (!(await hasCode(reader, address))) throw notDeployed(what, address)
  return address
}

/** Whether a contract stands there. Throws `payments/ledger-unreachable`. */
export async function hasCode(reader: LedgerReader, address: Address): Promise<boolean> {
  const code = await reachable(reader.getCode({ address }))
  return code !== undefined && code !== '0x'
}

export function notDeployed(what: string, address: Address): KoinonError {
  return new KoinonError({
    code: 'payments/not-deployed',
    message: `${what[0]?.toUpperCase()}${what.slice(1)} cannot be done: no code stands at ${address} on this chain`,
    hint: 'Nothing of this account was changed. Try again; a chain without the CREATE2 deployer needs it placed there first.',
    retry: 'later',
  })
}
