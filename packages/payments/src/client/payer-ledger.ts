import type { Address, Hex } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { dollarAbi } from '@koinon/ledger/abis'
import { reachable, readChannelFacts } from '../core/escrow.ts'
import type { EscrowDomain } from '../rules/channel.ts'
import { type Permit2Ledger, permit2Ledger } from './permit2-ledger.ts'

/** What a payer may ask the ledger, so that it need not believe sellers. */
export type PayerLedger = {
  /** What lies in a channel. Throws `payments/ledger-unreachable`. */
  depositOf(domain: EscrowDomain, channelId: Hex): Promise<bigint>
  /** Whether an EIP-3009 authorization was used. Throws `payments/ledger-unreachable`. */
  isUsed(chainId: number, token: Address, from: Address, nonce: Hex): Promise<boolean>
  /** What an account holds of a token, atomic units. Throws `payments/ledger-unreachable`. */
  balanceOf(chainId: number, token: Address, account: Address): Promise<bigint>
  /** Left out, nothing is paid by Permit2. */
  readonly permit2?: Permit2Ledger
}

/** The ledger behind a reader of one chain. */
export function payerLedger(reader: LedgerReader): PayerLedger {
  return {
    permit2: permit2Ledger(reader),
    async depositOf(domain, channelId) {
      const facts = await readChannelFacts(reader, domain, [channelId])
      return facts.get(channelId)?.depositAtomic ?? 0n
    },
    balanceOf: (_chainId, token, account) =>
      reachable(reader.readContract({ address: token, abi: dollarAbi, functionName: 'balanceOf', args: [account] })),
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
