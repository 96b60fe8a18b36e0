import { KoinonError, utf8ToBytes } from '@koinon/base'
import type { GgufHeader, MetadataValue } from './read.ts'

/** Bytes that each token id adds to a text. Control and unknown tokens add nothing. */
export type TokenBytes = readonly Uint8Array[]

const kindUnknown = 2
const kindControl = 3
const kindUserDefined = 4
const kindByte = 6

/**
 * The byte table of a model's vocabulary, from the file alone: tokenizer `llama` (U+2581 is a space, byte tokens `<0xNN>`)
 * and `gpt2` (byte-level characters). Throws `gguf/unsupported-tokenizer` for other tokenizers and for damaged vocabularies.
 */
export function tokenByteTable(header: GgufHeader): TokenBytes {
  const tokenizer = header.metadata.get('tokenizer.ggml.model')
  const tokens = header.metadata.get('tokenizer.ggml.tokens')
  const kinds = header.metadata.get('tokenizer.ggml.token_type')
  if (!Array.isArray(tokens) || tokens.length === 0) throw unsupported('the file holds no vocabulary')
  if (tokenizer !== 'llama' && tokenizer !== 'gpt2') throw unsupported(`tokenizer "${String(tokenizer)}" is not known`)
  const decode = tokenizer === 'llama' ? sentencePieceBytes : byteLevelBytes
  return tokens.map((text: MetadataValue, id) => {
    if (typeof text !== 'string') throw unsupported(`token ${id} is not text`)
    const kind = Array.isArray(kinds) ? kinds[id] : undefined
    if (kind === kindUnknown || kind === kindControl) return new Uint8Array(0)
    if (kind === kindUserDefined) return utf8ToBytes(text)
    return decode(text, kind === kindByte)
  })
}

function sentencePieceBytes(text: string, isByte: boolean): Uint8Array {
  if (!isByte) return utf8ToBytes(text.replaceAll('\u2581', ' '))
  const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(text)
  if (match === null) throw unsupported(`byte token "${text.slice(0, 20)}" is malformed`)
  return Uint8Array.of(Number.parseInt(match[1] as string, 16))
}

/**
 * Byte-level alphabet of GPT-2: printable Latin-1 bytes stand for themselves, the other 68 bytes, in order, for the
 * characters from U+0100 on. A token with a character outside the alphabet is taken as plain text.
 */
const byteOfCharacter = new Map<string, number>()
{
  let next = 0x100
  for (let byte = 0; byte < 256; byte++) {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
    byteOfCharacter.set(String.fromCodePoint(isPrintable ? byte : next++), byte)
  }
}

function byteLevelBytes(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    const byte = byteOfCharacter.get(character)
    if (byte === undefined) return utf8ToBytes(text)
    bytes.push(byte)
  }
  return Uint8Array.from(bytes)
}

function unsupported(reason: string): KoinonError {
  return new KoinonError({
    code: 'gguf/unsupported-tokenizer',
    message: `The text of this model's tokens cannot be read: ${reason}.`,
    hint: 'Use a model with a llama (SentencePiece) or gpt2 (byte-level) tokenizer.',
  })
}
