import type { Address, Hex } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { dollarAbi, signatureTransferAbi } from '@koinon/ledger/abis'
import { reachable } from '../../core/escrow.ts'
import { nonceBit, permit2Address } from '../../rules/up-to.ts'
import { upToChargeIn } from '../permit2-ledger.ts'
import { nonceSlot, readWord, revokedSlot, usedSlot } from './delegate-storage.ts'

/** What became of something signed that ends by itself: done, never to be done, or not known yet. */
export type SignedOutcome = 'done' | 'dead' | 'unknown'

/** What the owner's account says of revocations. */
export type RevocationFacts = { readonly revocationNonce: number; readonly revoked: readonly Hex[] }

/** The ledger as budgets ask it. Every method throws `payments/ledger-unreachable` when it cannot be asked. */
export type BudgetChain = {
  readRevocations(owner: Address, grants: readonly Hex[]): Promise<RevocationFacts>
  /** A batch of the owner's delegate; it can be used up to and with `deadline`. */
  batchOutcome(owner: Address, digest: Hex, deadline: number): Promise<SignedOutcome>
  /** A Permit2 payment of an account; it can be used up to and with `lastSecond`. */
  upToOutcome(account: Address, nonce: Hex, lastSecond: number): Promise<SignedOutcome>
  /** What a settled transaction took under the Permit2 payment of this nonce; undefined where it did not, or that cannot be read from it. */
  upToCharge(account: Address, nonce: Hex, transaction: Hex): Promise<bigint | undefined>
  /** An EIP-3009 transfer; it can be used before `validBefore`. */
  authorizationOutcome(token: Address, account: Address, nonce: Hex, validBefore: number): Promise<SignedOutcome>
}

/** Reads a network's ledger; `unsettledBlocks` behind the head are expected to be replaced (0 on a single sequencer's chain). */
export function createBudgetChain(options: {
  readonly reader: LedgerReader
  readonly unsettledBlocks: number
}): BudgetChain {
  const { reader, unsettledBlocks } = options
  const wordAt = (address: Address, slot: Hex, block?: bigint) => readWord(reader, address, slot, block)
  const settledBlock = async () => {
    const head = await reachable(reader.getBlockNumber({ cacheTime: 0 }))
    return reachable(reader.getBlock({ blockNumber: head > unsettledBlocks ? head - BigInt(unsettledBlocks) : 0n }))
  }
  const outcome = async (isDone: (blockNumber: bigint) => Promise<boolean>, lastSecond: number) => {
    const block = await settledBlock()
    if (await isDone(block.number)) return 'done'
    return Number(block.timestamp) > lastSecond ? 'dead' : 'unknown'
  }
  return {
    async readRevocations(owner, grants) {
      const [nonce, ...ended] = await Promise.all([
        wordAt(owner, nonceSlot),
        ...grants.map((hash) => wordAt(owner, revokedSlot(hash))),
      ])
      return { revocationNonce: Number(nonce), revoked: grants.filter((_, index) => ended[index] !== 0n) }
    },
    batchOutcome: (owner, digest, deadline) =>
      outcome(async (block) => (await wordAt(owner, usedSlot(digest), block)) !== 0n, deadline),
    upToOutcome: (account, nonce, lastSecond) => {
      const { word, bit } = nonceBit(nonce)
      const call = { address: permit2Address, abi: signatureTransferAbi, functionName: 'nonceBitmap' } as const
      return outcome(
        async (blockNumber) =>
          (((await reachable(reader.readContract({ ...call, args: [account, word], blockNumber }))) >> bit) & 1n) ===
          1n,
        lastSecond,
      )
    },
    async upToCharge(from, nonce, transaction) {
      const [settled, charge] = await Promise.all([settledBlock(), upToChargeIn(reader, { from, nonce }, transaction)])
      return charge === undefined || charge.blockNumber > settled.number ? undefined : charge.amountAtomic
    },
    authorizationOutcome: (token, account, nonce, validBefore) =>
      outcome((blockNumber) => {
        const call = { address: token, abi: dollarAbi, functionName: 'authorizationState' } as const
        return reachable(reader.readContract({ ...call, args: [account, nonce], blockNumber }))
      }, validBefore - 1),
  }
}
