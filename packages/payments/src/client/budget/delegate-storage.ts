/**
 * The words that the delegate keeps in an owner's account, ERC-7201 namespace `koinon.storage.BudgetDelegate`: the nonce, then mappings
 * to what is revoked, spent and used. Read as storage, so that they are found also when the account delegates to other code, or to none.
 */
import { type Address, bytes32Word, bytesToHex, concatBytes, type Hex, integerWord, keccak256 } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { reachable } from '../../core/escrow.ts'
import type { BudgetSpent } from '../../rules/budget/spent.ts'

const namespace = 0x906cad405544f9e3fb2a96a5237baacb19410f2e75d8fa175fe805ef24b5b700n
const lowHalf = (1n << 128n) - 1n
const periodIndexMask = (1n << 64n) - 1n

export const nonceSlot = bytesToHex(integerWord(namespace))
export const revokedSlot = (grant: Hex): Hex => mappingSlot(grant, namespace + 1n)
export const usedSlot = (digest: Hex): Hex => mappingSlot(digest, namespace + 3n)
/** {total, inPeriod} in the first word, {periodIndex} in the next. */
const spentSlots = (grant: Hex): readonly [Hex, Hex] => {
  const first = BigInt(mappingSlot(grant, namespace + 2n))
  return [bytesToHex(integerWord(first)), bytesToHex(integerWord(first + 1n))]
}

export type DelegateWords = {
  readonly revocationNonce: number
  readonly revoked: ReadonlySet<Hex>
  readonly spent: ReadonlyMap<Hex, BudgetSpent>
}

/** Everything an owner's account says of these grants. Throws `payments/ledger-unreachable`. */
export async function readDelegateWords(
  reader: LedgerReader,
  owner: Address,
  grants: readonly Hex[],
): Promise<DelegateWords> {
  const word = (slot: Hex): Promise<bigint> => readWord(reader, owner, slot)
  const [nonce, ended, spent] = await Promise.all([
    word(nonceSlot),
    Promise.all(grants.map((grant) => word(revokedSlot(grant)))),
    Promise.all(grants.map((grant) => Promise.all(spentSlots(grant).map(word)))),
  ])
  return {
    revocationNonce: Number(nonce),
    revoked: new Set(grants.filter((_, place) => ended[place] !== 0n)),
    spent: new Map(grants.map((grant, place) => [grant, spentOf(spent[place] as readonly bigint[])])),
  }
}

/** One word of an account. Throws `payments/ledger-unreachable`. */
export async function readWord(
  reader: LedgerReader,
  address: Address,
  slot: Hex,
  blockNumber?: bigint,
): Promise<bigint> {
  const word = reader.getStorageAt({ address, slot, ...(blockNumber === undefined ? {} : { blockNumber }) })
  return BigInt((await reachable(word)) ?? 0)
}

function spentOf([first = 0n, second = 0n]: readonly bigint[]): BudgetSpent {
  return {
    ...{ totalAtomic: first & lowHalf, periodAtomic: first >> 128n, allocatedAtomic: 0n },
    periodIndex: Number(second & periodIndexMask),
  }
}

function mappingSlot(key: Hex, mapping: bigint): Hex {
  return bytesToHex(keccak256(concatBytes(bytes32Word(key), integerWord(mapping))))
}
