/** Signatures under a submitted result: no event has them, the transaction that showed them does. */
import { type Address, type Hex, hexToBytes, recoverAddress } from '@koinon/base'
import { epochsAbi } from '@koinon/ledger/abis'
import { decodeFunctionData, toFunctionSelector } from 'viem'
import type { SubmittedRoot } from './subnet-ledger.ts'

const [submitRoot] = epochsAbi.filter((item) => item.type === 'function' && item.name === 'submitRoot')
const selector = toFunctionSelector(submitRoot as Parameters<typeof toFunctionSelector>[0]).slice(2)

/** Of one input: calls looked at, hex digits of each (256 seats and 64 signatures take fewer than 40 KiB), and keys recovered. */
const most = { calls: 16, callLength: 131_072, recoveries: 512 }

/**
 * By signer, out of a transaction's input: that of `submitRoot` itself, or of a call to another contract that hands it on as it is. Those
 * that cannot be found are left out, as whoever submits can have it: through a contract that hands on something else, or behind more than
 * is looked at here.
 */
export function submittedSignatures(
  input: Hex,
  { resultHash, signedBy }: Pick<SubmittedRoot, 'resultHash' | 'signedBy'>,
): ReadonlyMap<Address, Hex> {
  const found = new Map<Address, Hex>()
  const digest = hexToBytes(resultHash)
  const seen = new Set<Hex>()
  let calls = 0
  for (
    let at = input.indexOf(selector, 2);
    at >= 0 && calls < most.calls && found.size < signedBy.length;
    at = input.indexOf(selector, at + 1)
  ) {
    if (at % 2 !== 0) continue
    calls += 1
    for (const signature of signaturesOf(`0x${input.slice(at, at + most.callLength)}`)) {
      if (seen.size >= most.recoveries) return found
      if (seen.has(signature)) continue
      seen.add(signature)
      const signer = signerOf(digest, signature)
      if (signer !== undefined && signedBy.includes(signer)) found.set(signer, signature)
    }
  }
  return found
}

function signaturesOf(data: Hex): readonly Hex[] {
  try {
    const { functionName, args } = decodeFunctionData({ abi: epochsAbi, data })
    return functionName === 'submitRoot' ? args[3] : []
  } catch {
    return []
  }
}

function signerOf(digest: Uint8Array, signature: Hex): Address | undefined {
  try {
    return recoverAddress(digest, signature)
  } catch {
    return undefined
  }
}
