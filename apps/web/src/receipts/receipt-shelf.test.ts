import { describe, expect, test } from 'vitest'
import { FakeState } from '../../dev/fake-state.ts'
import { MemoryStorage } from '../../test/memory-storage.ts'
import { type KeptReceipt, maximumKeptCharacters, maximumKeptReceipts, ReceiptShelf } from './receipt-shelf.ts'

const key = 'koinon.receipts.v1'

describe('ReceiptShelf', () => {
  test('keeps receipts over a reload, newest first', () => {
    const storage = new MemoryStorage()
    const shelf = new ReceiptShelf(storage)
    shelf.keep(receipt('a'))
    shelf.keep(receipt('b'))
    expect(new ReceiptShelf(storage).all().map((one) => one.id)).toEqual(['b', 'a'])
  })

  test('keeps one entry an id and moves it to the front', () => {
    const shelf = new ReceiptShelf(undefined)
    shelf.keep(receipt('a'))
    shelf.keep(receipt('b'))
    shelf.keep({ ...receipt('a'), atMs: 9 })
    expect(shelf.all().map((one) => [one.id, one.atMs])).toEqual([
      ['a', 9],
      ['b', 1],
    ])
  })

  test('drops the oldest past its number', () => {
    const shelf = new ReceiptShelf(undefined)
    for (let index = 0; index < maximumKeptReceipts + 5; index++) shelf.keep(receipt(`r${index}`))
    expect(shelf.all()).toHaveLength(maximumKeptReceipts)
    expect(shelf.all()[0]?.id).toBe(`r${maximumKeptReceipts + 4}`)
    expect(shelf.find('r0')).toBeUndefined()
  })

  test('drops the oldest past its size', () => {
    const storage = new MemoryStorage()
    const shelf = new ReceiptShelf(storage)
    for (let index = 0; index < 5; index++) shelf.keep(receipt(`r${index}`, maximumKeptCharacters / 4))
    expect((storage.getItem(key) ?? '').length).toBeLessThanOrEqual(maximumKeptCharacters)
    expect(shelf.all()[0]?.id).toBe('r4')
  })

  test('does not write one receipt that alone is too large', () => {
    const storage = new MemoryStorage()
    new ReceiptShelf(storage).keep(receipt('huge', maximumKeptCharacters + 1))
    expect(storage.getItem(key)).toBeNull()
  })

  test('goes on in memory when storage is full', () => {
    const shelf = new ReceiptShelf(new MemoryStorage({}, 10))
    shelf.keep(receipt('a'))
    expect(shelf.find('a')?.id).toBe('a')
  })

  test.each([
    ['text that is no JSON', '['],
    ['something else', '{"a":1}'],
    ['entries that are no receipts', '[null,{"id":"x"},{"id":"y","atMs":1,"bundle":{"hops":[]}}]'],
  ])('starts empty from %s', (_, stored) => {
    expect(new ReceiptShelf(new MemoryStorage({ [key]: stored })).all()).toEqual([])
  })

  test('forgets, and tells its listeners until they leave', () => {
    const shelf = new ReceiptShelf(new MemoryStorage())
    let told = 0
    const leave = shelf.subscribe(() => {
      told += 1
    })
    shelf.keep(receipt('a'))
    shelf.clear()
    leave()
    shelf.keep(receipt('b'))
    expect(told).toBe(2)
  })
})

const bundle = new FakeState(() => 1_800_000_000_000).records[0]?.bundle

function receipt(id: string, padding = 0): KeptReceipt {
  return { id, atMs: 1, bundle: padding === 0 ? bundle : { ...bundle, padding: 'x'.repeat(padding) } }
}
