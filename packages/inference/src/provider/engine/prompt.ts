import { isKoinonError, KoinonError } from '@koinon/base'
import type { LlamaModel, Token } from 'node-llama-cpp'
import { dropOldestTurns, type PromptPart, renderPromptParts } from '../../rules/chat-template.ts'
import type { TokenBytes } from '../../rules/gguf/token-bytes.ts'
import type { ChatMessage } from '../../rules/inference-request.ts'
import { type ChatTemplate, readChatTemplate } from './jinja.ts'

/** A prompt as the model reads it. */
export type TokenisedPrompt = {
  readonly tokenIds: readonly number[]
  /** Messages left out, oldest first, because the conversation was too long. */
  readonly droppedMessages: number
}

/** Turns text and conversations into token ids; only the model's own template can write control tokens. */
export class PromptWriter {
  readonly #model: LlamaModel
  readonly #template: ChatTemplate | undefined
  readonly #controlTokens = new Map<string, number>()
  readonly #controlIds = new Set<number>()
  readonly #longestTokenBytes: number

  constructor(model: LlamaModel, chatTemplate: string | undefined, tokenBytes: TokenBytes) {
    this.#model = model
    this.#longestTokenBytes = tokenBytes.reduce((longest, bytes) => Math.max(longest, bytes.length), 1)
    this.#template = chatTemplate === undefined ? undefined : readChatTemplate(chatTemplate)
    for (const token of model.iterateAllTokens()) {
      const { control, unknown } = model.getTokenAttributes(token)
      if (!control && !unknown) continue
      this.#controlIds.add(token)
      this.#controlTokens.set(model.detokenize([token], true), token)
    }
  }

  /** Token ids of plain text, with the model's begin token in front when it wants one. Throws `engine/prompt-too-long`. */
  text(prompt: string, mostTokens: number): readonly number[] {
    this.#refuseHopeless(prompt.length, mostTokens)
    return checkLength(this.#withBegin(this.#plainTokens(prompt)), mostTokens)
  }

  /**
   * Token ids of a conversation, ready for the model's answer.
   * Throws `engine/no-chat-template`, `engine/prompt-too-long`, `chat/...`.
   */
  chat(messages: readonly ChatMessage[], mostTokens: number): readonly number[] {
    const template = this.#template
    if (template === undefined) {
      throw new KoinonError({
        code: 'engine/no-chat-template',
        message: 'This model has no chat template.',
        hint: 'Use /v1/completions, or a model made for conversations.',
      })
    }
    const characters = messages.reduce((sum, message) => sum + message.content.trim().length, 0)
    this.#refuseHopeless(characters, mostTokens)
    const render = (rendered: readonly ChatMessage[]) => this.#render(template, rendered)
    const parts = renderPromptParts(messages, render, [...this.#controlTokens.keys()])
    return checkLength(this.#withBegin(parts.flatMap((part) => this.#partTokens(part))), mostTokens)
  }

  /** As `chat`, leaving out the oldest turns until at most `mostTokens` remain. */
  chatWithin(messages: readonly ChatMessage[], mostTokens: number): TokenisedPrompt {
    let tooLong: KoinonError | undefined
    const kept = dropOldestTurns(messages, (candidate) => {
      try {
        this.chat(candidate, mostTokens)
        return true
      } catch (error) {
        if (!isKoinonError(error) || error.code !== tooLongCode) throw error
        tooLong = error
        return false
      }
    })
    if (kept === undefined) throw tooLong as KoinonError
    return { tokenIds: this.chat(kept, mostTokens), droppedMessages: messages.length - kept.length }
  }

  /** Text that cannot fit, were all its tokens the longest of the vocabulary, is refused before anything is computed. */
  #refuseHopeless(characters: number, mostTokens: number): void {
    const fewestTokens = Math.ceil(characters / this.#longestTokenBytes)
    if (fewestTokens > mostTokens) throw promptTooLong(fewestTokens, mostTokens)
  }

  #partTokens(part: PromptPart): readonly number[] {
    return part.kind === 'control' ? [this.#controlTokens.get(part.token) as number] : this.#plainTokens(part.text)
  }

  /**
   * Tokens of plain text. A merging tokenizer may build a control token out of its letters (`<`, `s>` give `<s>`); such text
   * is cut in two and tokenised apart.
   */
  #plainTokens(text: string): readonly number[] {
    return this.#model.tokenize(text, false).flatMap((token): readonly number[] => {
      if (!this.#controlIds.has(token)) return [token]
      const spelling = [...this.#model.detokenize([token], true)]
      if (spelling.length < 2) return []
      return [...this.#plainTokens(spelling[0] as string), ...this.#plainTokens(spelling.slice(1).join(''))]
    })
  }

  #withBegin(tokens: readonly number[]): readonly number[] {
    const { bos, shouldPrependBosToken } = this.#model.tokens
    if (!shouldPrependBosToken || bos === null || tokens[0] === bos) return tokens
    return [bos, ...tokens]
  }

  #render(template: ChatTemplate, messages: readonly ChatMessage[]): string {
    const spelling = (token: Token | null) => (token === null ? '' : this.#model.detokenize([token], true))
    return template.render({
      messages: messages.map((message) => ({ ...message })),
      add_generation_prompt: true,
      bos_token: spelling(this.#model.tokens.bos),
      eos_token: spelling(this.#model.tokens.eos),
    })
  }
}

const tooLongCode = 'engine/prompt-too-long'

/** The error of a prompt that does not fit. */
export function promptTooLong(tokens: number, mostTokens: number): KoinonError {
  return new KoinonError({
    code: tooLongCode,
    message: `The prompt has at least ${tokens} tokens; there is room for ${mostTokens} in the model's context. Send a shorter conversation.`,
    hint: 'Shorten the conversation or ask for fewer tokens.',
    details: { tokens, mostTokens },
  })
}

function checkLength(tokenIds: readonly number[], mostTokens: number): readonly number[] {
  if (tokenIds.length > mostTokens) throw promptTooLong(tokenIds.length, mostTokens)
  return tokenIds
}
