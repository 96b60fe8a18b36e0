import { type Address, toAddress } from '@koinon/base'
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
 * `payments/ledger-unreachable` and `ledger/*` as `TransactionSender.send`.
 */
export async function deployOnce(
  reader: LedgerReader,
  sender: TransactionSender,
  creationCode: Hex,
  what: string,
): Promise<Address> {
  const address = create2Address(creationCode)
  const code = await reachable(reader.getCode({ address }))
  if (code === undefined || code === '0x')
    await sender.send({ to: create2Deployer, data: concatHex([zeroHash, creationCode]) }, what)
  return address
}
