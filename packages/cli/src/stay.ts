/** Commands that stay: they print one result when ready, then wait for Ctrl-C or for somebody who asks them to stop. */
import { systemClock } from '@koinon/base'
import { failureOf } from './failure.ts'
import { asTyped, commandStyle } from './next-step.ts'
import { printable } from './printable.ts'
import { describeError, exitCodeOf, exitCodes, printFailure } from './runner.ts'

export type StayOptions = { readonly home?: string; readonly json?: boolean; readonly quiet?: boolean }

export type Staying<ready> = {
  start(): Promise<ready>
  stop(): Promise<void>
  readonly stopRequested: Promise<unknown>
}

export type StayDescription<ready> = {
  readonly options: StayOptions
  /** Makes the thing; anything thrown here or while it starts is explained and ends the command. */
  readonly create: (say: (text: string) => void) => Promise<Staying<ready>>
  /** The one line of `--json`. */
  readonly readyJson: (ready: ready) => Readonly<Record<string, unknown>>
  readonly welcome: (ready: ready, startedInMs: number) => string
  /** Read when everything has stopped. */
  readonly goodbye: string
}

/** Runs until stopped and ends the process with the right exit code. */
export async function stay<ready>(description: StayDescription<ready>): Promise<never> {
  const { options, create, readyJson, welcome } = description
  const say = (text: string): void => void (options.quiet === true || process.stderr.write(`${printable(text)}\n`))
  const style = commandStyle(options.home)
  const begunAtMs = systemClock.nowMs()
  const interrupted = untilSignal()
  let staying: Staying<ready> | undefined
  try {
    staying = await create(say)
    const ready = await Promise.race([staying.start(), interrupted.then(() => undefined)])
    if (ready !== undefined) {
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ v: 1, ready: true, ...readyJson(ready) })}\n`
          : asTyped(welcome(ready, systemClock.nowMs() - begunAtMs), style),
      )
      await Promise.race([interrupted, staying.stopRequested])
      say('stopping ...')
    }
    await staying.stop()
    say(description.goodbye)
    process.exit(ready === undefined ? exitCodes.interrupted : exitCodes.ok)
  } catch (error) {
    await staying?.stop().catch(() => undefined)
    const json = failureOf(error)
    if (options.json === true) printFailure(json)
    process.stderr.write(`${printable(describeError(json, style))}\n`)
    process.exit(exitCodeOf(json))
  }
}

/** Resolves at the first Ctrl-C or request to end; a second one, more than a second later, ends at once. */
function untilSignal(): Promise<void> {
  let firstAtMs: number | undefined
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        // Ctrl-C reaches us from the terminal and again from the starter, so twins within a second count once.
        if (firstAtMs !== undefined && systemClock.nowMs() - firstAtMs > 1000) process.exit(exitCodes.interrupted)
        firstAtMs ??= systemClock.nowMs()
        resolve()
      })
    }
  })
}
