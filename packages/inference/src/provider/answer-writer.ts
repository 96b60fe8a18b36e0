import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Hex } from '@koinon/base'
import { type SignedReceipt, signedReceiptToJson } from '@koinon/work'
import { toOpenAiError } from '../rules/openai-error.ts'
import {
  type AnswerHead,
  answerBody,
  finishChunk,
  roleChunk,
  type TokenLogprob,
  textChunk,
  usageChunk,
} from '../rules/openai-response.ts'
import { doneEvent, sseEvent } from '../rules/sse.ts'
import { receiptHeader } from '../wire/headers.ts'
import type { EngineEnd, EnginePiece } from './engine-port.ts'

/** Turns engine events into the bytes of an answer, keeps them for the evidence and hashes what the receipt covers. */
export type AnswerWriter = {
  piece(piece: EnginePiece): void
  /** Completes the hashed bytes; they are not all sent yet. */
  close(end: EngineEnd): { readonly bytes: Uint8Array; readonly hash: Hex }
  /** Sends the rest, with the signed receipt as trailer. */
  finish(receipt: SignedReceipt): void
  /** Ends an answer that failed; what was sent stays sent. */
  fail(error: unknown): void
}

const trailerHeaders = { trailer: receiptHeader } as const

/** Writer of an event stream; pieces go out at once. `unsureBelow` as in `ServedModel`. */
export function createStreamWriter(
  response: ServerResponse,
  head: AnswerHead,
  options: { readonly includeUsage: boolean; readonly unsureBelow: number | undefined },
): AnswerWriter {
  const sent: Buffer[] = []
  let textOffset = 0
  const write = (json: unknown): void => {
    if (!response.headersSent) {
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        ...trailerHeaders,
      })
    }
    const bytes = Buffer.from(sseEvent(json))
    sent.push(bytes)
    response.write(bytes)
  }
  const begin = (): void => {
    if (sent.length === 0 && head.kind === 'chat') write(roleChunk(head))
  }
  return {
    piece({ text, logprobs }) {
      begin()
      write(textChunk(head, text, logprobs, textOffset))
      textOffset += text.length
    },
    close(end) {
      begin()
      write({ ...finishChunk(head, end.finishReason), ...unsureMark(end, options.unsureBelow) })
      if (options.includeUsage) write(usageChunk(head, end))
      const bytes = Buffer.concat(sent)
      return { bytes, hash: hashOf(bytes) }
    },
    finish(receipt) {
      response.addTrailers({ [receiptHeader]: encodeReceipt(receipt) })
      response.end(doneEvent)
    },
    fail(error) {
      if (!response.headersSent) throw error
      response.end(sseEvent(toOpenAiError(error).body))
    },
  }
}

/** Writer of a whole JSON body, sent when its receipt is durable. */
export function createJsonWriter(
  response: ServerResponse,
  head: AnswerHead,
  options: { readonly wantsLogprobs: boolean; readonly unsureBelow: number | undefined },
): AnswerWriter {
  let text = ''
  const logprobs: TokenLogprob[] = []
  let body: Buffer = Buffer.alloc(0)
  return {
    piece(piece) {
      text += piece.text
      logprobs.push(...(piece.logprobs ?? []))
    },
    close(end) {
      const answer = {
        text,
        finishReason: end.finishReason,
        usage: end,
        logprobs: options.wantsLogprobs ? logprobs : undefined,
      }
      body = Buffer.from(JSON.stringify({ ...answerBody(head, answer), ...unsureMark(end, options.unsureBelow) }))
      return { bytes: body, hash: hashOf(body) }
    },
    finish(receipt) {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...trailerHeaders })
      response.write(body)
      response.addTrailers({ [receiptHeader]: encodeReceipt(receipt) })
      response.end()
    },
    fail(error) {
      throw error
    },
  }
}

/** A notice beside the answer; the answer itself stays what the model said. */
function unsureMark(end: EngineEnd, unsureBelow: number | undefined): { readonly koinon?: { readonly unsure: true } } {
  const isUnsure = unsureBelow !== undefined && end.leastProbable !== undefined && end.leastProbable < unsureBelow
  return isUnsure ? { koinon: { unsure: true } } : {}
}

function hashOf(bytes: Uint8Array): Hex {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`
}

function encodeReceipt(receipt: SignedReceipt): string {
  return Buffer.from(JSON.stringify(signedReceiptToJson(receipt))).toString('base64url')
}
