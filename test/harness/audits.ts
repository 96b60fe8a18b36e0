/** `koinon audit`, and copies of a network with one figure changed. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Hex } from '@koinon/base'
import type { AuditOutcome } from '@koinon/node/audit'
import { koinonJson } from './cli.ts'

export type Audited = AuditOutcome & { readonly exitCode: number; readonly named: readonly string[] }

/** Runs `koinon audit ...args`; `named` has `check: subnet/epoch/account what` of every difference. */
export async function audit(args: readonly string[], deadlineMs?: number): Promise<Audited> {
  const { code, data, error } = await koinonJson(['audit', ...args], deadlineMs)
  if (error !== undefined) throw new Error(`koinon audit ${args.join(' ')}: ${error.code}: ${error.message}`)
  const outcome = data as unknown as AuditOutcome
  const named = outcome.checks.flatMap(({ name, differences }) =>
    differences.map((one) => `${name}: ${one.netuid ?? ''}/${one.epoch ?? ''}/${one.account ?? ''} ${one.what}`),
  )
  return { ...outcome, exitCode: code, named }
}

/** A copy of an exported copy in which the last line that has all `marks` is changed, and the manifest's hash with it. Returns the line. */
export function falsify(
  from: string,
  to: string,
  file: 'events.jsonl' | 'views.jsonl' | 'documents.jsonl',
  marks: readonly string[],
  change: (line: string) => string,
): string {
  cpSync(from, to, { recursive: true })
  const text = readFileSync(join(from, file), 'utf8')
  const lines = text.split('\n')
  const index = lines.findLastIndex((line) => marks.every((mark) => line.includes(mark)))
  const line = lines[index]
  if (line === undefined || change(line) === line)
    throw new Error(`no line of ${file} to change has ${marks.join(', ')}`)
  const changed = lines.with(index, change(line)).join('\n')
  writeFileSync(join(to, file), changed)
  const manifest = readFileSync(join(from, 'manifest.json'), 'utf8')
  writeFileSync(join(to, 'manifest.json'), manifest.replace(sha256Hex(text), sha256Hex(changed)))
  return line
}

/** Adds one to the first `"field":"figure"` of a line. */
export function raised(field: string): (line: string) => string {
  return (line) =>
    line.replace(
      new RegExp(`("${field}":"?)(\\d+)`),
      (_, before: string, figure: string) => `${before}${BigInt(figure) + 1n}`,
    )
}
