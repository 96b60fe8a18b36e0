/** Numbers and text as the report prints them. */
import type { Gain, Verdict } from '../gain.ts'

/** `+1.2 %`, `−53 %`, `0.0 %`: one decimal below ten, none above; a true minus sign. */
export function percent(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '+∞' : '−∞'
  const digits = Math.abs(value) < 9.95 ? 1 : 0
  const text = Math.abs(value).toFixed(digits)
  const sign = Number(text) === 0 ? '' : value < 0 ? '−' : '+'
  return `${sign}${grouped(text)} %`
}

/** `−1.3 to −1.1 %`; one world has none. */
export function interval({ lowPercent, highPercent, seeds }: Gain): string {
  if (seeds === 1) return 'one seed gives no interval'
  return `${percent(lowPercent).replace(' %', '')} to ${percent(highPercent)}`
}

/** Millionths as `45 %` or `0.8 %`. */
export function share(ppm: number): string {
  return `${(ppm / 10_000).toFixed(ppm < 100_000 ? 1 : 0).replace(/\.0$/, '')} %`
}

/** `1,335`. */
export function grouped(text: string): string {
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** One or two words. */
export function verdictWords(verdict: Verdict): string {
  return verdict === 'profitable' ? 'pays' : verdict === 'not profitable' ? 'does not pay' : 'unclear'
}

/** Text for HTML and SVG, attributes included. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
