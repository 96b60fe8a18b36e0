import { setImmediate } from 'node:timers/promises'
import { KoinonError } from '@koinon/base'
import type { LeagueReport, StakeSpread } from '@koinon/subnets/attack-league'
import type { Command } from 'commander'
import { duration, timeLeft } from '../format/time.ts'
import { requireWritable, writeWhole } from '../report-file.ts'
import { type CommandContext, parseInteger, runCommand } from '../runner.ts'
import { table } from '../table.ts'

type SimFlags = {
  readonly seed: string
  readonly seeds: string
  readonly epochs?: string
  readonly validators?: string
  readonly miners?: string
  readonly stakes?: string
  readonly noise?: string
  readonly drift?: string
  readonly attacks?: string
  readonly aggregators?: string
  readonly out?: string
}
/** Written out, because reading them from the league would load all of it for a page of help. */
const names = `
Attacks: copier-open, copier-sealed, under-weighter, collusion-below, collusion-small, collusion-above, burn-key,
cap-split, late-whale, late-whale-warm, bond-omission, sybil, score-gaming.
With a file also: file-lazy, file-garbage, file-cheap.
Aggregators, as subnet files name them: yuma2, yuma3, yuma3Liquid, yuma3Capped, stakeMedian (the usual five),
yuma3LiquidDecaying, cappedMedian, winnerTakeAll, openskill, properScoring, alloraRegret.`
type League = typeof import('@koinon/subnets/attack-league')

/** `koinon subnet sim [FILE]`. */
export function defineSubnetSim(subnet: Command): void {
  subnet
    .command('sim')
    .description('simulate known attacks on a subnet, without a network: which pay, which do not, and what mends them')
    .argument('[file]', 'TypeScript file with one defineSubnet; without it a subnet whose scores are honest')
    .option('--seed <text>', 'all randomness follows from it: same seed, same bytes', 'koinon')
    .option('--seeds <n>', 'worlds for each attack and aggregator; more narrow the intervals', '5')
    .option('--epochs <n>', 'length of each world (default: 100)')
    .option('--validators <n>', 'how many (default: 24)')
    .option('--miners <n>', 'how many (default: 48)')
    .option('--stakes <spread>', 'equal, zipf or whale (default: zipf)')
    .option('--noise <percent>', "a validator's error about a miner (default: 3)")
    .option('--drift <percent>', "change of a miner's quality in an epoch (default: 6)")
    .option('--attacks <names>', 'only these, separated by commas')
    .option('--aggregators <names>', "only these, separated by commas (default: the usual five, and the file's own)")
    .option('--out <file.html>', 'write the report with charts there')
    .addHelpText('after', names)
    .action(
      runCommand(async (context, path: string | undefined, flags: SimFlags) => {
        const league = await import('@koinon/subnets/attack-league')
        const own = worldOf(flags)
        if (flags.out !== undefined) requireWritable(flags.out)
        const startedAt = performance.now()
        const subject = path === undefined ? undefined : await league.readSubject(path, flags.seed, context.say)
        const title = subject?.title ?? 'a subnet with honest scores'
        const keep = (report: LeagueReport, name: string): void => {
          if (flags.out !== undefined) writeWhole(flags.out, league.leagueHtml(report, name, commandOf(path, flags)))
        }
        const options = {
          world: league.checkedWorld({ ...league.defaultWorld, ...subject?.world, ...own }),
          seeds: parseInteger(flags.seeds, '--seeds', 1, 1_000),
          attacks: league.attacksNamed(listOf(flags.attacks), subject?.attacks),
          aggregators: league.aggregatorsNamed(listOf(flags.aggregators), subject?.aggregator),
          behaviours: subject?.behaviours ?? [],
        }
        const report = await play(context, league, options, (soFar) => {
          const part = `${soFar.attacks.length} of ${options.attacks.length} attacks`
          keep(soFar, `${title}, stopped after ${part}`)
          context.say(describe(league, soFar))
          return flags.out === undefined ? `${part} were played` : `${part} are in ${flags.out}`
        })
        keep(report, title)
        const took = `${report.epochsPlayed} epochs played in ${duration(Math.round(performance.now() - startedAt))}`
        context.say(flags.out === undefined ? took : `${took}; report: ${flags.out}`)
        return { data: { subject: title, ...report }, text: describe(league, report) }
      }),
    )
}

