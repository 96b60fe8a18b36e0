/** Moves of a price from a CSV file, and a subnet file that has them in it (docs/subnets.md). */
import { KoinonError } from '@koinon/base'
import type { SandboxFile } from '../verifier/sandbox/sandbox-process.ts'

const header = 'time,price'
const rows = { least: 200, most: 5_000 } as const
/** A fifth in one step: more is a mistake in the file, or no price that goes on. */
const largestMovePpm = 200_000n
const decimals = 8
const declaration = /^const feedMovesPpm: readonly number\[\] = \[[^\]]*\]$/m

/**
 * Moves in millionths of the price before, towards zero, one less than there are rows. The text has the header `time,price` and 200 to
 * 5,000 rows, oldest first, all the same time apart; times are ISO 8601 with a zone or Unix seconds, prices above 0 with at most 8
 * decimals. Throws `subnets/bad-feed` naming the line.
 */
export function readPriceFeed(csv: string): readonly number[] {
  const lines = csv
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/)
  if (lines[0] !== header) throw badFeed(1, `is not "${header}"`)
  const count = lines.length - 1
  if (count < rows.least || count > rows.most) {
    throw badFeed(lines.length, `is the last of ${count} rows; a feed has ${rows.least} to ${rows.most}`)
  }
  const read = lines.slice(1).map((line, index) => readRow(line, index + 2))
  const [first, second] = read as [Row, Row]
  const step = second.seconds - first.seconds
  return read.slice(1).map(({ seconds, price }, index) => {
    const before = read[index] as Row
    if (step <= 0 || seconds - before.seconds !== step) {
      throw badFeed(
        index + 3,
        `comes ${seconds - before.seconds} s after the one before; all must come ${step} s apart`,
      )
    }
    const movePpm = ((price - before.price) * 1_000_000n) / before.price
    if (movePpm > largestMovePpm || movePpm < -largestMovePpm) {
      throw badFeed(
        index + 3,
        `moves the price by ${movePpm} millionths; more than ${largestMovePpm} is taken for a mistake`,
      )
    }
    return Number(movePpm)
  })
}

/** The same file with other moves. Throws `subnets/no-feed` when it does not take any. */
export function withPriceFeed({ fileName, source }: SandboxFile, movesPpm: readonly number[]): SandboxFile {
  if (!declaration.test(source)) {
    throw new KoinonError({
      code: 'subnets/no-feed',
      message: `${fileName} takes no feed: it has no line "const feedMovesPpm: readonly number[] = []"`,
      hint: 'Start from a copy of the template subnets/forecast.ts.',
    })
  }
  // Of what it is made: whole numbers and commas.
  return {
    fileName,
    source: source.replace(declaration, `const feedMovesPpm: readonly number[] = [${movesPpm.join(', ')}]`),
  }
}

/** `price` in 1e-8. */
type Row = { readonly seconds: number; readonly price: bigint }

function readRow(line: string, number: number): Row {
  const [time, price, ...rest] = line.split(',')
  if (time === undefined || price === undefined || rest.length > 0) throw badFeed(number, 'does not have two fields')
  const seconds = /^\d{1,12}$/.test(time) ? Number(time) : secondsOf(time)
  if (seconds === undefined) throw badFeed(number, `has the time "${time.slice(0, 40)}", not ISO 8601 or Unix seconds`)
  const [, whole, part = ''] = /^(\d{1,12})(?:\.(\d{1,8}))?$/.exec(price) ?? []
  if (whole === undefined)
    throw badFeed(number, `has the price "${price.slice(0, 40)}", not a number with at most 8 decimals`)
  const value = BigInt(`${whole}${part.padEnd(decimals, '0')}`)
  if (value === 0n) throw badFeed(number, 'has the price 0')
  return { seconds, price: value }
}

function secondsOf(time: string): number | undefined {
  const isZoned = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(time)
  const ms = isZoned ? Date.parse(time.replace(' ', 'T')) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms / 1_000
}

function badFeed(line: number, problem: string): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-feed',
    message: `Line ${line} of the feed ${problem}`,
    hint: 'subnets/example-feed.csv shows the form: time,price and rows the same time apart.',
    details: { line },
  })
}
