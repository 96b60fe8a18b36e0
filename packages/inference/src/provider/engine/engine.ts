import { availableParallelism } from 'node:os'
import type { Hex } from '@koinon/base'
import { type DeterminismStatement, stateDeterminism } from '../../rules/determinism.ts'
import type { GgufManifest } from '../../rules/gguf/index.ts'
import type { TokenBytes } from '../../rules/gguf/token-bytes.ts'
import { checkSamplerSettings } from '../../rules/sampler.ts'
import { AnswerRecord } from './answer.ts'
import { badRequest, notStarted } from './engine-errors.ts'
import { EventStream } from './event-stream.ts'
import { generateAnswer } from './generate.ts'
import { type EngineOptions, type ResolvedEngineOptions, resolveEngineOptions } from './options.ts'
import { PromptWriter, promptTooLong, type TokenisedPrompt } from './prompt.ts'
import type { GenerationEvent, GenerationInput, GenerationRequest } from './request.ts'
import { type EngineRuntime, keyValueType, loadRuntime } from './runtime.ts'
import { type EvaluatedRow, EvenSequence } from './sequence.ts'
import { SequencePool } from './sequence-pool.ts'

/** How full an engine is, for health pages and routing. */
export type EngineLoad = {
  readonly activeSequences: number
  readonly maxParallelSequences: number
  readonly queuedRequests: number
}

/** One pass over given tokens: logits after each token from index `rowsFrom` on. */
export type TeacherForcing = {
  readonly tokenIds: readonly number[]
  readonly rowsFrom: number
  /** Largest logits wanted a position. */
  readonly width: number
  /** Called in order with the logits for `position` (the index the next token would have); return false to stop early. */
  readonly onRow: (row: EvaluatedRow, position: number) => boolean
  readonly caller?: string
}

type Started = {
  readonly runtime: EngineRuntime
  readonly prompts: PromptWriter
  readonly pool: SequencePool<EvenSequence>
  readonly determinism: DeterminismStatement
}

/**
 * Embedded inference engine: one GGUF model on the CPU, many answers at a time, every generated position bit-equal to a
 * later prefill of the same tokens (specs/0006). Meant for a process of its own: native code can end the process.
 *
 * ```ts
 * const engine = new InferenceEngine({ modelPath: 'demo.gguf' })
 * await engine.start()
 * const sampler = samplerSettings({ temperature: 0, seed: 1n })
 * const input = { kind: 'chat', messages: [{ role: 'user', content: 'What is a subnet?' }] } as const
 * for await (const event of engine.generate({ input, sampler, stop: [] })) process.stdout.write(event.text)
 * await engine.stop()
 * ```
 */
export class InferenceEngine {
  readonly #options: ResolvedEngineOptions
  #started: Started | undefined

  constructor(options: EngineOptions) {
    this.#options = resolveEngineOptions(options, availableParallelism())
  }

