import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { KoinonError, sleep } from '@koinon/base'
import type { Command } from 'commander'
import { parseLogLine, renderLogLine } from '../log-line.ts'
import { parseInteger, runCommand } from '../runner.ts'

type LogsOptions = { readonly follow?: boolean; readonly lines: string }

const followIntervalMs = 300
const maximumTailBytes = 1024 * 1024

export function defineLogs(logs: Command): void {
  logs
    .argument('[role]', 'for example gateway, miner-1, validator-1, chain, indexer')
    .option('-f, --follow', 'stay and print what comes')
    .option('-n, --lines <n>', 'last lines of each role', '20')
    .action(
      runCommand(async ({ home, isJson }, role: string | undefined, options: LogsOptions) => {
        const count = parseInteger(options.lines, '--lines', 1, 10_000)
        const roles = role === undefined ? logNames(home.logs) : [role]
        const paths = roles.map((name) => ({ name, path: join(home.logs, `${name}.jsonl`) }))
        const missing = paths.find(({ path }) => !existsSync(path))
        if (missing !== undefined || paths.length === 0) throw noLog(role, logNames(home.logs))
        const lines = paths.flatMap(({ name, path }) => tail(path, count).map((line) => ({ role: name, line })))
        if (options.follow !== true) {
          return {
            data: { lines: lines.map(({ role: from, line }) => ({ role: from, ...parseLogLine(line) })) },
            text: lines.map(renderLogLine).join('\n'),
          }
        }
        for (const line of lines) process.stdout.write(`${isJson ? line.line : renderLogLine(line)}\n`)
        return follow(paths, isJson)
      }),
    )
}

async function follow(
  paths: readonly { readonly name: string; readonly path: string }[],
  isJson: boolean,
): Promise<never> {
  const offsets = new Map(paths.map(({ path }) => [path, statSync(path).size]))
  const rests = new Map<string, string>()
  for (;;) {
    await sleep(followIntervalMs)
    for (const { name, path } of paths) {
      const size = existsSync(path) ? statSync(path).size : 0
      const known = offsets.get(path) ?? 0
      // A shorter file is a new one: the old was rotated away.
      const from = known > size ? 0 : known
      if (size === from) continue
      const parts = `${rests.get(path) ?? ''}${read(path, from, size - from)}`.split('\n')
      rests.set(path, parts.pop() ?? '')
      offsets.set(path, size)
      for (const line of parts) process.stdout.write(`${isJson ? line : renderLogLine({ role: name, line })}\n`)
    }
  }
}

function logNames(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -'.jsonl'.length))
    .sort()
}

function tail(path: string, count: number): readonly string[] {
  const size = statSync(path).size
  const from = Math.max(0, size - maximumTailBytes)
  return read(path, from, size - from)
    .split('\n')
    .filter((line) => line !== '')
    .slice(-count)
}

function read(path: string, from: number, length: number): string {
  const file = openSync(path, 'r')
  const buffer = Buffer.alloc(length)
  const bytes = readSync(file, buffer, 0, length, from)
  closeSync(file)
  return buffer.subarray(0, bytes).toString('utf8')
}

function noLog(role: string | undefined, known: readonly string[]): KoinonError {
  return new KoinonError({
    code: 'usage/no-log',
    message: role === undefined ? 'This home has no logs yet' : `There is no log of "${role}"`,
    hint:
      known.length === 0 ? 'Start something first, for example "koinon up".' : `Roles with a log: ${known.join(', ')}.`,
  })
}
