import { formatTokenAtomic, readAmount } from './money.ts'
import { formatDateTime } from './time.ts'

/** KOIN that people brought into a pool less what they took out: `+1.5 KOIN`, `-0.25 KOIN`, `0 KOIN`. */
export function formatFlow(netAtomic: string): string {
  const amount = readAmount(netAtomic) ?? 0n
  if (amount === 0n) return formatTokenAtomic(0n)
  return amount > 0n ? `+${formatTokenAtomic(amount)}` : `−${formatTokenAtomic(-amount)}`
}

/** `since 2026-03-01 14:05:09`. */
export function formatSince(seconds: number): string {
  return `since ${formatDateTime(seconds * 1000)}`
}
