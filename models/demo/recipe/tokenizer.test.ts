import { describe, expect, test } from 'vitest'
import { createRandom } from './random.ts'
import { decode, Encoder, specialTokens, tokenIds, trainTokenizer } from './tokenizer.ts'

function setup() {
  const texts = new Map([
    ['what is a subnet', 20],
    ['what is a miner', 10],
    ['a subnet is a kind of work', 5],
  ])
  const tokenizer = trainTokenizer(texts, 378)
  return { tokenizer, encoder: new Encoder(tokenizer) }
}

describe('trainTokenizer', () => {
  test('puts special and byte tokens first and learns frequent words', () => {
    const { tokenizer } = setup()
    expect(tokenizer.tokens.slice(0, 6)).toEqual([...specialTokens])
    expect(tokenizer.tokens[6]).toBe('<0x00>')
    expect(tokenizer.tokens[6 + 255]).toBe('<0xFF>')
    expect(tokenizer.tokens).toContain('\u2581subnet')
    expect(new Set(tokenizer.tokens).size).toBe(378)
  })

  test('refuses a vocabulary that the texts cannot fill', () => {
    expect(() => trainTokenizer(new Map([['a b', 1]]), 1000)).toThrow(RangeError)
  })

  test('no token but the first sign of it holds a space', () => {
    for (const token of setup().tokenizer.tokens) expect(token.slice(1)).not.toContain('\u2581')
  })
})

describe('Encoder', () => {
  test('gives back every text, whatever it holds', () => {
    const { tokenizer, encoder } = setup()
    const texts = [
      '',
      ' ',
      '  two  spaces ',
      'subnet',
      'What?',
      'tab\tline\n',
      'é ß 日本 😀',
      '<s> <|user|> <0x41>',
      '\u0000',
    ]
    for (const text of texts) expect(decode(tokenizer, encoder.encode(text))).toBe(text)
  })

  test('treats role markers in text as text', () => {
    const ids = setup().encoder.encode('<|user|></s>')
    expect(ids).not.toContain(tokenIds.user)
    expect(ids).not.toContain(tokenIds.end)
  })

  test('equals the same rule applied to the whole string at once', () => {
    const { tokenizer, encoder } = setup()
    const random = createRandom(5)
    const signs = [' ', ' ', 'a', 's', 'u', 'b', 'n', 'e', 't', 'é', '?', 'w', 'i']
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: 12 }, () => signs[Math.floor(random() * signs.length)]).join('')
      expect(encoder.encode(text)).toEqual(wholeString(tokenizer.tokens, tokenizer.firstNormal, text))
    }
  })
})

/** Best score first, then leftmost, over the whole text: slow, and plainly the rule of the engine. */
function wholeString(tokens: readonly string[], firstNormal: number, text: string): number[] {
  const ids = new Map(tokens.map((token, id) => [token, id] as const).slice(firstNormal))
  const symbols = [...text.replaceAll(' ', '\u2581')]
  for (;;) {
    const pairs = symbols.slice(1).map((right, at) => ids.get(`${symbols[at]}${right}`) ?? Number.POSITIVE_INFINITY)
    const best = Math.min(...pairs, Number.POSITIVE_INFINITY)
    if (!Number.isFinite(best)) break
    const at = pairs.indexOf(best)
    symbols.splice(at, 2, `${symbols[at]}${symbols[at + 1]}`)
  }
  return symbols.flatMap((symbol) => {
    const id = ids.get(symbol)
    return id === undefined ? [...new TextEncoder().encode(symbol)].map((byte) => firstNormal - 256 + byte) : [id]
  })
}
