/** Fetching a receipt from a gateway and judging it in the caller's own process. */
import { KoinonError, verifySession } from '@koinon/base'
import { inferenceKind } from '@koinon/inference/rules'
import { type AnswerEngine, type AnswerEvidence, parseAnswerEvidence, verifyAnswer } from '@koinon/inference/verifier'
import { checkHttpBundle, httpKind, type RecordedPayment } from '@koinon/payments/rules'
import { type Check, notChecked, parseBundle, type ReceiptBundle, type Rung } from '@koinon/work'

export type GatewayAccess = { readonly gatewayUrl: string; readonly apiKey: string }

/** A receipt and, when the provider still shows it, the evidence behind it. */
export type FetchedReceipt = {
  readonly bundle: ReceiptBundle
  readonly evidence: AnswerEvidence | undefined
  readonly evidenceProblem: string | undefined
}

/** Bodies as the caller sent and received them, and what it paid, where it kept them; they count more than what the provider shows. */
export type OwnBodies = {
  readonly ownRequest?: Uint8Array
  readonly ownResponse?: Uint8Array
  /** Of what was bought over HTTP. */
  readonly payment?: RecordedPayment
}

const timeoutMs = 15_000

/**
 * Fetches a receipt by id with the payer's API key. Throws `gateway/no-receipt`, `gateway/refused`, `gateway/unreachable`,
 * `gateway/bad-answer`, or as `parseBundle`.
 */
export async function fetchReceipt(access: GatewayAccess, id: string): Promise<FetchedReceipt> {
  const bundle = parseBundle(await get(access, `/v1/receipts/${encodeURIComponent(id)}`))
  requireInference(bundle)
  try {
    const evidence = parseAnswerEvidence(await get(access, `/v1/receipts/${encodeURIComponent(id)}/evidence`))
    return { bundle, evidence, evidenceProblem: undefined }
  } catch (error) {
    return { bundle, evidence: undefined, evidenceProblem: (error as Error).message }
  }
}

/** Which checks are made follows from the kind, so a gateway that shows another one for an answer would choose fewer. */
function requireInference({ hops }: ReceiptBundle): void {
  const kind = hops[0]?.receipt.kind
  if (kind === inferenceKind) return
  throw new KoinonError({
    code: 'gateway/bad-answer',
    message: 'The gateway shows a receipt of another kind for an answer of a model',
    hint: 'Do not take it for one. Purchases over HTTP are kept by who paid: koinon receipt list.',
  })
}

/** Checks a receipt of any kind up to a level; L2 needs an engine with the model that the receipt names. */
export async function verifyReceipt(
  receipt: Pick<FetchedReceipt, 'bundle' | 'evidence'> & OwnBodies,
  options: { readonly level: Rung; readonly chainId?: number; readonly engine?: AnswerEngine },
): Promise<readonly Check[]> {
  const { level, chainId, engine } = options
  if (receipt.bundle.hops[0]?.receipt.kind === httpKind) return verifyPurchase(receipt, level, chainId)
  return verifyAnswer(
    {
      ...receipt,
      verifySession,
      ...(chainId === undefined ? {} : { chainId }),
      ...(engine === undefined ? {} : { engine }),
    },
    level,
  )
}

function verifyPurchase(
  { bundle, ownRequest, ownResponse, payment }: Pick<FetchedReceipt, 'bundle'> & OwnBodies,
  level: Rung,
  chainId: number | undefined,
): readonly Check[] {
  const paper = checkHttpBundle({
    bundle,
    verifySession,
    ...(ownRequest === undefined ? {} : { request: ownRequest }),
    ...(ownResponse === undefined ? {} : { response: ownResponse }),
    ...(payment === undefined ? {} : { payment }),
    ...(chainId === undefined ? {} : { chainId }),
  })
  return level === 'L0' ? paper : [...paper, notChecked('replay', 'what a seller answers cannot be computed again')]
}

async function get({ gatewayUrl, apiKey }: GatewayAccess, path: string): Promise<unknown> {
  const response = await fetch(`${gatewayUrl}${path}`, {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: Error) => {
    throw new KoinonError({
      code: 'gateway/unreachable',
      message: `The gateway at ${gatewayUrl} does not answer`,
      hint: 'Check that it runs ("koinon status").',
      retry: 'later',
      cause,
    })
  })
  const text = await response.text()
  if (response.ok) return parsed(text, gatewayUrl)
  throw new KoinonError({
    code: response.status === 404 ? 'gateway/no-receipt' : 'gateway/refused',
    message: messageOf(text) ?? `The gateway answered with status ${response.status}`,
    retry: response.status >= 500 ? 'later' : 'never',
    details: { status: response.status },
  })
}

function parsed(text: string, gatewayUrl: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new KoinonError({
      code: 'gateway/bad-answer',
      message: `What answers at ${gatewayUrl} sent no JSON`,
      hint: 'Check that the URL is that of a gateway, without /v1 at its end.',
      cause,
    })
  }
}

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: { message?: string } }).error?.message
  } catch {
    return undefined
  }
}
