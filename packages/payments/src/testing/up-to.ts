/** `upto` payments in the form that clients send, and what a payer allows Permit2. */
import type { Address, Hex } from '@koinon/base'
import { testDollarAbi } from '@koinon/ledger/abis'
import type { UpToAuthorization } from '../rules/terms.ts'
import { permit2Address, upToProxyAddress } from '../rules/up-to.ts'
import { encodeBase64Json } from '../x402/client/x402-wire.ts'
import type { TestNetwork } from './chain.ts'
import { dollarOf } from './settlement.ts'
import { testNetworkName } from './stock-sellers.ts'

type Json = Readonly<Record<string, unknown>>

/** The scheme's payload; `changes` replace members of what was signed. */
export function upToPayload(authorization: UpToAuthorization, changes: Json = {}): Json {
  const { signature, token, from, to, facilitator, maximumAtomic, validAfter, validBefore, nonce } = authorization
  return {
    signature,
    permit2Authorization: {
      from,
      permitted: { token, amount: maximumAtomic.toString() },
      spender: upToProxyAddress,
      nonce: BigInt(nonce).toString(),
      deadline: validBefore.toString(),
      witness: { to, facilitator, validAfter: validAfter.toString() },
      ...changes,
    },
  }
}

/** A request that carries a payment. */
export function payUpTo(
  net: TestNetwork,
  url: string,
  authorization: UpToAuthorization,
  changes: Json = {},
): Promise<Response> {
  const accepted = { scheme: 'upto', network: testNetworkName(net) }
  const payment = { x402Version: 2, accepted, payload: upToPayload(authorization, changes) }
  return fetch(url, { headers: { 'payment-signature': encodeBase64Json(payment) } })
}

/** What servers send a facilitator. */
export function facilitatorBody(
  net: TestNetwork,
  authorization: UpToAuthorization,
  payTo: Address,
  amountAtomic = authorization.maximumAtomic,
): Json {
  const requirements = {
    ...{ scheme: 'upto', network: testNetworkName(net), asset: authorization.token, payTo },
    ...{ amount: amountAtomic.toString(), maxTimeoutSeconds: 60, extra: {} },
  }
  const accepted = { ...requirements, amount: authorization.maximumAtomic.toString() }
  return {
    x402Version: 2,
    paymentPayload: { x402Version: 2, accepted, payload: upToPayload(authorization) },
    paymentRequirements: requirements,
  }
}

/** What Permit2 may move of an account's dollars. */
export function allowanceOf(net: TestNetwork, owner: Hex): Promise<bigint> {
  return net.reader.readContract({
    address: dollarOf(net).token,
    abi: testDollarAbi,
    functionName: 'allowance',
    args: [owner, permit2Address],
  })
}

/** Lets Permit2 move so much, by a transaction. */
export async function allowPermit2(
  net: TestNetwork,
  who: Awaited<ReturnType<TestNetwork['fund']>>,
  atomic: bigint,
): Promise<void> {
  await who.sender.call({
    address: dollarOf(net).token,
    abi: testDollarAbi,
    functionName: 'approve',
    args: [permit2Address, atomic],
  })
}
