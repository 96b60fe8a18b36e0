/** `0x1234…cdef`: enough of a hash or an account to tell two apart. */
export function shortHex(hex: string): string {
  return hex.length <= 14 ? hex : `${hex.slice(0, 6)}…${hex.slice(-4)}`
}

/** `1 token`, `2 tokens`. */
export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount.toLocaleString('en')} ${amount === 1 ? noun : plural}`
}

/** Parts per million as a percentage: `41.7 %`; small shares keep one more digit. */
export function formatPpm(ppm: number): string {
  const percent = ppm / 10_000
  if (percent > 0 && percent < 0.001) return '< 0.001 %'
  if (percent !== 0 && percent < 0.1) return `${percent.toFixed(3)} %`
  return `${percent.toFixed(1)} %`
}

/** Bytes in binary units: `412 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** First letter upper case, camelCase to words: `weightCommit` -> `Weight commit`. */
export function humanise(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[-_]/g, ' ')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
