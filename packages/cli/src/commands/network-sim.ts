import { setImmediate } from 'node:timers/promises'
import { KoinonError, parseUnits, tokenDecimals } from '@koinon/base'
import type { EmissionLeagueReport } from '@koinon/subnets/emission-league'
import type { Command } from 'commander'
import { duration } from '../format/time.ts'
import { requireWritable, writeWhole } from '../report-file.ts'
import { type CommandContext, parseInteger, runCommand } from '../runner.ts'
import { table } from '../table.ts'

type SimFlags = {
  readonly seed: string
  readonly days: string
  readonly lock: string
  readonly capital: string
  readonly attacks?: string
  readonly out?: string
}
type League = typeof import('@koinon/subnets/emission-league')

/** `koinon network sim`: the emission league, for whoever founds a network. */
export function defineNetworkSim(network: Command): void {
  network
    .command('sim')
    .description(
      'play attacks on the emission of KOIN under every policy: what each takes out, and what honest subnets get',
    )
    .option('--seed <text>', 'all randomness follows from it: same seed, same bytes', 'koinon')
    .option('--days <n>', 'how long an attacker is there', '30')
    .option('--lock <koin>', 'what a subnet costs at least', '100')
    .option('--capital <koin>', 'what an attacker brings beside its lock', '1000')
    .option('--attacks <names>', 'only these, separated by commas')
    .option('--out <file.html>', 'write the report with its chart there')
    .addHelpText('after', '\nA network takes one of these policies for ever: koinon network deploy --policy NAME')
    .action(
      runCommand(async (context, flags: SimFlags) => {
        const league = await import('@koinon/subnets/emission-league')
        const world = league.checkedEmissionWorld({
          ...league.defaultEmissionWorld,
          seed: flags.seed,
          days: parseInteger(flags.days, '--days', 1, 1_000),
          minimumLock: parseUnits(flags.lock, tokenDecimals),
          attackersKoin: parseUnits(flags.capital, tokenDecimals),
        })
        const names = flags.attacks?.split(',').map((name) => name.trim())
        if (flags.out !== undefined) requireWritable(flags.out)
        const startedAt = performance.now()
        const report = await play(context, league.runEmissionLeague(world, league.emissionAttacksNamed(names)))
        if (flags.out !== undefined) writeWhole(flags.out, league.emissionLeagueHtml(report, commandOf(flags)))
        const took = `${report.stepsPlayed} steps played in ${duration(Math.round(performance.now() - startedAt))}`
        context.say(flags.out === undefined ? took : `${took}; report: ${flags.out}`)
        return { data: plain(report), text: describe(league, report) }
      }),
    )
}

/** Plays world by world, so that progress shows and Ctrl-C is heard between them. */
async function play(
  context: CommandContext,
  run: ReturnType<League['runEmissionLeague']>,
): Promise<EmissionLeagueReport> {
  let isInterrupted = false
  const interrupt = (): void => {
    isInterrupted = true
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt)
  try {
    for (;;) {
      const step = run.next()
      if (step.done === true) return step.value
      context.say(`  ${String(Math.floor(step.value.donePpm / 10_000)).padStart(3)} %  ${step.value.text}`)
      await setImmediate()
      if (!isInterrupted) continue
      throw new KoinonError({
        code: 'cli/interrupted',
        message: 'Stopped before the league was over; nothing was written',
        hint: 'Fewer --days or --attacks end sooner.',
      })
    }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupt)
  }
}

function describe(league: League, report: EmissionLeagueReport): string {
  return [
    league.emissionHeadline(report),
    ...league.emissionTables(report).map(({ title, headings, rows }) => `\n${title}\n\n${table(headings, rows)}`),
    '\nWhat each attack and policy is stands in --json and in the report of --out.',
  ].join('\n')
}

/** Amounts as decimal strings of atomic units. */
function plain(report: EmissionLeagueReport): unknown {
  return JSON.parse(
    JSON.stringify(report, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
  ) as unknown
}

function commandOf(flags: SimFlags): string {
  const names = ['seed', 'days', 'lock', 'capital', 'attacks'] as const
  const given = names.flatMap((name) => (flags[name] === undefined ? [] : [`--${name} ${flags[name]}`]))
  return ['koinon network sim', ...given, '--out report.html'].join(' ')
}
