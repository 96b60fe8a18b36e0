import { runEpochVectors, type VectorOutcome } from '@koinon/subnets'
import type { Command } from 'commander'
import { readGivenJson } from '../given-file.ts'
import { type CommandResult, runCommand } from '../runner.ts'
import { table } from '../table.ts'

/** Adds `epoch run`: epochs of Yuma out of a file, recomputed and compared with what the file says (specs/0011-yuma.md section 9). */
export function defineEpochRun(epoch: Command): void {
  epoch
    .command('run')
    .description('recompute epochs of Yuma from a file, and compare them with the results that it holds')
    .requiredOption('--in <file>', 'JSON with a list of vectors, as in specs/vectors/incentives.json')
    .action(
      runCommand(async ({ warn }, options: { readonly in: string }) => {
        const { vectors, leftOut, warnings } = runEpochVectors(readVectors(options.in), options.in)
        for (const warning of warnings) warn(warning)
        if (leftOut.length > 0)
          warn(`left out, because their label begins with neither yuma2 nor yuma3: ${leftOut.join(', ')}`)
        return describe(vectors)
      }),
    )
}

function readVectors(path: string): unknown {
  const hints = {
    noFile: 'Check the path given with --in.',
    badJson: 'Give a file like specs/vectors/incentives.json.',
  }
  return readGivenJson({ path, hints, reviver: keepLargeNumbers })
}

function describe(vectors: readonly VectorOutcome[]): CommandResult {
  const differing = vectors.filter(({ agrees }) => agrees === false).map(({ label }) => label)
  const rows = vectors.map(({ label, agrees, checks, problem }) => [
    label,
    agrees === null ? 'nothing to compare' : agrees ? 'agrees' : 'DIFFERS',
    problem ??
      Object.entries(checks)
        .map(
          ([name, check]) =>
            `${name}${check.agrees ? '' : ` off by ${check.largestDifference ?? 'what is no number'}`}`,
        )
        .join(', '),
  ])
  const count = `${vectors.length} epochs, ${differing.length} of them differ from the file`
  return {
    data: {
      epochs: vectors.length,
      differing,
      // Results stand beside label and verdict, under the names and in the shapes of the file.
      vectors: vectors.map(({ results, ...outcome }) => ({ ...outcome, ...results })),
    },
    text:
      vectors.length === 0
        ? 'The file holds no epochs.'
        : `${table(['label', 'result', 'compared'], rows)}\n\n${count}`,
    isBad: differing.length > 0,
  }
}

/** Whole numbers that a double cannot hold stay as they are written: amounts of 64 bits are read as strings are. */
function keepLargeNumbers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isCut = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
  return isCut && /^\d+$/.test(context?.source ?? '') ? context?.source : value
}
