import fc from 'fast-check'
import { Challenge } from 'mppx'
import { describe, expect, it } from 'vitest'
import { readAuthSchemes } from './auth-params.ts'
import { formatChallenge, type PaymentChallenge, parseChallenges } from './challenge.ts'

const challenge: PaymentChallenge = {
  id: 'x7Tg2pLqR9mKvNwY3hBcZa',
  realm: 'api.example.com',
  method: 'evm',
  intent: 'charge',
  request: 'e30',
}
const text = formatChallenge(challenge)
const idsIn = (header: string) => parseChallenges(header).map(({ id }) => id)

describe('a WWW-Authenticate value', () => {
  it('may name other schemes before, between and after', () => {
    const other = text.replace('x7Tg', 'other')
    const header = `Basic realm="a, Payment id=\\"no\\"", Negotiate abc==, ${text}, Bearer, ${other} , Digest qop="auth", nonce=7`
    expect(idsIn(header)).toEqual([challenge.id, challenge.id.replace('x7Tg', 'other')])
    expect(Challenge.deserializeList(`${text}, ${other}`).map(({ id }) => id)).toEqual(idsIn(`${text}, ${other}`))
  })

  it('is read in any case, order and spacing, with and without quotes', () => {
    const bare = 'payment  REQUEST=e30 ,intent = "charge",method=evm,ID="a\\"b",realm="h"'
    expect(parseChallenges(bare)).toEqual([{ ...challenge, id: 'a"b', realm: 'h' }])
  })

  it.each([
    ['an empty id', text.replace(challenge.id, '')],
    ['no request', text.replace('request="e30"', 'nothing="e30"')],
    ['a part twice', `${text}, intent="session"`],
    ['a method in capitals', text.replace('"evm"', '"EVM"')],
    ['a pipe in its realm, which would move the slots of its id', text.replace('api.', 'api|')],
    ['an expiry that is no time', `${text}, expires="tomorrow"`],
    ['names of the language', text.replace('request=', '__proto__=')],
  ])('is left out with %s', (_, header) => {
    expect(parseChallenges(`${header}, ${text.replace('x7Tg', 'good')}`)).toHaveLength(1)
  })

  it.each([
    ['an open quote', `${text}, expires="2099`],
    ['no scheme', '="a"'],
    ['a control character', 'Payment \u0001'],
    ['a megabyte', `${text}, opaque="${'A'.repeat(1 << 20)}"`],
    ['a part beyond its bound', `${text}, opaque="${'A'.repeat(20_000)}"`],
  ])('is refused with %s', (_, header) => {
    expect(() => parseChallenges(header)).toThrow(expect.objectContaining({ code: 'payments/mpp-bad-challenge' }))
  })

  it('gives at most 16 challenges', () => {
    expect(parseChallenges(Array(40).fill(text).join(', '))).toHaveLength(16)
  })

  it('never throws anything else, whatever it is', () => {
    const pieces = fc.constantFrom(
      'Payment ',
      'a',
      '=',
      '"',
      '\\',
      ',',
      ' ',
      'id',
      'request="e30"',
      'Basic',
      '\\u00e9',
      '==',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const schemes = readAuthSchemes(parts.join(''), 100)
        return schemes === undefined || Array.isArray(schemes)
      }),
    )
  })

  it('survives its own words: quotes, backslashes, and what is not ASCII', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40, unit: 'grapheme' }), (description) => {
        fc.pre(!/[\p{Cc}]/u.test(description))
        const [read] = parseChallenges(formatChallenge({ ...challenge, description }))
        expect(read?.description).toBe(description)
        expect(Challenge.deserialize(formatChallenge({ ...challenge, description })).description ?? '').toBe(
          description,
        )
      }),
    )
  })
})
