import { type Address, addressWord, domainSeparator, integerWord, typedDigest, typeHash } from '@koinon/base'
import type { AgentRef } from './agent-id.ts'

/** What the new wallet agrees to: to be paid and to speak for the agent of this owner. `deadlineSeconds`: at most 5 minutes ahead. */
export type WalletProof = { readonly wallet: Address; readonly owner: Address; readonly deadlineSeconds: bigint }

const proofType = typeHash('AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 deadline)')

/** EIP-712 digest that `wallet` signs, in the domain of the identity registry. */
export function walletProofDigest(ref: AgentRef, { wallet, owner, deadlineSeconds }: WalletProof): Uint8Array {
  const domain = domainSeparator({
    name: 'ERC8004IdentityRegistry',
    version: '1',
    chainId: ref.chainId,
    verifyingContract: ref.registry,
  })
  return typedDigest(domain, proofType, [
    integerWord(ref.agentId),
    addressWord(wallet),
    addressWord(owner),
    integerWord(deadlineSeconds),
  ])
}
