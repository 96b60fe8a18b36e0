import { type Hex, sha256Hex, sleep } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { readLoggedAnswers } from './logged-answers.ts'

const texts = new Map(Array.from({ length: 100 }, (_, index) => [sha256Hex(`answer ${index}`), `answer ${index}`]))
const hashes = [...texts.keys()]
const bounds = { mostLength: 1_048_576, timeMs: 60_000 }

describe('the answers behind a log', () => {
  it('are each asked for once, and kept where the text is the one that was named', async () => {
    const asked: Hex[] = []
    const answerOf = async (hash: Hex) => {
      asked.push(hash)
      return hash === hashes[0] ? undefined : hash === hashes[1] ? 'another' : texts.get(hash)
    }
    const { answers, published, problem } = await readLoggedAnswers([...hashes, ...hashes], answerOf, bounds)
    expect(asked).toHaveLength(100)
    expect(published).toHaveLength(98)
    expect(answers.size).toBe(99)
    expect(answers.get(hashes[1] as Hex)).toBe('')
    expect(problem).toBeUndefined()
  })

  it('are read no further when they are more than a reader holds, or come too slowly', async () => {
    const much = async (hash: Hex) => texts.get(hash)
    const cut = await readLoggedAnswers(hashes, much, { ...bounds, mostLength: 50 })
    expect(cut).toMatchObject({ problem: expect.stringMatching(/more than .* MiB/), isSlow: false })
    expect(cut.published.length).toBeLessThan(20)
    let asked = 0
    const drip = async (hash: Hex) => {
      asked++
      await sleep(50)
      return texts.get(hash)
    }
    const slow = await readLoggedAnswers(hashes, drip, { ...bounds, timeMs: 20 })
    expect(slow).toMatchObject({ problem: 'its answers took longer than 0.02 s', isSlow: true })
    expect(asked).toBeLessThan(20)
  })
})
