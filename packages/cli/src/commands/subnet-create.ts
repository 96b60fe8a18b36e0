import { resolve } from 'node:path'
import { formatAmount, KoinonError, parseUnits, tokenDecimals } from '@koinon/base'
import {
  createSubnet,
  quoteLock,
  type SeatRules,
  type SubnetParameters,
  seatRuleBounds,
  withMargin,
} from '@koinon/ledger'
import { existingAccountKey } from '@koinon/node/home'
import { openMembership } from '@koinon/node/joined'
import { localSubnet, subnetFileSpec } from '@koinon/node/local'
import { networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { shellWord } from '../next-step.ts'
import { type RuleOptions, rulesJson, rulesOf, withRuleOptions } from '../rule-options.ts'
import { type CommandContext, type CommandResult, confirm, parseInteger, runCommand } from '../runner.ts'
import { ruleSentence } from '../subnet-words.ts'
import { facts } from '../table.ts'
import { parseSpecHash } from './subnet-announce.ts'

type CreateFlags = RuleOptions & {
  readonly name?: string
  readonly specHash?: string
  readonly metadata: string
  readonly epochSeconds: string
  readonly seats: string
  readonly validators: string
  readonly minStake: string
  readonly firstBurn?: string
  readonly maxLock?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** Epochs that rules last unless said; for people, who may not look every minute, no less than on a local network. */
const epochsOf = { halfLife: 10, immunity: 10, notice: 5 } as const

/** `koinon subnet create`: makes a subnet of its own on the network this home joined, paid by the wallet. */
export function defineSubnetCreate(subnet: Command): void {
  const { rules } = localSubnet
  const command = subnet
    .command('create')
    .description(
      'make a subnet on the network this home joined, without miners and validators yet; costs KOIN of the wallet, with which the pool of its alpha opens',
    )
    .argument('[file]', 'TypeScript file with one defineSubnet: its name and hash are taken from it')
    .option('--name <text>', "name, up to 64 bytes (default: the file's)")
    .option(
      '--spec-hash <hash>',
      'which definition validators run, where there is no file: its specHash, 0x and 64 hexadecimal digits',
    )
    .option('--metadata <url>', 'where people read about it', '')
    .option(
      '--epoch-seconds <n>',
      'length of an epoch in seconds, after each of which people are paid; two epochs and a sixth must fit into the time that stake takes to leave the network',
      '120',
    )
    .option('--seats <n>', 'seats for miners and validators together, at most 256', '256')
    .option('--validators <n>', 'how many of them may be validators, at most 64', '64')
    .option(
      '--min-stake <alpha>',
      'least weight of a validator, in alpha: what is staked on it there; KOIN staked on the root counts, too',
      '1000',
    )
    .option(
      '--first-burn <koin>',
      `KOIN that the first seat costs (default: ${formatAmount(localSubnet.initialBurn)}, within the next two)`,
    )
  withRuleOptions(command, {
    minBurn: `${formatAmount(rules.minBurn)} KOIN`,
    maxBurn: `${formatAmount(rules.maxBurn)} KOIN`,
    burnHalfLifeSeconds: `${epochsOf.halfLife} epochs, at least ${rules.burnHalfLifeSeconds} s`,
    immunitySeconds: `${epochsOf.immunity} epochs, at least ${rules.immunitySeconds} s`,
    noticeSeconds: `${epochsOf.notice} epochs, at least ${rules.noticeSeconds} s`,
    maxRegistrationsPerEpoch: `${seatRuleBounds.maxRegistrationsPerEpoch[1]}`,
  })
    .option('--max-lock <koin>', 'the most KOIN that the subnet may cost (default: the price shown + 5 %)')
    .option('--dry-run', 'show what would be made and what it costs, and send nothing')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nTry the file first: koinon subnet dev FILE. The price of a subnet doubles with every new one and falls with time: koinon subnet list tells it. It stays in the pool for good.\nThe price of a seat rises by 26 % with each one sold. File and rules may be changed later, with notice: koinon subnet announce NETUID. Epochs, seats and the least weight stay for ever. Bounds: specs/0010-seats-stake-emission.md.',
    )
    .action(runCommand(create))
}

async function create(context: CommandContext, path: string | undefined, flags: CreateFlags): Promise<CommandResult> {
  const parameters = await parametersOf(path, flags)
  const network = networkOf(context.home)
  const membership = openMembership(network, existingAccountKey(context.home, 'wallet'))
  const price = await quoteLock(membership)
  const maximum = flags.maxLock === undefined ? withMargin(price) : parseUnits(flags.maxLock, tokenDecimals)
  const shown = facts(parameterFacts(parameters, price))
  const { name, specHash } = parameters
  if (flags.dryRun === true)
    return {
      data: { made: false, name, specHash, lockAtomic: `${price}`, rules: rulesJson(parameters.rules) },
      text: shown,
    }
  if (price > maximum) throw tooDear(price, maximum)
  context.say(shown)
  await confirm(
    context,
    `Lock ${formatAmount(price)} KOIN (at most ${formatAmount(maximum)}) for good in the pool of the new subnet "${name}" on "${network.name}"?`,
    flags.yes === true,
  )
  const netuid = await createSubnet(membership, parameters, maximum)
  return {
    data: { made: true, netuid, name, specHash, lockAtomic: `${price}` },
    text: context.typed(
      facts([['subnet', `${netuid}, ${name}`], ['lock', `${formatAmount(price)} KOIN`], ...nextSteps(netuid, path)]),
    ),
  }
}

/** What its owner does now: nobody is paid before somebody validates. */
function nextSteps(netuid: number, path: string | undefined): readonly (readonly [string, string])[] {
  if (path === undefined) return [['next', `koinon subnet show ${netuid}`]]
  const file = shellWord(path)
  return [
    ['next', `validate it: koinon validator start --file ${file} --netuid ${netuid}`],
    ['', `give the file to miners: koinon miner start --file ${file} --netuid ${netuid}`],
    ['', `see it: koinon subnet show ${netuid}`],
  ]
}

async function parametersOf(path: string | undefined, flags: CreateFlags): Promise<SubnetParameters> {
  const spec = await specOf(path, flags)
  const epochSeconds = parseInteger(flags.epochSeconds, '--epoch-seconds', 10, 30 * 86_400)
  const sixth = Math.max(1, Math.floor(epochSeconds / 6))
  const rules = rulesOf(flags, rulesFor(epochSeconds))
  return {
    ...spec,
    metadataURI: flags.metadata,
    epochSeconds,
    workCommitSeconds: sixth,
    weightCommitSeconds: 2 * sixth,
    weightRevealSeconds: sixth,
    activationDelaySeconds: sixth,
    maxNeurons: parseInteger(flags.seats, '--seats', 1, 256),
    maxValidators: parseInteger(flags.validators, '--validators', 1, 64),
    minValidatorStake: parseUnits(flags.minStake, tokenDecimals),
    initialBurn: firstBurnOf(flags, rules),
    rules,
  }
}

/** Name and hash: of the file, or as given. Throws `usage/subnet-file` and as `subnetFileSpec`. */
async function specOf(
  path: string | undefined,
  flags: CreateFlags,
): Promise<Pick<SubnetParameters, 'name' | 'specHash'>> {
  if (path !== undefined && flags.specHash === undefined) {
    const { name, specHash } = await subnetFileSpec(resolve(path))
    return { name: flags.name ?? name, specHash }
  }
  if (path === undefined && flags.specHash !== undefined && flags.name !== undefined)
    return { name: flags.name, specHash: parseSpecHash(flags.specHash) }
  throw new KoinonError({
    code: 'usage/subnet-file',
    message:
      path === undefined
        ? 'A subnet needs its file, or --name and --spec-hash where there is none'
        : 'The hash of a file is computed: a file and --spec-hash do not go together',
    hint: 'For example: koinon subnet create mine.ts --epoch-seconds 600',
  })
}

/** What rules are unless said: they last epochs, so that a seat outlives the ones in which it can earn nothing yet. */
function rulesFor(epochSeconds: number): SeatRules {
  const { rules } = localSubnet
  const seconds = (rule: 'burnHalfLifeSeconds' | 'immunitySeconds' | 'noticeSeconds', epochs: number): number =>
    Math.min(seatRuleBounds[rule][1], Math.max(rules[rule], epochs * epochSeconds))
  return {
    ...rules,
    burnHalfLifeSeconds: seconds('burnHalfLifeSeconds', epochsOf.halfLife),
    immunitySeconds: seconds('immunitySeconds', epochsOf.immunity),
    noticeSeconds: seconds('noticeSeconds', epochsOf.notice),
    maxRegistrationsPerEpoch: seatRuleBounds.maxRegistrationsPerEpoch[1],
  }
}

function firstBurnOf({ firstBurn }: CreateFlags, { minBurn, maxBurn }: SeatRules): bigint {
  const usual = localSubnet.initialBurn
  if (firstBurn === undefined) return usual < minBurn ? minBurn : usual > maxBurn ? maxBurn : usual
  const wanted = parseUnits(firstBurn, tokenDecimals)
  if (wanted >= minBurn && wanted <= maxBurn) return wanted
  throw new KoinonError({
    code: 'usage/seat-rules',
    message: `--first-burn takes ${formatAmount(minBurn)} to ${formatAmount(maxBurn)} KOIN, the bounds of all prices, not ${formatAmount(wanted)}`,
    hint: 'Set them with --min-burn and --max-burn.',
  })
}

function parameterFacts(parameters: SubnetParameters, price: bigint): readonly (readonly [string, string])[] {
  const { name, specHash, epochSeconds, maxNeurons, maxValidators, minValidatorStake, initialBurn, rules } = parameters
  return [
    ['subnet', name],
    ['definition', specHash],
    ['epoch', `${epochSeconds} s`],
    [
      'seats',
      `${maxNeurons}, the first for ${formatAmount(initialBurn)} KOIN; up to ${maxValidators} validators that weigh ${formatAmount(minValidatorStake)} alpha or more`,
    ],
    ['rules', ruleSentence(rules)],
    ['lock', `${formatAmount(price)} KOIN now`],
  ]
}

function tooDear(price: bigint, maximum: bigint): KoinonError {
  return new KoinonError({
    code: 'ledger/lock-too-dear',
    message: `A subnet costs ${formatAmount(price)} KOIN now, more than the ${formatAmount(maximum)} that may be locked`,
    hint: 'Wait, the price falls with time; or allow more with --max-lock KOIN.',
    retry: 'later',
  })
}
