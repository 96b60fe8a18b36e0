/** How every command ends: text for people or one JSON envelope, and an exit code that programs can act on. */
import { type ErrorJson, errorToJson, KoinonError } from '@koinon/base'
import { defaultHomePath, type Home, homeAt } from '@koinon/node/home'
import type { Command, CommanderError } from 'commander'
import { failureOf } from './failure.ts'
import { asTyped, type CommandStyle, commandStyle } from './next-step.ts'
import { printable, printableJson } from './printable.ts'

export const exitCodes = { ok: 0, failed: 1, usage: 2, unavailable: 3, needsConfirmation: 4, interrupted: 130 } as const

/** What a command works with. `say` writes progress to standard error and is silent under --quiet. */
export type CommandContext = {
  readonly home: Home
  readonly isJson: boolean
  /** Under --quiet: the outcome alone, no next steps. */
  readonly isQuiet: boolean
  readonly isInteractive: boolean
  say(text: string): void
  warn(text: string): void
  /** Our own text with the commands in it as they are typed on this home. Never for what strangers wrote. */
  typed(text: string): string
}

export type CommandResult = {
  /** What `--json` shows. */
  readonly data: unknown
  /** The same for people; several lines allowed. */
  readonly text: string
  /** Set when the command worked but found something wrong (a failed check): exit code 1. */
  readonly isBad?: boolean
}

type GlobalOptions = { readonly home?: string; readonly json?: boolean; readonly quiet?: boolean }

/** Wraps a command's work into a commander action: context in, result printed, errors explained, exit code set. */
export function runCommand<args extends readonly unknown[]>(
  work: (context: CommandContext, ...args: args) => Promise<CommandResult>,
): (...args: [...args, Record<string, unknown>, Command]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command
    const options = command.optsWithGlobals<GlobalOptions>()
    const args = [...all.slice(0, -2), options] as unknown as args
    const warnings: string[] = []
    const isJson = options.json === true
    const style = commandStyle(options.home)
    const context: CommandContext = {
      home: homeAt(options.home ?? defaultHomePath()),
      isJson,
      isQuiet: options.quiet === true,
      isInteractive: !isJson && process.stdin.isTTY === true && process.stderr.isTTY === true,
      say: (text) => void (options.quiet === true || process.stderr.write(`${printable(text)}\n`)),
      warn: (text) => {
        warnings.push(text)
        if (!isJson) process.stderr.write(`warning: ${printable(text)}\n`)
      },
      typed: (text) => asTyped(text, style),
    }
    try {
      const result = await work(context, ...args)
      if (isJson) printJson({ v: 1, ok: result.isBad !== true, data: result.data, warnings })
      else if (result.text !== '') process.stdout.write(`${printable(result.text)}\n`)
      process.exitCode = result.isBad === true ? exitCodes.failed : exitCodes.ok
    } catch (error) {
      const json = failureOf(error)
      if (isJson) printFailure(json, warnings)
      else process.stderr.write(`${printable(describeError(json, style))}\n`)
      process.exitCode = exitCodeOf(json)
    }
  }
}

/** The envelope of a command that did not work. */
export function printFailure(error: ErrorJson, warnings: readonly string[] = []): void {
  printJson({ v: 1, ok: false, data: null, error, warnings })
}

/** What the parser of the command line found wrong, as an error like any other. */
export function usageError({ message }: CommanderError): ErrorJson {
  return errorToJson(
    new KoinonError({
      code: 'usage/bad-command-line',
      message: message.replace(/^error: /, ''),
      hint: 'See "koinon --help" or "koinon COMMAND --help".',
    }),
  )
}

/** Sentence and next step, its commands as they are typed here. */
export function describeError({ message, hint }: ErrorJson, style: CommandStyle): string {
  return hint === undefined ? `koinon: ${message}` : `koinon: ${message}\n        ${asTyped(hint, style)}`
}

/** What is thrown for what a person typed, wherever it is read. */
const misreadCodes = ['base/bad-amount']

/** 2 for what the caller wrote wrongly, 3 for what may work later, 4 for what needs a yes, else 1. */
export function exitCodeOf(error: ErrorJson): number {
  if (error.code.startsWith('usage/') || misreadCodes.includes(error.code)) return exitCodes.usage
  if (error.code === 'cli/needs-confirmation') return exitCodes.needsConfirmation
  if (error.code === 'cli/interrupted') return exitCodes.interrupted
  return error.retry === 'later' || error.retry === 'now' ? exitCodes.unavailable : exitCodes.failed
}

/** Help of `--yes` where the money of a test network moves unasked. */
export const testYesHelp = 'do not ask; on a test network nothing is asked'

/** Asks for a yes on a terminal; elsewhere refuses and names the flag. */
export async function confirm(context: CommandContext, question: string, isAgreed: boolean): Promise<void> {
  if (isAgreed) return
  const refusal = (): KoinonError =>
    new KoinonError({ code: 'cli/needs-confirmation', message: question, hint: 'Add --yes to agree.' })
  if (!context.isInteractive) throw refusal()
  const { createInterface } = await import('node:readline/promises')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`${printable(question)} [y/N] `)
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw refusal()
}

/** A flag's value as a whole number within bounds. Throws `usage/bad-number`. */
export function parseInteger(text: string, flag: string, minimum: number, maximum: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value
  throw new KoinonError({
    code: 'usage/bad-number',
    message: `${flag} takes a whole number from ${minimum} to ${maximum}, not "${text}"`,
    hint: 'Write it in digits, without spaces or signs.',
  })
}

function printJson(value: unknown): void {
  const json = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item))
  process.stdout.write(`${printableJson(json)}\n`)
}
