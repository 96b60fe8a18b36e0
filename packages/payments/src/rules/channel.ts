/** Payment channels of the x402 `batch-settlement` scheme (specs/0005-money.md section 1). */
import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  domainSeparator,
  type Hex,
  integerWord,
  KoinonError,
  toAddress,
  typedDigest,
  typeHash,
} from '@koinon/base'

/** A channel's immutable terms; their EIP-712 digest is its id. `withdrawDelay` is in seconds. */
export type ChannelConfig = {
  readonly payer: Address
  /** Key whose vouchers count. Zero would mean ERC-1271, which we do not admit. */
  readonly payerAuthorizer: Address
  readonly receiver: Address
  readonly receiverAuthorizer: Address
  readonly token: Address
  readonly withdrawDelay: number
  readonly salt: Hex
}

/** Where channels live: one escrow contract on one chain. */
export type EscrowDomain = { readonly chainId: number; readonly escrow: Address }

/** Bounds of `withdrawDelay` in seconds that the escrow enforces: 15 minutes and 30 days. */
export const withdrawDelayBounds = { minimum: 900, maximum: 2_592_000 } as const

/** Largest amount of atomic units the escrow can hold or a voucher can name. */
export const maximumAtomic = (1n << 128n) - 1n

const channelTypeHash = typeHash(
  'ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)',
)
const separators = new Map<string, Uint8Array>()

/** EIP-712 domain separator of an escrow; the few that a process meets are remembered. */
export function escrowSeparator(domain: EscrowDomain): Uint8Array {
  const key = `${domain.chainId}:${domain.escrow}`
  let separator = separators.get(key)
  if (separator === undefined) {
    separator = domainSeparator(escrowTypedDataDomain(domain))
    separators.set(key, separator)
  }
  return separator
}

/** The domain in the shape wallets and viem take. */
export function escrowTypedDataDomain(domain: EscrowDomain) {
  return {
    name: 'x402 Batch Settlement',
    version: '1',
    chainId: domain.chainId,
    verifyingContract: domain.escrow,
  } as const
}

/** The channel's id: EIP-712 digest of its terms under the escrow's domain. */
export function channelIdOf(config: ChannelConfig, domain: EscrowDomain): Hex {
  return bytesToHex(
    typedDigest(escrowSeparator(domain), channelTypeHash, [
      addressWord(config.payer),
      addressWord(config.payerAuthorizer),
      addressWord(config.receiver),
      addressWord(config.receiverAuthorizer),
      addressWord(config.token),
      integerWord(BigInt(config.withdrawDelay), 40),
      bytes32Word(config.salt),
    ]),
  )
}

/** Checks the terms of a channel from outside; addresses may carry checksum case. Throws `payments/bad-channel`. */
export function parseChannelConfig(json: unknown): ChannelConfig {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const { withdrawDelay, salt } = value
  if (!Number.isSafeInteger(withdrawDelay) || (withdrawDelay as number) < 0 || (withdrawDelay as number) >= 2 ** 40) {
    throw badChannel('withdrawDelay is not a number of seconds')
  }
  if (typeof salt !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(salt)) throw badChannel('salt is not 32 bytes of hex')
  return {
    payer: address(value, 'payer'),
    payerAuthorizer: address(value, 'payerAuthorizer'),
    receiver: address(value, 'receiver'),
    receiverAuthorizer: address(value, 'receiverAuthorizer'),
    token: address(value, 'token'),
    withdrawDelay: withdrawDelay as number,
    salt: salt.toLowerCase() as Hex,
  }
}

function address(value: Record<string, unknown>, name: string): Address {
  const text = value[name]
  if (typeof text !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(text)) throw badChannel(`${name} is not an address`)
  return toAddress(text)
}

function badChannel(problem: string): KoinonError {
  return new KoinonError({ code: 'payments/bad-channel', message: `The channel's terms are malformed: ${problem}` })
}
