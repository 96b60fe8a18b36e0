import { describe, expect, it } from 'vitest'
import { eventScreen, rawScreen } from './stream-screen.ts'

function shown(text: string, partBytes = 3): string {
  let out = ''
  const screen = eventScreen((more) => {
    out += more
  })
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += partBytes) screen.push(bytes.subarray(at, at + partBytes))
  screen.end()
  return out
}

const delta = (content: unknown): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`

describe('eventScreen', () => {
  it('puts the deltas of a completion together, in parts of any length', () => {
    const stream = `${delta('Hé')}${delta('llo\n')}${delta(undefined)}data: {"choices":[]}\n\n: koinon-receipt abc\n\ndata: [DONE]\n\n`
    for (const partBytes of [1, 2, 7, 4_096]) expect(shown(stream, partBytes)).toBe('Héllo\n')
    expect(shown('data: {"choices":[{"text":"plain"}]}\r\n\r\n')).toBe('plain\n')
  })

  it('shows the data of other events, a line each, and what came of a broken one', () => {
    expect(shown('event: tick\ndata: 1\n\ndata: {"error":{"message":"no"}}\n\ndata: half')).toBe(
      '1\n{"error":{"message":"no"}}\nhalf\n',
    )
  })

  it('lets no seller write to the terminal', () => {
    expect(shown(delta('\u001b]52;c;AAAA\u0007'))).not.toContain('\u001b')
    const chunks = { choices: [{ delta: { content: { toString: 'x' } } }, null] }
    expect(shown(`data: ${JSON.stringify(chunks)}\n\n`)).toContain('choices')
  })
})

describe('rawScreen', () => {
  it('passes the bytes on, but to a terminal', () => {
    const written: (string | Uint8Array)[] = []
    const output = { write: (data: string | Uint8Array) => written.push(data) }
    const bytes = Uint8Array.of(27, 91, 65)
    rawScreen(output).push(bytes)
    rawScreen({ ...output, isTTY: true }).push(bytes)
    expect(written).toEqual([bytes, '\ufffd[A'])
  })
})
