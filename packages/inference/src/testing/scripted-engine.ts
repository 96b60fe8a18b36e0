import { bytesToHex, type Hex, sleep, utf8ToBytes } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import type { EngineDescription, EngineEnd, EnginePiece, EnginePort, EngineRequest } from '../provider/engine-port.ts'

export type ScriptedEngineOptions = {
  readonly model?: string
  /** Pieces of every answer, one token each. */
  readonly pieces?: readonly string[]
  /** Time before each piece. */
  readonly pieceDelayMs?: number
  /** Throws instead of the piece with this index. */
  readonly failAtPiece?: number
  readonly contextLength?: number
  /** What it says of its certainty; nothing unless given. */
  readonly leastProbable?: number
}

/** An engine whose timing and failures a test decides. Its answers are made up; everything around it is real. */
export class ScriptedEngine implements EnginePort {
  readonly #options: Required<Omit<ScriptedEngineOptions, 'failAtPiece' | 'leastProbable'>> & {
    readonly failAtPiece: number | undefined
    readonly leastProbable: number | undefined
  }
  /** Answers begun, and those that ended in any way. */
  begun = 0
  ended = 0
  readonly requests: EngineRequest[] = []

  constructor(options: ScriptedEngineOptions = {}) {
    this.#options = {
      model: options.model ?? 'demo',
      pieces: options.pieces ?? ['Hello', ' from', ' the', ' engine'],
      pieceDelayMs: options.pieceDelayMs ?? 0,
      failAtPiece: options.failAtPiece,
      leastProbable: options.leastProbable,
      contextLength: options.contextLength ?? 4_096,
    }
  }

  describe(): EngineDescription {
    return {
      model: this.#options.model,
      modelManifest: named('manifest'),
      determinismClass: named('class'),
      quantisation: 'Q8_0',
      parameters: 1_000_000,
      contextLength: this.#options.contextLength,
      rung: 2,
      label: 'scripted',
    }
  }

  async *generate(request: EngineRequest, signal: AbortSignal): AsyncGenerator<EnginePiece | EngineEnd> {
    const { pieces, pieceDelayMs, failAtPiece, leastProbable } = this.#options
    this.begun += 1
    this.requests.push(request)
    let count = 0
    try {
      for (const text of pieces.slice(0, request.maxTokens)) {
        if (pieceDelayMs > 0) await sleep(pieceDelayMs, signal)
        if (signal.aborted) break
        if (count === failAtPiece) throw new Error('the script says so')
        count += 1
        yield { kind: 'piece', text, logprobs: undefined }
      }
      const finishReason = signal.aborted ? 'abort' : pieces.length > request.maxTokens ? 'length' : 'stop'
      yield {
        kind: 'end',
        finishReason,
        promptTokens: 5,
        cachedTokens: 0,
        outputTokens: count,
        maxTokens: request.maxTokens,
        promptTokenIds: [1, 2, 3, 4, 5],
        outputTokenIds: Array.from({ length: count }, (_, index) => 100 + index),
        leastProbable,
      }
    } finally {
      this.ended += 1
    }
  }
}

function named(name: string): Hex {
  return bytesToHex(sha256Native(utf8ToBytes(name)))
}
