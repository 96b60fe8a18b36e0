/** Special tokens, in id order from 0. Role markers touch the text: no space on either side. */
export const specialTokens = ['<unk>', '<s>', '</s>', '<|user|>', '<|assistant|>', '<|system|>'] as const
export const tokenIds = { unknown: 0, begin: 1, end: 2, user: 3, assistant: 4, system: 5 } as const

/** U+2581, which stands for a space inside vocabulary entries. */
export const spaceMark = '\u2581'

/** A vocabulary: special tokens, 256 byte tokens, then single characters and merges in order of training. */
export type Tokenizer = {
  readonly tokens: readonly string[]
  /** Score of a normal token is minus its position after the byte tokens; earlier merges win. */
  readonly firstNormal: number
}

const byteToken = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
const firstByte = specialTokens.length
const firstNormal = firstByte + 256

function printableCharacters(): string[] {
  const characters = [spaceMark]
  for (let code = 0x21; code <= 0x7e; code++) characters.push(String.fromCharCode(code))
  return characters
}

/** Pieces that merges never cross: a word with at most one space before it, one digit, a run of other signs. */
const piecePattern = /\u2581?[A-Za-z]+|\u2581?[0-9]|\u2581?[^A-Za-z0-9\u2581]|\u2581/gu

/**
 * Trains a word-bounded byte-pair vocabulary.
 *
 * @param texts Texts with the number of times each counts.
 * @param size Vocabulary size, above 357 (special, byte and printable tokens).
 */
export function trainTokenizer(texts: ReadonlyMap<string, number>, size: number): Tokenizer {
  const pieces = new Map<string, number>()
  for (const [text, count] of texts) {
    for (const piece of text.replaceAll(' ', spaceMark).match(piecePattern) ?? []) {
      pieces.set(piece, (pieces.get(piece) ?? 0) + count)
    }
  }
  const characters = printableCharacters()
  const tokens: string[] = [...specialTokens]
  for (let byte = 0; byte < 256; byte++) tokens.push(byteToken(byte))
  tokens.push(...characters)
  const known = new Set(characters)
  const words = [...pieces].map(([piece, count]) => ({ symbols: [...piece], count }))
  while (tokens.length < size) {
    const best = mostFrequentPair(words)
    if (!best) break
    const merged = best[0] + best[1]
    if (!known.has(merged)) {
      known.add(merged)
      tokens.push(merged)
    }
    for (const word of words) mergePair(word.symbols, best[0], best[1])
  }
  if (tokens.length < size) throw new RangeError(`the texts give only ${tokens.length} of ${size} tokens`)
  return { tokens, firstNormal }
}

function mostFrequentPair(words: readonly { symbols: string[]; count: number }[]): [string, string] | undefined {
  const counts = new Map<string, number>()
  for (const { symbols, count } of words) {
    for (let index = 0; index + 1 < symbols.length; index++) {
      const pair = `${symbols[index]}\n${symbols[index + 1]}`
      counts.set(pair, (counts.get(pair) ?? 0) + count)
    }
  }
  let best: string | undefined
  let bestCount = 1
  for (const [pair, count] of counts) {
    if (count > bestCount || (count === bestCount && best !== undefined && pair < best)) {
      best = pair
      bestCount = count
    }
  }
  return best?.split('\n') as [string, string] | undefined
}

function mergePair(symbols: string[], left: string, right: string): void {
  for (let index = 0; index + 1 < symbols.length; index++) {
    if (symbols[index] === left && symbols[index + 1] === right) symbols.splice(index, 2, left + right)
  }
}

/** Encodes text by the rule of llama.cpp's SPM tokenizer: best score first, then leftmost; bytes as fallback. */
export class Encoder {
  private readonly ids = new Map<string, number>()
  private readonly cache = new Map<string, readonly number[]>()

  constructor(tokenizer: Tokenizer) {
    tokenizer.tokens.forEach((token, id) => {
      if (id >= tokenizer.firstNormal) this.ids.set(token, id)
    })
  }

  /** Token ids of a plain text; role markers inside it are treated as text. */
  encode(text: string): number[] {
    const out: number[] = []
    // No normal token holds a space mark after its first character, so pieces between marks are independent.
    for (const piece of text.replaceAll(' ', spaceMark).split(/(?=\u2581)/u)) {
      let ids = this.cache.get(piece)
      if (!ids) {
        ids = this.encodePiece(piece)
        if (this.cache.size < 200_000) this.cache.set(piece, ids)
      }
      for (const id of ids) out.push(id)
    }
    return out
  }

  private encodePiece(piece: string): number[] {
    const symbols = [...piece]
    for (;;) {
      let bestAt = -1
      let bestId = Number.POSITIVE_INFINITY
      for (let index = 0; index + 1 < symbols.length; index++) {
        const id = this.ids.get(`${symbols[index]}${symbols[index + 1]}`)
        if (id !== undefined && id < bestId) {
          bestId = id
          bestAt = index
        }
      }
      if (bestAt < 0) break
      symbols.splice(bestAt, 2, `${symbols[bestAt]}${symbols[bestAt + 1]}`)
    }
    return symbols.flatMap((symbol) => {
      const id = this.ids.get(symbol)
      return id === undefined ? [...new TextEncoder().encode(symbol)].map((byte) => firstByte + byte) : [id]
    })
  }
}

/** Text of token ids; special tokens vanish. */
export function decode(tokenizer: Tokenizer, ids: readonly number[]): string {
  const bytes: number[] = []
  for (const id of ids) {
    if (id < firstByte) continue
    if (id < firstNormal) bytes.push(id - firstByte)
    else bytes.push(...new TextEncoder().encode((tokenizer.tokens[id] ?? '').replaceAll(spaceMark, ' ')))
  }
  return new TextDecoder().decode(new Uint8Array(bytes))
}
