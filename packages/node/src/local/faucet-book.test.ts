import { describe, expect, it } from 'vitest'
import { FaucetBook, giftsPerMinute } from './faucet-book.ts'

const minuteMs = 60_000

describe('the book of the faucet', () => {
  it('gives to an account once a minute and says when to come again', () => {
    const book = new FaucetBook()
    book.admit('a', 0)
    expect(() => book.admit('a', 20_500)).toThrow(
      expect.objectContaining({ code: 'faucet/too-soon', hint: 'Try again in 40 s.' }),
    )
    book.admit('b', 20_500)
    expect(() => book.admit('a', minuteMs - 1)).toThrow(/once a minute/)
    book.admit('a', minuteMs)
    expect(() => book.admit('a', minuteMs + 1)).toThrow(/once a minute/)
  })

  it('gives to twenty accounts a minute, whoever they are', () => {
    const book = new FaucetBook()
    expect(giftsPerMinute).toBe(20)
    for (let count = 0; count < giftsPerMinute; count++) book.admit(`account ${count}`, count)
    expect(() => book.admit('one more', 30_000)).toThrow(
      expect.objectContaining({ code: 'faucet/busy', retry: 'later' }),
    )
    book.admit('one more', minuteMs)
    expect(() => book.admit('and another', minuteMs)).toThrow(/20 accounts a minute/)
  })

  it('does not count those it refused', () => {
    const book = new FaucetBook()
    book.admit('a', 0)
    for (let tries = 1; tries < 100; tries++) expect(() => book.admit('a', tries)).toThrow()
    for (let count = 1; count < giftsPerMinute; count++) book.admit(`account ${count}`, 1_000)
  })
})
