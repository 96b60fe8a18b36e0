/** The OpenAI path of the fake network: streams an answer and attaches a real bundle. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytesToHex, concatBytes, type Hex, sleep, systemRandom, utf8ToBytes } from '@koinon/base'
import { replyTo, tokensOf } from './fake-answers.ts'
import { bundleText, signFakeAnswer } from './fake-receipts.ts'
import type { FakeState } from './fake-state.ts'

/** Streams one answer. `paceMs` is the pause between tokens. */
export async function answerChat(
  state: FakeState,
  request: IncomingMessage,
  response: ServerResponse,
  requestBytes: Uint8Array,
  paceMs: number,
): Promise<void> {
  const body = JSON.parse(new TextDecoder().decode(requestBytes)) as {
    model: string
    messages: { role: string; content: string }[]
  }
  const receivedAtMs = state.nowMs()
  const requestId: Hex = bytesToHex(systemRandom(16))
  const reply = replyTo(body.messages.at(-1)?.content ?? '')
  const tokens = tokensOf(reply.text)
  const promptTokens = tokensOf(body.messages.map((message) => message.content).join(' ')).length + 12
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-koinon-receipt': requestId.slice(2),
  })
  response.flushHeaders()
  await sleep(paceMs * 6, gone.signal)
  const firstByteAtMs = state.nowMs()
  const sent: Uint8Array[] = []
  const write = (line: string): void => {
    const bytes = utf8ToBytes(line)
    sent.push(bytes)
    response.write(bytes)
  }
  const chunk = (fields: Record<string, unknown>): string =>
    `data: ${JSON.stringify({ id: `chatcmpl-${requestId.slice(2)}`, object: 'chat.completion.chunk', created: Math.floor(receivedAtMs / 1000), model: body.model, ...fields })}\n\n`
  for (const token of tokens) {
    if (gone.signal.aborted) return
    write(chunk({ choices: [{ index: 0, delta: { content: token }, finish_reason: null }] }))
    await sleep(paceMs, gone.signal)
  }
  if (gone.signal.aborted) return
  write(
    chunk({
      choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: promptTokens,
        completion_tokens: tokens.length,
        total_tokens: promptTokens + tokens.length,
      },
      ...(reply.unsure ? { koinon: { unsure: true } } : {}),
    }),
  )
  const key = state.keyOf(request)
  const miner = state.pickMiner()
  const answer = {
    requestId,
    payer: state.account,
    model: body.model === 'default' ? state.modelId : body.model,
    requestBytes,
    responseBytes: concatBytes(...sent),
    promptTokens,
    outputTokens: tokens.length,
    receivedAtMs,
    firstByteAtMs,
    endedAtMs: state.nowMs(),
    cumulativePicoUsd: BigInt(key?.owedPicoUsd ?? '0'),
  }
  const bundle = signFakeAnswer(answer, state.gateway, miner)
  state.remember(answer, bundle, key)
  response.write(`: koinon-receipt ${Buffer.from(bundleText(bundle)).toString('base64url')}\n\ndata: [DONE]\n\n`)
  response.end()
}
