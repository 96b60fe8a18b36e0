import { describe, expect, it } from 'vitest'
import { parseLogLine, renderLogLine } from './log-line.ts'

const render = (line: string): string => renderLogLine({ role: 'gateway', line })

describe('a log line', () => {
  it('shows time, role, level, sentence and the other facts', () => {
    const line = JSON.stringify({ time: Date.UTC(2026, 0, 1, 12, 0, 1, 5), level: 40, msg: 'slow', role: 'x', port: 1 })
    expect(render(line)).toBe('12:00:01.005 gateway      warn  slow {"port":1}')
  })

  it.each([
    ['plain text', 'a library spoke', ' gateway      info  a library spoke'],
    ['null', 'null', ' gateway      info  null'],
    ['a number', '12', ' gateway      info  12'],
    ['a list', '[1]', ' gateway      info  [1]'],
    ['half a line', '{"msg":"a', ' gateway      info  {"msg":"a'],
    ['a time out of range', '{"time":1e300,"msg":"a"}', ' gateway      info  a'],
    ['a time that is none', '{"time":"soon","msg":"a"}', ' gateway      info  a'],
    ['an unknown level', '{"level":35,"msg":"a"}', ' gateway      info  a'],
    ['an event without a sentence', '{"kind":"answered","tokens":3}', ' gateway      info  answered {"tokens":3}'],
    ['a sentence with a kind', '{"msg":"a","kind":"b"}', ' gateway      info  a {"kind":"b"}'],
    ['neither', '{"n":1}', ' gateway      info   {"n":1}'],
    ['a message that is no text', '{"msg":{"a":1}}', ' gateway      info  {"a":1}'],
  ])('takes %s', (_, line, expected) => {
    expect(render(line)).toBe(expected)
  })

  it('lets no escape sequence through to the terminal', () => {
    const hostile = JSON.stringify({ msg: '\u001b[2J\u001b]52;c;aGk=\u0007\u009b31m\r\nforged' })
    expect(render(hostile)).not.toMatch(/\p{Cc}/u)
    expect(parseLogLine(hostile)['msg']).toContain('\u001b')
  })
})
