import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatAmount, KoinonError } from '@koinon/base'
import type { DevMiner, DevReport, readSubnetFile } from '@koinon/subnets/dev'
import type { Command } from 'commander'
import { ppmPercent } from '../format/percent.ts'
import { duration } from '../format/time.ts'
import { readGivenText } from '../given-file.ts'
import { mechanismTable } from '../mechanism-table.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { table } from '../table.ts'

type DevFlags = {
  readonly epochs: string
  readonly seed: string
  readonly out?: string
  readonly feed?: string
  readonly save?: string
}

/** `koinon subnet dev FILE`. */
export function defineSubnetDev(subnet: Command): void {
  subnet
    .command('dev')
    .description(
      'try a subnet file on this machine, without a network: 3 validators and 5 miners, 2 of them bad, on virtual time; shows who earns what and why',
    )
    .argument('<file>', 'TypeScript file with one defineSubnet')
    .option('--epochs <n>', 'how many epochs', '6')
    .option('--seed <text>', 'all randomness follows from it', '1')
    .option('--feed <csv>', 'prices for a file that takes them (time,price), in place of what it has')
    .option('--save <file>', 'with --feed: keep the subnet file that has these prices in it')
    .option('--out <dir>', 'keep the validators\' records there, for "koinon subnet replay"')
    .action(
      runCommand(async ({ say, typed }, path: string, flags: DevFlags) => {
        const { readSubnetFile, runSubnetDev } = await import('@koinon/subnets/dev')
        const startedAt = performance.now()
        const seen = new Set<string>()
        const onLog = (line: string): void => {
          if (!seen.has(line) && seen.add(line).size <= 100) say(`  ${line}`)
        }
        const epochs = parseInteger(flags.epochs, '--epochs', 2, 1_000)
        const file = await withFeed(readSubnetFile(path), flags)
        const report = await runSubnetDev({ file, epochs, seed: flags.seed, onLog })
        const durationMs = Math.round(performance.now() - startedAt)
        if (flags.out !== undefined) keepRecords(flags.out, report)
        const { bundles, ...shown } = report
        const way =
          flags.out === undefined
            ? ''
            : typed(`\nTo check a record: koinon subnet replay ${recordPath(flags.out, bundles[0])} --file ${path}`)
        return {
          data: { ...shown, durationMs },
          text: `${describe(report, durationMs)}${way}`,
          isBad: report.problems.length > 0,
        }
      }),
    )
}

type SubnetFileText = ReturnType<typeof readSubnetFile>

/** The file as it is, or with the prices of `--feed`, kept where `--save` says. */
async function withFeed(file: SubnetFileText, { feed, save }: DevFlags): Promise<SubnetFileText> {
  if (feed === undefined) {
    if (save === undefined) return file
    throw new KoinonError({
      code: 'usage/no-feed',
      message: '--save keeps a file that was given prices',
      hint: 'Give the prices with --feed FILE.csv.',
    })
  }
  const { readPriceFeed, withPriceFeed } = await import('@koinon/subnets/dev')
  const given = withPriceFeed(file, readPriceFeed(readGivenText(feed, 'Give a CSV file with the header time,price.')))
  if (save !== undefined) writeText(save, given.source)
  return given
}

/** Never over a file that is there. */
function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' })
  } catch (cause) {
    throw new KoinonError({
      code: 'usage/no-folder',
      message: `${path} is there already or cannot be written`,
      hint: 'Give another name with --save.',
      cause,
    })
  }
}

function describe({ subnet, epochs, seed, miners, validators, problems }: DevReport, durationMs: number): string {
  const rows = miners.map((miner) => [
    String(miner.uid),
    miner.play,
    String(miner.scorePpm),
    ppmPercent(miner.incentivePpm),
    formatAmount(miner.earnedAtomic),
    summary(miner),
  ])
  const judges = validators.map(({ uid, earnedAtomic }) => `uid ${uid} ${formatAmount(earnedAtomic)}`).join(', ')
  const end =
    problems.length === 0
      ? 'Honest work pays, and neither of the two bad miners earned as much as an honest one.'
      : `TO MEND BEFORE LAUNCH\n${problems.map((problem) => `- ${problem}`).join('\n')}`
  return [
    `${subnet.name} ${subnet.version}: ${epochs} epochs of ${subnet.tasks} questions, ${subnet.aggregator}, seed ${seed}, ${duration(durationMs)}`,
    '',
    table(['uid', 'plays', 'score', 'incentive', 'alpha', 'why, in the last epoch'], rows) + mechanismTable(miners),
    '',
    `Validators earned (alpha): ${judges}`,
    end,
  ].join('\n')
}

/** How much it answered, and what was said of its worst question. */
function summary({ reasons }: DevMiner): string {
  const text = [reasons[0], reasons[1]].filter((reason) => reason !== undefined).join(' ')
  return text.length <= 130 ? text : `${text.slice(0, 129)}…`
}

function keepRecords(folder: string, { bundles }: DevReport): void {
  try {
    mkdirSync(folder, { recursive: true })
    for (const bundle of bundles) writeFileSync(recordPath(folder, bundle), JSON.stringify(bundle))
  } catch (cause) {
    throw new KoinonError({
      code: 'usage/no-folder',
      message: `The records cannot be written to ${folder}`,
      hint: 'Give a folder that you may write to with --out.',
      cause,
    })
  }
}

function recordPath(folder: string, bundle: DevReport['bundles'][number] | undefined): string {
  return join(folder, `epoch-${bundle?.log.epoch}-${bundle?.log.validator.slice(2, 10)}.json`)
}
