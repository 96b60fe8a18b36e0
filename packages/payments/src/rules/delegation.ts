/** Delegations of MetaMask's framework, by which a smart account lets a key fill channels (specs/0025-budgets.md section 10, ERC-7710). */
import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  concatBytes,
  domainSeparator,
  type Hex,
  hexToBytes,
  integerWord,
  keccak256,
  typedDigest,
  typeHash,
} from '@koinon/base'

/** A condition that a contract checks before and after every use. */
export type Caveat = { readonly enforcer: Address; readonly terms: Hex; readonly args: Hex }

export type Delegation = {
  readonly delegate: Address
  readonly delegator: Address
  /** Hash of the delegation that this one passes on; 32 bytes of ones for the first. */
  readonly authority: Hex
  readonly caveats: readonly Caveat[]
  readonly salt: bigint
  readonly signature: Hex
}

/** Where delegations are redeemed. */
export type DelegationDomain = { readonly chainId: number; readonly manager: Address }

/** Authority of a delegation that nobody passed on. */
export const rootAuthority: Hex = `0x${'ff'.repeat(32)}`

const caveatType = 'Caveat(address enforcer,bytes terms)'
const caveatTypeHash = typeHash(caveatType)
const delegationTypeHash = typeHash(
  `Delegation(address delegate,address delegator,bytes32 authority,Caveat[] caveats,uint256 salt)${caveatType}`,
)

/** What a later delegation names as its authority; its own signature and the arguments of caveats are no part of it. */
export function delegationHash(delegation: Omit<Delegation, 'signature'>): Hex {
  return bytesToHex(keccak256(concatBytes(delegationTypeHash, ...words(delegation))))
}

/** EIP-712 digest that the delegator signs. */
export function delegationDigest(delegation: Omit<Delegation, 'signature'>, domain: DelegationDomain): Uint8Array {
  const { chainId, manager } = domain
  const separator = domainSeparator({ name: 'DelegationManager', version: '1', chainId, verifyingContract: manager })
  return typedDigest(separator, delegationTypeHash, words(delegation))
}

/** Salt of the last delegation of a deposit, keccak256(channelId | amount | nonce): it fills one channel, once, by exactly this. */
export function delegatedDepositSalt(channelId: Hex, amountAtomic: bigint, nonce: Hex): bigint {
  const bytes = concatBytes(bytes32Word(channelId), integerWord(amountAtomic), bytes32Word(nonce))
  return BigInt(bytesToHex(keccak256(bytes)))
}

function words({ delegate, delegator, authority, caveats, salt }: Omit<Delegation, 'signature'>) {
  const hashes = caveats.map(({ enforcer, terms }) =>
    keccak256(concatBytes(caveatTypeHash, addressWord(enforcer), keccak256(hexToBytes(terms)))),
  )
  return [
    addressWord(delegate),
    addressWord(delegator),
    bytes32Word(authority),
    keccak256(concatBytes(...hashes)),
    integerWord(salt),
  ]
}
