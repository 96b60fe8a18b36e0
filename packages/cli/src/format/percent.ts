/** Parts of a whole in per cent, as people read them. */
import { formatUnits } from '@koinon/base'

/** 1/10,000, as takes and parts of new alpha are given: `12.5 %`. */
export function bpsPercent(bps: number): string {
  return `${bps / 100} %`
}

/** Millionths, always with that many places: `41.0 %`. */
export function ppmPercent(ppm: number, places = 1): string {
  return `${(ppm / 10_000).toFixed(places)} %`
}

/** Millionths by which a trade moves a price, two places at most, cut: `0.5 %`. */
export function impactPercent(ppm: bigint): string {
  return `${formatUnits(ppm / 100n, 2)} %`
}

/** Millionths as the page has them: `41.7 %`; small shares keep more digits. */
export function shareText(ppm: number | undefined): string {
  if (ppm === undefined) return '-'
  const percent = ppm / 10_000
  if (percent > 0 && percent < 0.001) return '< 0.001 %'
  return ppmPercent(ppm, percent !== 0 && percent < 0.1 ? 3 : 1)
}
