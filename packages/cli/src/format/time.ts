/** Moments and spans of time as people read them. */
import { formatSpan } from '@koinon/base'

/** Unix seconds: `2027-12-22 20:04:08 UTC`. */
export function utcTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `, about 12 min left`; nothing while too little is done to tell. */
export function timeLeft(elapsedMs: number, donePpm: number): string {
  if (elapsedMs < 2_000 || donePpm < 10_000 || donePpm >= 1_000_000) return ''
  return `, about ${formatSpan(Math.ceil((elapsedMs * (1_000_000 - donePpm)) / donePpm / 1_000))} left`
}

/** `1.2 s`, `340 ms`. */
export function duration(durationMs: number): string {
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`
}
