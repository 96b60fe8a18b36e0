import { type Hex, isKoinonError } from '@koinon/base'
import { parseBundle, signedReceiptToJson } from '@koinon/work'
import { callPooledNode } from '../wire/pooled-node-call.ts'
import type { AttemptContext } from './attempt-context.ts'
import type { Candidate } from './provider-table.ts'
import type { ExpectedReceipt, InspectedReceipt } from './receipt-inspection.ts'
import { AttemptFailed } from './refusal.ts'

const recoveryTimeoutMs = 2_000

/** Checks the receipt; when the trailer got lost, asks the provider for it once. */
export async function requireReceipt(
  context: AttemptContext,
  { link }: Candidate,
  trailer: string | undefined,
  expected: ExpectedReceipt,
): Promise<InspectedReceipt> {
  try {
    return context.inspector.inspect(trailer ?? (await recover(context, link, expected.requestId)), expected)
  } catch (error) {
    throw isKoinonError(error) && error.code === 'gateway/bad-receipt'
      ? new AttemptFailed(error, trailer === undefined ? 'unreachable' : 'dishonest')
      : error
  }
}

async function recover(context: AttemptContext, link: Candidate['link'], requestId: Hex): Promise<string | undefined> {
  try {
    const json = await callPooledNode(context.modules, {
      dispatcher: link.pool,
      recipient: link.account,
      method: 'GET',
      path: `/v1/receipts/${requestId}`,
      timeoutMs: recoveryTimeoutMs,
    })
    const [hop] = parseBundle(json).hops
    return hop === undefined ? undefined : Buffer.from(JSON.stringify(signedReceiptToJson(hop))).toString('base64url')
  } catch {
    return undefined
  }
}
