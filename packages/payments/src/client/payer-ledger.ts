import type { Address, Hex } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { dollarAbi } from '@koinon/ledger/abis'
import { reachable, readChannelFacts } from '../core/escrow.ts'
import type { EscrowDomain } from '../rules/channel.ts'
import type { UpToAuthorization } from '../rules/terms.ts'
import { permit2Ledger } from './permit2-ledger.ts'

/** What a payer may ask the ledger, so that it need not believe sellers. */
export type PayerLedger = {
  /** What lies in a channel. Throws `payments/ledger-unreachable`. */
  depositOf(domain: EscrowDomain, channelId: Hex): Promise<bigint>
  /** Whether an EIP-3009 authorization was used. Throws `payments/ledger-unreachable`. */
  isUsed(chainId: number, token: Address, from: Address, nonce: Hex): Promise<boolean>
  /** Left out, nothing is paid by Permit2. */
  readonly permit2?: Permit2Ledger
}

/** What a payer by Permit2 has to know. All throw `payments/ledger-unreachable`. */
export type Permit2Ledger = {
  /** What Permit2 may move; `permitNonce` of the owner's next EIP-2612 permit, undefined where the token has none. */
  allowance(
    chainId: number,
    token: Address,
    owner: Address,
  ): Promise<{ readonly allowanceAtomic: bigint; readonly permitNonce: bigint | undefined }>
  isUsed(chainId: number, owner: Address, nonce: Hex): Promise<boolean>
  /** What a transaction took under this authorization; undefined where that cannot be read from it. */
  chargeOf(chainId: number, authorization: UpToAuthorization, transaction: Hex): Promise<bigint | undefined>
}

/** The ledger behind a reader of one chain. */
export function payerLedger(reader: LedgerReader): PayerLedger {
  return {
    permit2: permit2Ledger(reader),
    async depositOf(domain, channelId) {
      const facts = await readChannelFacts(reader, domain, [channelId])
      return facts.get(channelId)?.depositAtomic ?? 0n
    },
    isUsed: (_chainId, token, from, nonce) =>
      reachable(
        reader.readContract({
          address: token,
          abi: dollarAbi,
          functionName: 'authorizationState',
          args: [from, nonce],
        }),
      ),
  }
}