/** Plays game by game, so that progress shows and Ctrl-C is heard between worlds; then `keep` takes what is played and says where it is. */
async function play(
  context: CommandContext,
  league: League,
  options: Parameters<League['runLeague']>[0],
  keep: (soFar: LeagueReport) => string,
): Promise<LeagueReport> {
  let isInterrupted = false
  const interrupt = (): void => {
    isInterrupted = true
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)
  try {
    const startedAt = performance.now()
    const run = league.runLeague(options)
    let shown = ''
    for (;;) {
      const step = run.next()
      if (step.done === true) return step.value
      const { text, donePpm } = step.value
      const left = timeLeft(performance.now() - startedAt, donePpm)
      if (text !== shown) context.say(`  ${String(Math.floor(donePpm / 10_000)).padStart(3)} %  ${text}${left}`)
      shown = text
      await setImmediate()
      if (!isInterrupted) continue
      const soFar = step.value.soFar()
      throw new KoinonError({
        code: 'cli/interrupted',
        message: `Stopped before the league was over; ${soFar.attacks.length === 0 ? 'nothing was written' : keep(soFar)}`,
        hint: 'Fewer --epochs, --seeds, --attacks or --aggregators end sooner.',
      })
    }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupt)
  }
}

function worldOf(flags: SimFlags): Record<string, number | string> {
  const world: Record<string, number | string> = { seed: flags.seed }
  if (flags.epochs !== undefined) world['epochs'] = parseInteger(flags.epochs, '--epochs', 10, 100_000)
  if (flags.validators !== undefined) world['validators'] = parseInteger(flags.validators, '--validators', 8, 128)
  if (flags.miners !== undefined) world['miners'] = parseInteger(flags.miners, '--miners', 16, 248)
  if (flags.noise !== undefined) world['noisePpm'] = 10_000 * parseInteger(flags.noise, '--noise', 0, 50)
  if (flags.drift !== undefined) world['driftPpm'] = 10_000 * parseInteger(flags.drift, '--drift', 0, 50)
  if (flags.stakes !== undefined) world['stakes'] = spreadOf(flags.stakes)
  return world
}

function spreadOf(text: string): StakeSpread {
  if (text === 'equal' || text === 'zipf' || text === 'whale') return text
  throw new KoinonError({
    code: 'usage/unknown-name',
    message: `There is no spread of stakes "${text}"`,
    hint: 'Choose from: equal, zipf, whale.',
  })
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function describe(league: League, report: LeagueReport): string {
  const rows = report.attacks.map(({ title, cells }) => [
    title,
    ...cells.map(({ gain, verdict }) =>
      gain === undefined
        ? 'nothing to compare'
        : `${league.percent(gain.meanPercent)}${verdict === 'profitable' ? ' PAYS' : verdict === 'unclear' ? ' ?' : ''}`,
    ),
  ])
  const findings = report.attacks.flatMap((attack) =>
    attack.cells.every(({ verdict }) => verdict === 'not profitable')
      ? []
      : [
          `${attack.title}\n${league
            .finding(attack, report)
            .map((sentence) => `  - ${sentence}`)
            .join('\n')}`,
        ],
  )
  return [
    league.headline(report),
    'Gain over honest play of the same player, mean over seeds; the intervals stand in --json and in the report of --out.',
    '',
    table(['attack', ...report.aggregators.map(({ title }) => title)], rows),
    ...findings.flatMap((finding) => ['', finding]),
  ].join('\n')
}

/** What a reader types to get the same bytes. */
function commandOf(path: string | undefined, flags: SimFlags): string {
  const options = [
    'seed',
    'seeds',
    'epochs',
    'validators',
    'miners',
    'stakes',
    'noise',
    'drift',
    'attacks',
    'aggregators',
  ] as const
  const given = options.flatMap((name) => (flags[name] === undefined ? [] : [`--${name} ${flags[name]}`]))
  return ['koinon subnet sim', ...(path === undefined ? [] : [path]), ...given, '--out report.html'].join(' ')
}
