import { type Address, type Hex, toAddress } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { signatureTransferAbi, testDollarAbi, uptoPermit2ProxyAbi } from '@koinon/ledger/abis'
import { decodeFunctionData } from 'viem'
import { reachable } from '../core/escrow.ts'
import type { UpToAuthorization } from '../rules/terms.ts'
import { nonceBit, permit2Address, upToProxyAddress } from '../rules/up-to.ts'

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

/** Permit2 and the proxy of `upto` behind a reader of one chain. */
export function permit2Ledger(reader: LedgerReader): Permit2Ledger {
  return {
    async allowance(_chainId, token, owner) {
      const [allowanceAtomic, permitNonce] = await reachable(
        Promise.all([
          reader.readContract({
            address: token,
            abi: testDollarAbi,
            functionName: 'allowance',
            args: [owner, permit2Address],
          }),
          reader
            .readContract({ address: token, abi: testDollarAbi, functionName: 'nonces', args: [owner] })
            .catch((error: Error) => {
              if (error.name === 'ContractFunctionExecutionError') return undefined
              throw error
            }),
        ]),
      )
      return { allowanceAtomic, permitNonce }
    },
    async isUsed(_chainId, owner, nonce) {
      const { word, bit } = nonceBit(nonce)
      const used = await reachable(
        reader.readContract({
          address: permit2Address,
          abi: signatureTransferAbi,
          functionName: 'nonceBitmap',
          args: [owner, word],
        }),
      )
      return ((used >> bit) & 1n) === 1n
    },
    async chargeOf(_chainId, authorization, transaction) {
      return (await upToChargeIn(reader, authorization, transaction))?.amountAtomic
    },
  }
}

/** What a transaction took under a payment, and in which block; undefined where that cannot be read from it. Throws `payments/ledger-unreachable`. */
export async function upToChargeIn(
  reader: LedgerReader,
  payment: Pick<UpToAuthorization, 'from' | 'nonce'>,
  transaction: Hex,
): Promise<{ readonly amountAtomic: bigint; readonly blockNumber: bigint } | undefined> {
  const [receipt, sent] = await reachable(
    Promise.all([reader.getTransactionReceipt({ hash: transaction }), reader.getTransaction({ hash: transaction })]),
  )
  if (receipt.status !== 'success' || sent.to === null || toAddress(sent.to) !== upToProxyAddress) return undefined
  const amountAtomic = amountIn(sent.input, payment)
  return amountAtomic === undefined ? undefined : { amountAtomic, blockNumber: receipt.blockNumber }
}

/** The amount in a call of the proxy that settles exactly this authorization: a transaction of another call proves nothing. */
function amountIn(input: Hex, { from, nonce }: Pick<UpToAuthorization, 'from' | 'nonce'>): bigint | undefined {
  try {
    const { functionName, args } = decodeFunctionData({ abi: uptoPermit2ProxyAbi, data: input })
    if (functionName !== 'settle' && functionName !== 'settleWithPermit') return undefined
    const [permit, amount, owner] = functionName === 'settle' ? args : args.slice(1)
    const isIt = (permit as { readonly nonce: bigint }).nonce === BigInt(nonce) && toAddress(owner as Hex) === from
    return isIt ? (amount as bigint) : undefined
  } catch {
    return undefined
  }
}
