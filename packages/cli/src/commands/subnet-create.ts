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
      'make a subnet on the network this home joined, without miners and validators yet; costs KOIN of the wallet, with which the pool of its alpha opens',
    )
    .requiredOption('--name <text>', 'name, up to 64 bytes')
    .requiredOption(
      '--spec-hash <hash>',
      'which definition validators run: its specHash, 0x and 64 hexadecimal digits; koinon subnet dev FILE --json names that of a file',
    )
    .option('--metadata <url>', 'where people read about it', '')
    .option(
      '--epoch-seconds <n>',
      'length of an epoch in seconds, after each of which people are paid; two epochs and a sixth must fit into the time that stake takes to leave the network',
      '120',
    )
    .option('--seats <n>', 'seats for miners and validators together, at most 256', '256')
    .option('--validators <n>', 'how many of them may be validators, at most 64', '64')
    .option('--min-stake <alpha>', 'least stake of a validator, in alpha; KOIN staked on the root counts, too', '1000')
    .option('--first-burn <koin>', 'KOIN that the first seat costs', formatAmount(localSubnet.initialBurn))
    .option('--max-lock <koin>', 'the most KOIN that the subnet may cost (default: the price shown + 5 %)')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `\nThe price of a subnet doubles with every new one and falls with time: koinon subnet list tells it. It stays in the pool for good.\nThe price of a seat rises by 26 % with each one sold and halves every ${rules.burnHalfLifeSeconds} s, between ${formatAmount(rules.minBurn)} and ${formatAmount(rules.maxBurn)} KOIN. Bounds: specs/0010-seats-stake-emission.md.`,
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
