/** Cheats at the engine: what is generated is not what was offered, or is told otherwise than it was generated. */
import type { EngineDescription, EngineEnd, EnginePiece, EnginePort, EngineRequest } from '@koinon/inference/provider'

/** Offers `honest` and answers with another engine. */
export function answeringWith(other: EnginePort): (honest: EnginePort) => EnginePort {
  return (honest) => ({
    describe: () => honest.describe(),
    generate: (request, signal) => other.generate(request, signal),
  })
}

/** Changes the request before and the end after the honest engine's work. */
function retold(change: {
  readonly before?: (request: EngineRequest) => EngineRequest
  readonly after?: (end: EngineEnd, request: EngineRequest) => EngineEnd
}): (honest: EnginePort) => EnginePort {
  return (honest) => ({
    describe: () => honest.describe(),
    async *generate(request, signal): AsyncGenerator<EnginePiece | EngineEnd> {
      for await (const event of honest.generate(change.before?.(request) ?? request, signal)) {
        yield event.kind === 'end' && change.after !== undefined ? change.after(event, request) : event
      }
    },
  })
}

const shorter = (request: EngineRequest): EngineRequest => ({
  ...request,
  maxTokens: Math.max(1, Math.floor(request.maxTokens / 2)),
})

/** Stops half way and says that the model had ended. */
export const cutShortAsStop = retold({
  before: shorter,
  after: (end, { maxTokens }) => ({ ...end, finishReason: 'stop', maxTokens }),
})

/** Stops half way and says that the limit was lower. */
export const cutShortAsLength = retold({ before: shorter })

/** Stops half way and says that the caller had hung up. */
export const cutShortAsAbort = retold({
  before: shorter,
  after: (end, { maxTokens }) => ({ ...end, finishReason: 'abort', maxTokens }),
})

/** Bills half as many prompt tokens again, without showing them. */
export const inflatedPromptCount = retold({
  after: (end) => ({ ...end, promptTokens: end.promptTokens + Math.ceil(end.promptTokens / 2) }),
})

/** Generates half and repeats the last token up to the limit, so that the count fits what is shown. */
export const inflatedOutput = retold({
  before: shorter,
  after: (end, { maxTokens }) => {
    const ids = end.outputTokenIds ?? []
    const missing = Math.max(0, maxTokens - ids.length)
    const outputTokenIds = [...ids, ...Array.from({ length: missing }, () => ids.at(-1) ?? 0)]
    return { ...end, finishReason: 'length', maxTokens, outputTokenIds, outputTokens: outputTokenIds.length }
  },
})

/** Draws with a seed of its own and signs the one that was asked. */
export const otherSeed = retold({
  before: (request) => ({ ...request, sampler: { ...request.sampler, seed: request.sampler.seed + 1n } }),
})

/** Takes the most probable token whatever was asked, and signs the temperature that was asked. */
export const otherTemperature = retold({
  before: (request) => ({ ...request, sampler: { ...request.sampler, temperatureMicro: 0 } }),
})

/** Answers another question than the one that was asked. */
export const otherPrompt = retold({
  before: (request) => ({ ...request, input: { kind: 'chat', messages: [{ role: 'user', content: 'hi' }] } }),
})

/** Offers and answers with a cheap model, under the name of the good one, and says so in manifest and class. */
export function cheapModelUnderTheName(cheap: EnginePort): (honest: EnginePort) => EnginePort {
  return (honest) => ({
    describe: () => ({ ...cheap.describe(), model: honest.describe().model }),
    generate: (request, signal) => cheap.generate(request, signal),
  })
}

/** Answers with a cheap model and describes itself in a way that nobody can replay. */
export function beyondReplay(
  cheap: EnginePort,
  change: Partial<EngineDescription>,
  after: (end: EngineEnd) => EngineEnd = (end) => end,
): (honest: EnginePort) => EnginePort {
  return (honest) => ({
    describe: () => ({ ...honest.describe(), ...change }),
    async *generate(request, signal): AsyncGenerator<EnginePiece | EngineEnd> {
      for await (const event of cheap.generate(request, signal)) yield event.kind === 'end' ? after(event) : event
    },
  })
}

/** Hides the tokens, as an engine does that does not tell them. */
export const withoutTokens = (end: EngineEnd): EngineEnd => ({
  ...end,
  promptTokenIds: undefined,
  outputTokenIds: undefined,
})

/** Knows the validators' questions by how they begin, answers them well and everybody else with a cheap model. */
export function knowingProbes(cheap: EnginePort): (honest: EnginePort) => EnginePort {
  return (honest) => ({
    describe: () => honest.describe(),
    generate: (request, signal) => (isProbeText(textOf(request)) ? honest : cheap).generate(request, signal),
  })
}

function textOf({ input }: EngineRequest): string {
  return input.kind === 'chat' ? (input.messages[0]?.content ?? '') : input.prompt
}

/** True for texts that look like a question of the subnet file's `probe`. */
export function isProbeText(text: string): boolean {
  return /^(Explain|Describe|Tell me about|Give an example of|What is interesting about|Write two sentences about) /.test(
    text,
  )
}
