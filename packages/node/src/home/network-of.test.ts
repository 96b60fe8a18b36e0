import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryHome } from '../testing/home.ts'
import type { Home } from './home.ts'
import { networkOf } from './network-of.ts'

let home: Home
let remove: () => void
beforeEach(() => {
  ;({ home, remove } = temporaryHome())
})
afterEach(() => remove())

describe('networkOf', () => {
  it('says what to do in a home that belongs to no network', () => {
    expect(() => networkOf(home)).toThrow(
      expect.objectContaining({ code: 'node/no-network', hint: expect.stringContaining('koinon join') }),
    )
  })

  it.each(['', '{', '{}', '{"v":1,"name":"x"}'])('names a damaged file: %j', (text) => {
    writeFileSync(home.networkFile, text)
    expect(() => networkOf(home)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^ledger\//) }))
  })
})
