import { KoinonError } from '@koinon/base'
import type { ChatMessage } from './inference-request.ts'

/** Part of a prompt: text to tokenise as plain text, or one control token by its text. */
export type PromptPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'control'; readonly token: string }

/** Renders a template over messages; the engine passes in a Jinja renderer. */
export type RenderTemplate = (messages: readonly ChatMessage[]) => string

/** Characters that Unicode promises never to assign: used to mark where foreign text begins and ends. */
const markers = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0xfdd0 + i))

/**
 * Renders a conversation and cuts it into plain text and control tokens, so that only the template can write control tokens:
 * text that a user (or an earlier answer) supplied is always plain, whatever it contains and whatever filter the template
 * applies to it. Plain text on both sides of a border is joined, so tokens merge across it as in one string.
 *
 * Errors: chat/template-failed when the template throws; chat/template-cuts-text when it drops one end of a message, so that
 * foreign and own text can no longer be told apart.
 */
export function renderPromptParts(
  messages: readonly ChatMessage[],
  render: RenderTemplate,
  controlTokens: readonly string[],
): readonly PromptPart[] {
  const [begin, end] = freeMarkers(messages)
  const rendered = render(messages.map((message) => ({ ...message, content: enclose(message.content, begin, end) })))
  const { text, isForeign } = removeMarkers(rendered, begin, end)
  return splitControlTokens(text, isForeign, controlTokens)
}

/**
 * Drops the oldest turns until `fits` holds: leading system messages and the last message stay, and the first kept turn is
 * one of the user. Returns undefined when even the shortest conversation does not fit. `fits` must not turn false when more
 * is dropped; it is asked about 2 + log2(messages) times, so that a long conversation costs little.
 */
export function dropOldestTurns(
  messages: readonly ChatMessage[],
  fits: (messages: readonly ChatMessage[]) => boolean,
): readonly ChatMessage[] | undefined {
  if (fits(messages)) return messages
  const firstTurn = messages.findIndex((message) => message.role !== 'system')
  if (firstTurn < 0) return undefined
  const system = messages.slice(0, firstTurn)
  const starts = messages.flatMap(({ role }, index) => (index > firstTurn && role === 'user' ? [index] : []))
  const keptFrom = (index: number) => [...system, ...messages.slice(starts[index])]
  let low = 0
  let high = starts.length - 1
  if (high < 0 || !fits(keptFrom(high))) return undefined
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (fits(keptFrom(middle))) high = middle
    else low = middle + 1
  }
  return keptFrom(high)
}

/** White space stays outside the markers, so that a template's `trim` still sees it. */
function enclose(content: string, begin: string, end: string): string {
  const core = content.trim()
  if (core === '') return content
  const at = content.indexOf(core)
  return content.slice(0, at) + begin + core + end + content.slice(at + core.length)
}

function freeMarkers(messages: readonly ChatMessage[]): readonly [string, string] {
  const free = markers.filter((marker) => messages.every((message) => !message.content.includes(marker)))
  if (free.length < 2) {
    throw new KoinonError({
      code: 'chat/bad-message',
      message: 'The messages hold characters that Unicode reserves for internal use.',
      hint: 'Remove the characters U+FDD0 to U+FDEF.',
    })
  }
  return [free[0] as string, free[1] as string]
}

/** Text without markers, and for each of its characters whether it came from a message. */
function removeMarkers(rendered: string, begin: string, end: string): { text: string; isForeign: readonly boolean[] } {
  let text = ''
  let isInside = false
  const isForeign: boolean[] = []
  for (let i = 0; i < rendered.length; i++) {
    const character = rendered[i] as string
    if (character === begin || character === end) {
      if (isInside === (character === begin)) throw cutsText()
      isInside = character === begin
      continue
    }
    text += character
    isForeign.push(isInside)
  }
  if (isInside) throw cutsText()
  return { text, isForeign }
}

function splitControlTokens(
  text: string,
  isForeign: readonly boolean[],
  controlTokens: readonly string[],
): readonly PromptPart[] {
  const byLength = controlTokens.filter((token) => token !== '').sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
  const byFirst = new Map<string, string[]>()
  for (const token of byLength) {
    const first = token[0] as string
    byFirst.set(first, [...(byFirst.get(first) ?? []), token])
  }
  const parts: PromptPart[] = []
  let plainFrom = 0
  const endPlain = (at: number) => {
    if (at > plainFrom) parts.push({ kind: 'text', text: text.slice(plainFrom, at) })
  }
  let at = 0
  while (at < text.length) {
    const token = byFirst
      .get(text[at] as string)
      ?.find(
        (candidate) => text.startsWith(candidate, at) && !isForeign.slice(at, at + candidate.length).includes(true),
      )
    if (token === undefined) {
      at += 1
      continue
    }
    endPlain(at)
    parts.push({ kind: 'control', token })
    at += token.length
    plainFrom = at
  }
  endPlain(text.length)
  return parts
}

function cutsText(): KoinonError {
  return new KoinonError({
    code: 'chat/template-cuts-text',
    message:
      "The model's chat template cuts messages into pieces, so their text cannot be kept apart from control tokens.",
    hint: 'Remove reasoning blocks from earlier answers, or use a model with a plainer template.',
  })
}
