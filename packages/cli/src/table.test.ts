import { describe, expect, it } from 'vitest'
import { facts, table } from './table.ts'

describe('table', () => {
  it('aligns text left and numbers right, without trailing blanks', () => {
    expect(
      table(
        ['name', 'stake'],
        [
          ['a', '1'],
          ['miner-1', '5000'],
        ],
      ),
    ).toBe(['name     stake', 'a            1', 'miner-1   5000'].join('\n'))
  })

  it('takes signed amounts, small shares and what is not known for numbers', () => {
    const shown = table(
      ['flow', 'part'],
      [
        ['+10.5', '< 0.001 %'],
        ['-2', '-'],
      ],
    )
    expect(shown.split('\n')).toEqual([' flow       part', '+10.5  < 0.001 %', '   -2          -'])
  })

  it('takes no rows and rows that are too short', () => {
    expect(table(['a', 'b'], [])).toBe('a  b')
    expect(table(['a', 'b'], [['x']])).toBe('a  b\nx')
  })

  it('takes ids and times for text, amounts with a unit for numbers', () => {
    expect(
      table(
        ['receipt', 'time', 'size'],
        [
          ['0x12ab', '2026-01-02 03:04', '7 MiB'],
          ['0xabcd', '2026-01-02 03:05', '12 MiB'],
        ],
      ),
    ).toBe(
      [
        'receipt  time                size',
        '0x12ab   2026-01-02 03:04   7 MiB',
        '0xabcd   2026-01-02 03:05  12 MiB',
      ].join('\n'),
    )
  })

  it('keeps a column with any text in it left', () => {
    expect(
      table(
        ['v', 'w'],
        [
          ['1', '2'],
          ['none', '10'],
        ],
      ),
    ).toBe('v      w\n1      2\nnone  10')
  })
})

describe('what strangers wrote', () => {
  it('stays in its row', () => {
    expect(table(['name'], [['a\u001b[2Jb\nc']])).toBe('name\na\uFFFD[2Jb\uFFFDc')
    expect(facts([['name', 'a\u001b[2J']])).toBe('name  a\uFFFD[2J')
  })
})

describe('facts', () => {
  it('stand in two columns', () => {
    expect(
      facts([
        ['a', '1'],
        ['long', '2'],
      ]),
    ).toBe('a     1\nlong  2')
  })
})