  /** Loads the model. Errors: engine/no-model, gguf/..., engine/bad-model, engine/out-of-memory, engine/bad-options. */
  async start(): Promise<void> {
    if (this.#started !== undefined) return
    const runtime = await loadRuntime(this.#options)
    try {
      const sequences = Array.from({ length: this.#options.maxParallelSequences }, () => this.#newSequence(runtime))
      this.#started = {
        runtime,
        prompts: new PromptWriter(runtime.model, runtime.manifest.chatTemplate, runtime.tokenBytes),
        pool: new SequencePool(sequences, this.#options),
        determinism: stateDeterminism({
          engine: runtime.engineName,
          engineBuild: runtime.build.hash,
          instructionSet: runtime.build.instructionSet,
          modelHash: runtime.modelHash,
          manifest: runtime.manifest,
          keyValueType,
        }),
      }
    } catch (error) {
      await runtime.dispose()
      throw error
    }
  }

  /** Ends all answers with `engine/stopped` and frees the model. */
  async stop(): Promise<void> {
    const started = this.#started
    if (started === undefined) return
    this.#started = undefined
    try {
      await started.pool.stop()
    } finally {
      await started.runtime.dispose()
    }
  }

  /** What the model file says about itself. */
  get manifest(): GgufManifest {
    return this.#running().runtime.manifest
  }

  /** SHA-256 of the model file. */
  get modelHash(): Hex {
    return this.#running().runtime.modelHash
  }

  /** Prompt and answer of one request together, in tokens. */
  get contextTokens(): number {
    return this.#running().runtime.contextTokens
  }

  /** Bytes that each token id adds to a text. */
  get tokenBytes(): TokenBytes {
    return this.#running().runtime.tokenBytes
  }

  get load(): EngineLoad {
    const { pool } = this.#running()
    const { maxParallelSequences } = this.#options
    return { activeSequences: pool.activeCount, maxParallelSequences, queuedRequests: pool.queuedCount }
  }

  /** The determinism class of this engine with this model, and its hash for receipts. */
  determinismClass(): DeterminismStatement {
    return this.#running().determinism
  }

  /** True for tokens that end an answer. */
  isEndToken(tokenId: number): boolean {
    return this.#running().runtime.isEndToken(tokenId)
  }

  /**
   * Token ids of an input as `generate` reads it. A conversation that leaves no room for `reservedTokens` of answer loses its
   * oldest turns or is refused, as asked. Errors: engine/prompt-too-long, engine/no-chat-template, engine/bad-request, chat/...
   */
  tokenise(input: GenerationInput, overflow: 'refuse' | 'dropOldest' = 'refuse', reservedTokens = 1): TokenisedPrompt {
    const { prompts, runtime } = this.#running()
    const mostTokens = runtime.contextTokens - reservedTokens
    if (input.kind === 'chat' && overflow === 'dropOldest') return prompts.chatWithin(input.messages, mostTokens)
    return { tokenIds: inputTokens(input, prompts, runtime.vocabularySize, mostTokens), droppedMessages: 0 }
  }

  /**
   * Generates an answer. The events are tokens and, last, one `end`. When the caller's signal aborts, or the reader stops
   * reading, the sequence is freed at once and the answer ends with `abort`; one that had no sequence yet fails with the signal's
   * reason instead. A slow reader does not hold the sequence.
   *
   * Errors, thrown in place of the `end` event: engine/busy (retry later), engine/deadline, engine/stopped, sampler/...,
   * and those of `tokenise`.
   */
  generate(request: GenerationRequest, signal?: AbortSignal): AsyncIterableIterator<GenerationEvent> {
    const reader = new AbortController()
    const stream = new EventStream<GenerationEvent>(() => reader.abort())
    const callerSignal = signal === undefined ? reader.signal : AbortSignal.any([signal, reader.signal])
    this.#answer(request, callerSignal, stream).then(
      () => stream.end(),
      (error: unknown) => stream.fail(error),
    )
    return stream
  }

  /**
   * Runs given tokens through the model in one pass and hands over the logits after each of them from `rowsFrom` on: the
   * verifier's half of specs/0006. Waits for a sequence like any request. Errors as `generate`.
   */
  async teacherForce(forcing: TeacherForcing, signal?: AbortSignal): Promise<void> {
    const { tokenIds, rowsFrom, width, onRow } = forcing
    const { pool, runtime } = this.#running()
    checkTokenIds(tokenIds, runtime.manifest.vocabularySize)
    if (tokenIds.length > runtime.contextTokens) throw promptTooLong(tokenIds.length, runtime.contextTokens)
    await pool.run(forcing.caller ?? '', signal, (sequence, abort) =>
      sequence.read(tokenIds, rowsFrom, width, abort, (row, index) => onRow(row, index + 1)),
    )
  }

  async #answer(request: GenerationRequest, caller: AbortSignal, stream: EventStream<GenerationEvent>): Promise<void> {
    const { pool, runtime } = this.#running()
    checkSamplerSettings(request.sampler)
    const asked = checkMaxTokens(request.maxTokens, runtime.contextTokens)
    const isDropping = request.overflow === 'dropOldest'
    // Dropping turns leaves a quarter of the context for the answer; refusing leaves whatever there is.
    const reserved = isDropping ? Math.min(asked, Math.ceil(runtime.contextTokens / 4)) : 1
    const prompt = this.tokenise(request.input, request.overflow, reserved)
    const maxTokens = Math.min(asked, runtime.contextTokens - prompt.tokenIds.length)
    const record = new AnswerRecord(prompt, maxTokens, performance.now())
    const plan = {
      promptTokenIds: prompt.tokenIds,
      maxTokens,
      sampler: request.sampler,
      stop: request.stop,
      topLogprobs: request.topLogprobs,
    }
    const sink = {
      onPromptRead: () => record.promptRead(performance.now()),
      onToken: (...[event, probability]: Parameters<AnswerRecord['token']>) => {
        record.token(event, probability)
        stream.push(event)
      },
    }
    try {
      await pool.run(request.caller ?? '', caller, async (sequence, abort) => {
        record.started(performance.now())
        const { finishReason, heldText } = await generateAnswer(sequence, runtime, plan, sink, abort)
        stream.push(record.end(finishReason, heldText, performance.now()))
      })
    } catch (error) {
      // Nothing was done yet, so there is nothing to receipt.
      if (!caller.aborted || !record.hasStarted) throw error
      stream.push(record.end('abort', '', performance.now()))
    }
  }

  #newSequence(runtime: EngineRuntime): EvenSequence {
    return new EvenSequence(runtime.context.getSequence(), {
      sliceTokens: this.#options.batchTokens,
      vocabularySize: runtime.vocabularySize,
      paddingToken: runtime.model.tokens.bos ?? runtime.model.tokens.eos ?? 0,
    })
  }

  #running(): Started {
    if (this.#started === undefined) throw notStarted()
    return this.#started
  }
}

function inputTokens(
  input: GenerationInput,
  prompts: PromptWriter,
  vocabularySize: number,
  mostTokens: number,
): readonly number[] {
  const tokenIds = readInput(input, prompts, mostTokens)
  checkTokenIds(tokenIds, vocabularySize)
  if (tokenIds.length > mostTokens) throw promptTooLong(tokenIds.length, mostTokens)
  return tokenIds
}

function readInput(input: GenerationInput, prompts: PromptWriter, mostTokens: number): readonly number[] {
  switch (input.kind) {
    case 'chat':
      if (input.messages.length === 0) throw badRequest('A conversation needs at least one message.')
      return prompts.chat(input.messages, mostTokens)
    case 'text':
      return prompts.text(input.prompt, mostTokens)
    case 'tokens':
      return input.tokenIds
  }
}

function checkTokenIds(tokenIds: readonly number[], vocabularySize: number): void {
  if (tokenIds.length === 0) throw badRequest('A prompt needs at least one token.')
  const bad = tokenIds.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize)
  if (bad !== undefined) throw badRequest(`${bad} is not a token of this model.`)
}

function checkMaxTokens(maxTokens: number | undefined, contextTokens: number): number {
  if (maxTokens === undefined) return contextTokens
  if (!Number.isInteger(maxTokens) || maxTokens < 1)
    throw badRequest(`${maxTokens} is not a number of tokens to generate.`)
  return maxTokens
}
