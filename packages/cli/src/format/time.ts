/** Moments and spans of time as people read them. */

/** Unix seconds: `2027-12-22 20:04:08 UTC`. */
export function utcTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `40 s`, `12 min`, `3 h 05 min`, `4 d 2 h`. */
export function ageText(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `, about 12 min left`; nothing while too little is done to tell. */
export function timeLeft(elapsedMs: number, donePpm: number): string {
  if (elapsedMs < 2_000 || donePpm < 10_000 || donePpm >= 1_000_000) return ''
  return `, about ${ageText(Math.ceil((elapsedMs * (1_000_000 - donePpm)) / donePpm / 1_000))} left`
}

/** `1.2 s`, `340 ms`. */
export function duration(durationMs: number): string {
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`
}
