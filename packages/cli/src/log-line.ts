/** One line of a role's log for a terminal. Logs hold text of strangers (endpoints, errors), so nothing in them is trusted. */

import { withoutControls } from './printable.ts'

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
const latestTimeMs = 8.64e15

/** The JSON object of a line; a line that is none becomes its message. */
export function parseLogLine(line: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(line)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  } catch {
    // Not JSON: something a library printed.
  }
  return { msg: line }
}

/** `12:00:00.000 gateway      info  sentence {"more":"facts"}`, without control characters. */
export function renderLogLine({ role, line }: { readonly role: string; readonly line: string }): string {
  const { time, level, msg: sentence, role: _role, kind, ...others } = parseLogLine(line)
  // A line without a sentence is an event of its kind.
  const [msg, rest] =
    sentence === undefined ? [kind, others] : [sentence, kind === undefined ? others : { kind, ...others }]
  const isTime = typeof time === 'number' && Math.abs(time) <= latestTimeMs
  const clock = isTime ? new Date(time).toISOString().slice(11, 23) : ''
  const text = msg === undefined ? '' : typeof msg === 'string' ? msg : JSON.stringify(msg)
  const extra = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`
  const levelName = (typeof level === 'number' ? levels[level] : undefined) ?? 'info'
  return withoutControls(`${clock} ${role.padEnd(12)} ${levelName.padEnd(5)} ${text}${extra}`)
}
