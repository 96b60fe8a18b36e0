import { formatTokenAtomic, readAmount } from './money.ts'
import { formatDateTime } from './time.ts'

/** KOIN that people brought into a pool less what they took out: `+1.5 KOIN`, `-0.25 KOIN`, `0 KOIN`. */
export function formatFlow(netAtomic: string): string {
  const amount = readAmount(netAtomic) ?? 0n
  if (amount === 0n) return formatTokenAtomic(0n)
  return amount > 0n ? `+${formatTokenAtomic(amount)}` : `−${formatTokenAtomic(-amount)}`
}

/** `40 s`, `12 min`, `3 h 05 min`, `4 d 2 h`. */
export function formatAge(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `since 2026-03-01 14:05:09`. */
export function formatSince(seconds: number): string {
  return `since ${formatDateTime(seconds * 1000)}`
}
