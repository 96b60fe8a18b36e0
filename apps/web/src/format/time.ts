/** `840 ms`, `2.4 s`, `3 min 05 s` : a duration with its unit. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs) || durationMs < 0) return 'unknown'
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`
  const seconds = durationMs / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}

/** A countdown that ends at zero: `1:05`, `12:00`, `1:02:00`. */
export function formatCountdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000))
  const two = (part: number): string => String(part).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** `just now`, `12 s ago`, `5 min ago`, `3 h ago`, then the date. */
export function formatAgo(atMs: number, nowMs: number): string {
  const elapsedMs = nowMs - atMs
  if (elapsedMs < 2000) return 'just now'
  if (elapsedMs < 60_000) return `${Math.floor(elapsedMs / 1000)} s ago`
  if (elapsedMs < 3_600_000) return `${Math.floor(elapsedMs / 60_000)} min ago`
  if (elapsedMs < 86_400_000) return `${Math.floor(elapsedMs / 3_600_000)} h ago`
  return formatDateTime(atMs)
}

/** Local date and time to the second, `2026-03-01 14:05:09`, the same in every locale. */
export function formatDateTime(atMs: number): string {
  const date = new Date(atMs)
  if (Number.isNaN(date.getTime())) return 'unknown'
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
