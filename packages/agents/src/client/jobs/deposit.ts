import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  domainSeparator,
  type Hex,
  integerWord,
  type Random,
  signDigest,
  typedDigest,
  typeHash,
} from '@koinon/base'
import { readDollarDomain } from '@koinon/ledger'
import { fundingNonce } from '../../rules/job.ts'
import { type JobAccount, jobsOf } from './job-ledger.ts'

/** What the contract takes as payment; an empty signature stands for an allowance. */
export type Deposit = {
  readonly validAfter: bigint
  readonly validBefore: bigint
  readonly salt: Hex
  readonly signature: Hex
}

const receiveType = typeHash(
  'ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
)

/**
 * The client's signature for exactly `amountAtomic` of the network's dollar to these terms and this provider (specs/0024-jobs.md section
 * 2): no allowance is ever given, and whoever sends it can do nothing else with it.
 */
export async function authorizeDeposit(
  { network, reader, sender, secretKey }: JobAccount,
  money: {
    readonly token: Address
    readonly termsHash: Hex
    readonly provider: Address
    readonly amountAtomic: bigint
    readonly validBeforeSeconds: number
  },
  random: Random,
): Promise<Deposit> {
  const salt = bytesToHex(random(32))
  const validBefore = BigInt(money.validBeforeSeconds)
  const domain = await readDollarDomain(reader, money.token)
  const digest = typedDigest(domainSeparator(domain), receiveType, [
    addressWord(sender.address),
    addressWord(jobsOf(network)),
    integerWord(money.amountAtomic),
    integerWord(0),
    integerWord(validBefore),
    bytes32Word(fundingNonce(money.termsHash, money.provider, '0x', salt)),
  ])
  return { validAfter: 0n, validBefore, salt, signature: signDigest(digest, secretKey) }
}
