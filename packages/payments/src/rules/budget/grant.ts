/** Grants of a budget: what an owner lets an agent's key spend (specs/0025-budgets.md section 1). */
import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  concatBytes,
  domainSeparator,
  fixedBytes,
  type Hex,
  integerWord,
  keccak256,
  textWord,
  typedDigest,
  typeHash,
  zeroHash,
} from '@koinon/base'

/** How far an agent may go alone, weakest first. */
export const autonomyLevels = ['alert', 'propose', 'limited', 'full'] as const
export type Autonomy = (typeof autonomyLevels)[number]

/** One function of one contract; `selector` is 4 bytes. */
export type ContractCall = { readonly target: Address; readonly selector: Hex }

/** Member names are those of the typed data, so that a wallet shows what is meant. Amounts in atomic units of `asset`, times in Unix seconds. */
export type BudgetGrant = {
  /** Whose money it is, the same in a whole chain of grants. Signs the grant at the top. */
  readonly owner: Address
  /** The session key's account; signs intents, and grants below this one. */
  readonly agent: Address
  /** Hash of the grant that this one is cut from; 32 zero bytes at the top. */
  readonly parentGrant: Hex
  readonly autonomy: Autonomy
  readonly asset: Address
  readonly receivers: readonly Address[]
  /** Origins (`https://api.example`) or other service ids; compared as text. */
  readonly services: readonly string[]
  /** `METHOD /path`, `*` for any method, and as the last character of a path for any rest. */
  readonly methods: readonly string[]
  readonly contractCalls: readonly ContractCall[]
  readonly maxPerCallAtomic: bigint
  readonly maxPerPeriodAtomic: bigint
  readonly periodSeconds: number
  readonly maxTotalAtomic: bigint
  /** The grant holds from here on, and before `validUntil`. */
  readonly validFrom: number
  readonly validUntil: number
  /** The owner's nonce for which the grant holds. */
  readonly revocationNonce: number
}

export type SignedBudgetGrant = {
  readonly grant: BudgetGrant
  /** Of the owner (any length where that is a contract), or of the parent's agent (65 bytes). */
  readonly signature: Hex
}

const contractCallType = 'ContractCall(address target,bytes4 selector)'
const contractCallTypeHash = typeHash(contractCallType)
const grantTypeHash = typeHash(
  `BudgetGrant(address owner,address agent,bytes32 parentGrant,string autonomy,address asset,address[] receivers,string[] services,string[] methods,ContractCall[] contractCalls,uint128 maxPerCallAtomic,uint128 maxPerPeriodAtomic,uint64 periodSeconds,uint128 maxTotalAtomic,uint64 validFrom,uint64 validUntil,uint64 revocationNonce)${contractCallType}`,
)

/** The domain of all that is signed about budgets. No verifying contract: wallets refuse to sign for their own account as one. */
export function budgetDomain(chainId: number) {
  return { name: 'Koinon Budget', version: '1', chainId } as const
}

const separators = new Map<number, Uint8Array>()

/** Hash of {@link budgetDomain}; the few that a process meets are remembered. */
export function budgetSeparator(chainId: number): Uint8Array {
  let separator = separators.get(chainId)
  if (separator === undefined) {
    separator = domainSeparator(budgetDomain(chainId))
    separators.set(chainId, separator)
  }
  return separator
}

/** The grant's EIP-712 digest, which is its hash everywhere. Throws `base/out-of-range` and `base/bad-hex`. */
export function budgetGrantHash(grant: BudgetGrant, chainId: number): Hex {
  return bytesToHex(
    typedDigest(budgetSeparator(chainId), grantTypeHash, [
      addressWord(grant.owner),
      addressWord(grant.agent),
      bytes32Word(grant.parentGrant),
      textWord(grant.autonomy),
      addressWord(grant.asset),
      listWord(grant.receivers.map(addressWord)),
      listWord(grant.services.map(textWord)),
      listWord(grant.methods.map(textWord)),
      listWord(grant.contractCalls.map(contractCallWord)),
      integerWord(grant.maxPerCallAtomic, 128),
      integerWord(grant.maxPerPeriodAtomic, 128),
      integerWord(grant.periodSeconds, 64),
      integerWord(grant.maxTotalAtomic, 128),
      integerWord(grant.validFrom, 64),
      integerWord(grant.validUntil, 64),
      integerWord(grant.revocationNonce, 64),
    ]),
  )
}

/** True for a grant that the owner signs itself. */
export function isTopGrant(grant: BudgetGrant): boolean {
  return grant.parentGrant === zeroHash
}

/** Word of an array of static members or hashed structs. */
export function listWord(words: readonly Uint8Array[]): Uint8Array {
  return keccak256(concatBytes(...words))
}

function contractCallWord({ target, selector }: ContractCall): Uint8Array {
  return keccak256(concatBytes(contractCallTypeHash, addressWord(target), fixedBytes(selector, 4), new Uint8Array(28)))
}
