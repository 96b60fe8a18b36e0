/** The call that moves what a Permit2 payment came to (specs/0022-machine-payments.md section 4.1). */
import { type Hex, sha256Hex } from '@koinon/base'
import { uptoPermit2ProxyAbi } from '@koinon/ledger/abis'
import { encodeFunctionData } from 'viem'
import { type Secp256k1Engine, secp256k1Engine } from '../core/native-secp256k1.ts'
import { upToKey } from '../rules/exact.ts'
import type { AllowancePermit, UpToAuthorization } from '../rules/terms.ts'
import { settlementDigest, upToDigest, upToProxyAddress } from '../rules/up-to.ts'
import {
  type AuthorizedMove,
  badAuthorization,
  isSignedBy,
  joinSignature,
  splitSignature,
  unwrap,
} from './authorized-move.ts'

/** The call of a payment of `valueAtomic`, which is at most the maximum. Throws `payments/bad-authorization`. */
export function upToMove(
  authorization: UpToAuthorization,
  chainId: number,
  engine: Secp256k1Engine = secp256k1Engine,
): AuthorizedMove {
  const { token, from, to, facilitator, maximumAtomic, valueAtomic, validAfter, validBefore, nonce, allowance } =
    authorization
  if (valueAtomic <= 0n || valueAtomic > maximumAtomic)
    throw badAuthorization(`${valueAtomic} is not between 1 and its ceiling of ${maximumAtomic}`)
  const digest = upToDigest(authorization, chainId)
  const { signature, prepare } = unwrap(authorization.signature)
  if (prepare !== undefined) throw badAuthorization('a wallet that does not exist yet pays by another scheme')
  const isKeySigned = isSignedBy(from, digest, signature, engine)
  const permit = { permitted: { token, amount: maximumAtomic }, nonce: BigInt(nonce), deadline: validBefore }
  const args = [
    permit,
    valueAtomic,
    from,
    { to, facilitator, validAfter },
    isKeySigned ? joinSignature(splitSignature(signature)) : signature,
  ] as const
  const data =
    allowance === undefined
      ? encodeFunctionData({ abi: uptoPermit2ProxyAbi, functionName: 'settle', args })
      : encodeFunctionData({
          abi: uptoPermit2ProxyAbi,
          functionName: 'settleWithPermit',
          args: [allowanceOf(allowance, maximumAtomic), ...args],
        })
  return {
    kind: 'transfer',
    key: upToKey(token, from, BigInt(nonce)),
    digest: settlementDigest(digest, valueAtomic),
    ...{ token, from, to, valueAtomic, validAfter, nonce },
    // Permit2 takes it in the second of its deadline too.
    validBefore: validBefore + 1n,
    gains: to,
    call: { to: upToProxyAddress, data },
    sentBy: facilitator,
    isKeySigned,
    signatureHash: sha256Hex(authorization.signature),
  }
}

function allowanceOf({ deadline, signature }: AllowancePermit, value: bigint) {
  if (!/^0x[0-9a-f]{130}$/i.test(signature)) throw badAuthorization('its EIP-2612 permit is not signed by a key')
  const [v, r, s] = splitSignature(signature as Hex)
  return { value, deadline, r, s, v }
}
