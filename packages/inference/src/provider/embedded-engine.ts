import type { TokenLogprob } from '../rules/openai-response.ts'
import { type InferenceEngine, type TokenEvent } from './engine/index.ts'
import type { EngineDescription, EngineEnd, EnginePiece, EnginePort, EngineRequest } from './engine-port.ts'

const decoder = new TextDecoder()

/** The embedded engine behind the port. `model` is the id clients name; the engine must have been started. */
export class EmbeddedEngine implements EnginePort {
  readonly #engine: InferenceEngine
  readonly #model: string

  constructor(options: { readonly engine: InferenceEngine; readonly model: string }) {
    this.#engine = options.engine
    this.#model = options.model
  }

  describe(): EngineDescription {
    const { manifest, modelHash, contextTokens } = this.#engine
    const determinism = this.#engine.determinismClass()
    return {
      model: this.#model,
      modelManifest: modelHash,
      determinismClass: determinism.hash,
      quantisation: manifest.quantisation,
      parameters: manifest.parameters,
      contextLength: contextTokens,
      rung: determinism.exact ? 2 : 0,
      label: 'embedded llama.cpp',
    }
  }

  async *generate(request: EngineRequest, signal: AbortSignal): AsyncGenerator<EnginePiece | EngineEnd> {
    const { topLogprobs, ...rest } = request
    const events = this.#engine.generate({ ...rest, ...(topLogprobs === undefined ? {} : { topLogprobs }) }, signal)
    // Tokens without text (half characters, possible stops) wait for the text that follows them.
    let held: TokenLogprob[] = []
    for await (const event of events) {
      if (event.kind === 'token' && topLogprobs !== undefined) held.push(this.#logprobOf(event))
      if (event.text !== '' || (event.kind === 'end' && held.length > 0)) {
        yield { kind: 'piece', text: event.text, logprobs: topLogprobs === undefined ? undefined : held }
        held = []
      }
      if (event.kind === 'end') {
        const { finishReason, promptTokens, outputTokens, promptTokenIds, outputTokenIds, maxTokens } = event
        const leastProbable = event.leastProbableOfFirst10
        yield {
          kind: 'end',
          finishReason,
          promptTokens,
          cachedTokens: 0,
          outputTokens,
          maxTokens,
          promptTokenIds,
          outputTokenIds,
          leastProbable,
        }
      }
    }
  }

  #logprobOf(event: TokenEvent): TokenLogprob {
    return {
      ...this.#tokenText(event.tokenId, event.logprob ?? 0),
      top: (event.topLogprobs ?? []).map(({ tokenId, logprob }) => this.#tokenText(tokenId, logprob)),
    }
  }

  #tokenText(tokenId: number, logprob: number): Omit<TokenLogprob, 'top'> {
    const bytes = this.#engine.tokenBytes[tokenId] ?? new Uint8Array()
    return { token: decoder.decode(bytes), bytes: [...bytes], logprob }
  }
}
