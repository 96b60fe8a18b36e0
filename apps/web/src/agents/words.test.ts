import { describe, expect, test } from 'vitest'
import { checkText, directoryPath, openable, picoOf, priceText, scoreText } from './words.ts'

const all = { words: '', protocol: '', maximumDollars: '', sort: 'trust' } as const

describe('the directory', () => {
  test.each([
    [all, '/api/agents'],
    [{ ...all, words: ' attic & more ', protocol: 'a2a' }, '/api/agents?words=attic+%26+more&protocol=a2a'],
    [{ ...all, maximumDollars: '0.05', sort: 'new' } as const, '/api/agents?maximumPicoUsd=50000000000&sort=new'],
    [{ ...all, maximumDollars: 'cheap' }, '/api/agents'],
  ])('%j is %s', (query, path) => {
    expect(directoryPath(query)).toBe(path)
  })

  test.each([
    ['1', 10n ** 12n],
    ['$ 0,5', 5n * 10n ** 11n],
    ['.5', undefined],
    ['-1', undefined],
    ['1e3', undefined],
  ])('%s dollars are %s', (text, picoUsd) => {
    expect(picoOf(text)).toBe(picoUsd)
  })
})

test.each([
  ['https://a.example/x', true],
  ['http://127.0.0.1:1/', true],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['https://a b', false],
  ['ipfs://bafk', false],
])('%s can be opened: %s', (url, can) => {
  expect(openable(url) !== undefined).toBe(can)
})

test('scores, prices and checks in words', () => {
  expect(scoreText(724_999)).toBe('72.4 of 100')
  expect([priceText('0'), priceText('20000000000')]).toEqual(['free', '$0.02'])
  expect(checkText({ atMs: 0, passed: 3, failed: 1, notChecked: 2 })).toBe('3 passed, 1 failed, 2 not checked')
})
