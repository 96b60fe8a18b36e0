import { CommanderError } from 'commander'
import { failureOf } from './failure.ts'
import { commandStyle } from './next-step.ts'
import { printable } from './printable.ts'
import { createProgram } from './program.ts'
import { describeError, exitCodes, printFailure, usageError } from './runner.ts'

process.on('uncaughtException', (error) => {
  process.stderr.write(`${printable(describeError(failureOf(error), commandStyle(undefined)))}\n`)
  process.exit(exitCodes.failed)
})
// A reader that goes away (`koinon logs | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.failed),
)

// Whoever handed over to this process was killed.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()

const program = createProgram()
try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  const isAnswer = ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(error.code)
  process.exitCode = isAnswer ? exitCodes.ok : exitCodes.usage
  if (!isAnswer && process.argv.includes('--json')) printFailure(usageError(error))
}
