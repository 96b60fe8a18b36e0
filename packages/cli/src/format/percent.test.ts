import { describe, expect, it } from 'vitest'
import { bpsPercent, impactPercent, ppmPercent, shareText } from './percent.ts'

describe('parts in per cent', () => {
  it.each([
    [undefined, '-'],
    [0, '0.0 %'],
    [1, '< 0.001 %'],
    [500, '0.050 %'],
    [417_000, '41.7 %'],
  ])('a share of %s is %s', (ppm, text) => {
    expect(shareText(ppm)).toBe(text)
  })

  it('keep the places that their unit has', () => {
    expect([1_800, 1_250, 1_805].map(bpsPercent)).toEqual(['18 %', '12.5 %', '18.05 %'])
    expect([ppmPercent(410_000), ppmPercent(333_333, 2)]).toEqual(['41.0 %', '33.33 %'])
    expect([5_000n, 333_399n, 99n].map(impactPercent)).toEqual(['0.5 %', '33.33 %', '0 %'])
  })
})
