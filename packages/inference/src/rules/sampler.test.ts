import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkSamplerSettings, neededLogits, type SamplerSettings, samplerSettings, sampleToken } from './sampler.ts'

type SettingsJson = Omit<SamplerSettings, 'seed'> & { readonly seed: string }
type Vectors = {
  readonly cases: readonly { logits: (number | '-inf')[]; settings: SettingsJson; position: number; tokenId: number }[]
  readonly draws: { logits: number[]; settings: SettingsJson; tokenIds: number[] }
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/sampler.json', import.meta.url), 'utf8'),
) as Vectors

const settingsOf = (json: SettingsJson): SamplerSettings => ({ ...json, seed: BigInt(json.seed) })
const rowOf = (logits: readonly (number | '-inf')[]) => ({
  tokenIds: logits.map((_, id) => id),
  logits: Float32Array.from(logits.map((logit) => (logit === '-inf' ? Number.NEGATIVE_INFINITY : logit))),
  complete: true,
})

describe('sampleToken', () => {
  it('draws the tokens of the vectors', () => {
    for (const { logits, settings, position, tokenId } of vectors.cases) {
      expect(sampleToken(rowOf(logits), settingsOf(settings), position)).toBe(tokenId)
    }
    const { logits, settings, tokenIds } = vectors.draws
    expect(tokenIds.map((_, position) => sampleToken(rowOf(logits), settingsOf(settings), position))).toEqual(tokenIds)
  })

  it('does not depend on the order of the row', () => {
    const settings = samplerSettings({ temperature: 0.9, topP: 0.95, topK: 50, seed: 11n })
    const logits = Float32Array.from({ length: 300 }, (_, id) => Math.fround(Math.sin(id * 7.7) * 3))
    logits[17] = logits[18] as number
    const ids = Array.from(logits.keys())
    const shuffled = ids.toSorted((a, b) => ((a * 37) % 101) - ((b * 37) % 101) || a - b)
    const mixed = { tokenIds: shuffled, logits: shuffled.map((id) => logits[id] as number), complete: true }
    for (let position = 0; position < 100; position++) {
      expect(sampleToken(mixed, settings, position)).toBe(
        sampleToken({ tokenIds: ids, logits, complete: true }, settings, position),
      )
    }
  })

  it('draws from a short row what it draws from the whole vocabulary', () => {
    const settings = samplerSettings({ temperature: 1.3, topK: 20, seed: 5n })
    const logits = Float32Array.from({ length: 500 }, (_, id) => Math.fround(Math.cos(id * 3.3) * 4))
    const ids = Array.from(logits.keys()).sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b)
    const top = ids.slice(0, neededLogits(settings, 500))
    const short = { tokenIds: top, logits: top.map((id) => logits[id] as number), complete: false }
    for (let position = 0; position < 100; position++) {
      expect(sampleToken(short, settings, position)).toBe(sampleToken(rowOf([...logits]), settings, position))
    }
  })

  it('says that it cannot decide when equal logits reach the edge of a short row', () => {
    const short = { tokenIds: [4, 9], logits: [1, 1], complete: false }
    expect(sampleToken(short, samplerSettings({ temperature: 0, seed: 0n }), 0)).toBeUndefined()
    expect(sampleToken({ ...short, complete: true }, samplerSettings({ temperature: 0, seed: 0n }), 0)).toBe(4)
  })

  it('refuses logits that are no numbers', () => {
    const settings = samplerSettings({ seed: 0n })
    expect(() => sampleToken(rowOf([1, Number.NaN]), settings, 0)).toThrow('no usable logits')
    expect(() => sampleToken(rowOf([Number.POSITIVE_INFINITY]), settings, 0)).toThrow('no usable logits')
    expect(() => sampleToken(rowOf(['-inf', '-inf']), settings, 0)).toThrow('no logit is finite')
  })
})

describe('samplerSettings', () => {
  it('fills in defaults and keeps millionths', () => {
    expect(samplerSettings({ seed: 3n })).toEqual({
      version: 1,
      temperatureMicro: 1_000_000,
      topPMicro: 1_000_000,
      topK: 0,
      seed: 3n,
    })
    expect(samplerSettings({ temperature: 0.7, topP: 0.1, topK: 5, seed: 3n })).toMatchObject({
      temperatureMicro: 700_000,
      topPMicro: 100_000,
      topK: 5,
    })
  })

  it.each([
    ['temperature', { temperature: -0.1 }],
    ['temperature', { temperature: Number.NaN }],
    ['temperature', { temperature: 11 }],
    ['top_p', { topP: 0 }],
    ['top_p', { topP: 1.1 }],
    ['top_k', { topK: 1025 }],
    ['top_k', { topK: 1.5 }],
    ['seed', { seed: -1n }],
    ['seed', { seed: 1n << 64n }],
  ])('refuses a %s outside its range', (name, change) => {
    expect(() => samplerSettings({ seed: 0n, ...change })).toThrow(name)
  })

  it('refuses settings of another version', () => {
    expect(() => checkSamplerSettings({ ...samplerSettings({ seed: 0n }), version: 2 })).toThrow('version 2')
  })
})

describe('neededLogits', () => {
  it('asks for few logits when few can win', () => {
    expect(neededLogits(samplerSettings({ temperature: 0, seed: 0n }), 50_000)).toBe(9)
    expect(neededLogits(samplerSettings({ topK: 40, seed: 0n }), 50_000)).toBe(48)
    expect(neededLogits(samplerSettings({ seed: 0n }), 50_000)).toBe(1032)
    expect(neededLogits(samplerSettings({ seed: 0n }), 100)).toBe(100)
  })
})
