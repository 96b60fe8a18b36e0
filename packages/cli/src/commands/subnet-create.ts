import { formatAmount, KoinonError, parseUnits, tokenDecimals } from '@koinon/base'
import { createSubnet, quoteLock, type SubnetParameters, withMargin } from '@koinon/ledger'
import { existingAccountKey } from '@koinon/node/home'
import { openMembership } from '@koinon/node/joined'
import { localSubnet } from '@koinon/node/local'
import { networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { confirm, parseInteger, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type CreateFlags = {
  readonly name: string
  readonly specHash: string
  readonly metadata: string
  readonly epochSeconds: string
  readonly seats: string
  readonly validators: string
  readonly minStake: string
  readonly firstBurn: string
  readonly maxLock?: string
  readonly yes?: boolean
}

/** `koinon subnet create`: makes a subnet of its own on the network this home joined, paid by the wallet. */
export function defineSubnetCreate(subnet: Command): void {
  const { rules } = localSubnet
  subnet
    .command('create')
    .description(
      'make a subnet on the network this home joined; its lock price, from the wallet, is what its pool begins with',
    )
    .requiredOption('--name <text>', 'name, up to 64 bytes')
    .requiredOption('--spec-hash <hash>', 'hash of what validators run, 0x and 64 hexadecimal digits')
    .option('--metadata <url>', 'where people read about it', '')
    .option(
      '--epoch-seconds <n>',
      'length of an epoch; its phases take two thirds of it. Stake must not leave the network sooner than results of two are active',
      '120',
    )
    .option('--seats <n>', 'seats of miners and validators', '256')
    .option('--validators <n>', 'validators at most', '64')
    .option('--min-stake <koin>', 'what the stake of a validator must weigh, in alpha; KOIN on the root counts', '1000')
    .option('--first-burn <koin>', 'price of the first seat', formatAmount(localSubnet.initialBurn))
    .option('--max-lock <koin>', 'the most that is locked (default: the price shown + 5 %)')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `\nSeats cost from ${formatAmount(rules.minBurn)} to ${formatAmount(rules.maxBurn)} KOIN, 26 % more with each registration, half every ${rules.burnHalfLifeSeconds} s. Bounds: specs/0010-seats-stake-emission.md.`,
    )
    .action(
      runCommand(async (context, flags: CreateFlags) => {
        const parameters = parametersOf(flags)
        const network = networkOf(context.home)
        const membership = openMembership(network, existingAccountKey(context.home, 'wallet'))
        const price = await quoteLock(membership)
        const maximum = flags.maxLock === undefined ? withMargin(price) : parseUnits(flags.maxLock, tokenDecimals)
        if (price > maximum) throw tooDear(price, maximum)
        await confirm(
          context,
          `Lock ${formatAmount(price)} KOIN (at most ${formatAmount(maximum)}) for good in the pool of the new subnet "${parameters.name}" on "${network.name}"?`,
          flags.yes === true,
        )
        const netuid = await createSubnet(membership, parameters, maximum)
        return {
          data: { netuid, lockAtomic: `${price}` },
          text: facts([
            ['subnet', `${netuid}`],
            ['lock', `${formatAmount(price)} KOIN`],
            ['next', context.typed(`koinon subnet show ${netuid}`)],
          ]),
        }
      }),
    )
}

function parametersOf(flags: CreateFlags): SubnetParameters {
  if (!/^0x[0-9a-fA-F]{64}$/.test(flags.specHash)) {
    throw new KoinonError({
      code: 'usage/bad-hash',
      message: `"${flags.specHash}" is not a hash`,
      hint: 'Write 0x and 64 hexadecimal digits.',
    })
  }
  const epochSeconds = parseInteger(flags.epochSeconds, '--epoch-seconds', 10, 30 * 86_400)
  const sixth = Math.max(1, Math.floor(epochSeconds / 6))
  const { rules } = localSubnet
  return {
    name: flags.name,
    metadataURI: flags.metadata,
    specHash: flags.specHash as `0x${string}`,
    epochSeconds,
    workCommitSeconds: sixth,
    weightCommitSeconds: 2 * sixth,
    weightRevealSeconds: sixth,
    activationDelaySeconds: sixth,
    maxNeurons: parseInteger(flags.seats, '--seats', 1, 256),
    maxValidators: parseInteger(flags.validators, '--validators', 1, 64),
    minValidatorStake: parseUnits(flags.minStake, tokenDecimals),
    initialBurn: parseUnits(flags.firstBurn, tokenDecimals),
    rules: { ...rules, maxRegistrationsPerEpoch: 256 },
  }
}

function tooDear(price: bigint, maximum: bigint): KoinonError {
  return new KoinonError({
    code: 'ledger/lock-too-dear',
    message: `A subnet costs ${formatAmount(price)} KOIN now, more than the ${formatAmount(maximum)} that may be locked`,
    hint: 'Wait, the price falls with time; or allow more with --max-lock KOIN.',
    retry: 'later',
  })
}
