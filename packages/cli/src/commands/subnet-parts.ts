import { KoinonError } from '@koinon/base'
import {
  type AlphaParts,
  announceParts,
  maximumOwnerBps,
  minimumPartBps,
  partsDelaySeconds,
  readParts,
} from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { bpsPercent } from '../format/percent.ts'
import { parseNetuid } from '../netuid.ts'
import { openHotkey } from '../pool-account.ts'
import { confirm, runCommand } from '../runner.ts'
import { facts } from '../table.ts'
import { ownerAccountHelp } from './subnet-announce.ts'

type PartsFlags = {
  readonly owner?: string
  readonly miners?: string
  readonly account: string
  readonly yes?: boolean
}

const days = partsDelaySeconds / 86_400

/** `koinon subnet parts`: who gets which part of a subnet's new alpha; its owner may announce other parts. */
export function defineSubnetParts(subnet: Command): void {
  subnet
    .command('parts')
    .description('how a subnet divides its new alpha; as its owner, announce other parts')
    .argument('<netuid>', 'number of the subnet')
    .option('--owner <percent>', `part of the owner, at most ${maximumOwnerBps / 100}`)
    .option(
      '--miners <percent>',
      `part of the miners; they and the validators get at least ${minimumPartBps / 100} each`,
    )
    .option('--account <name>', ownerAccountHelp, 'wallet')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `\nThe validators get the rest. Other parts are in force ${days} days after their announcement.`,
    )
    .action(
      runCommand(async (context, number: string, flags: PartsFlags) => {
        const netuid = parseNetuid(number)
        const account = openHotkey(context.home, flags.account)
        const { now, announced } = await readParts(account, netuid)
        if (flags.owner === undefined && flags.miners === undefined) {
          return {
            data: { netuid, now, announced: announced ?? null },
            text: facts([
              ['owner', bpsPercent(now.ownerBps)],
              ['miners', bpsPercent(now.minersBps)],
              ['validators', bpsPercent(now.validatorsBps)],
              ...(announced === undefined ? [] : [['announced', sentence(announced)] as const]),
            ]),
          }
        }
        const ownerBps = flags.owner === undefined ? now.ownerBps : parsePercent(flags.owner, '--owner')
        const minersBps = flags.miners === undefined ? now.minersBps : parsePercent(flags.miners, '--miners')
        const wanted: AlphaParts = { ownerBps, minersBps, validatorsBps: 10_000 - ownerBps - minersBps }
        requireInBounds(wanted)
        await confirm(
          context,
          `From ${days} days on subnet ${netuid} divides its new alpha so: ${sentence(wanted)}. Announce it?`,
          flags.yes === true,
        )
        await announceParts(account, netuid, { ownerBps, minersBps })
        return {
          data: { netuid, now, announced: wanted },
          text: `Announced, in force in ${days} days: ${sentence(wanted)}.`,
        }
      }),
    )
}

function requireInBounds({ ownerBps, minersBps, validatorsBps }: AlphaParts): void {
  if (ownerBps <= maximumOwnerBps && minersBps >= minimumPartBps && validatorsBps >= minimumPartBps) return
  throw new KoinonError({
    code: 'usage/parts',
    message: `The owner may have at most ${bpsPercent(maximumOwnerBps)}, miners and validators at least ${bpsPercent(minimumPartBps)} each`,
    hint: 'For example --owner 10 --miners 50: the validators get the other 40 %.',
  })
}

/** Per cent with up to two places, in 1/10,000. Throws `usage/bad-number`. */
function parsePercent(text: string, flag: string): number {
  if (/^\d{1,2}(\.\d{1,2})?$/.test(text)) return Math.round(Number(text) * 100)
  throw new KoinonError({
    code: 'usage/bad-number',
    message: `${flag} takes a percentage, not "${text}"`,
    hint: 'For example 41, or 12.5.',
  })
}

function sentence({ ownerBps, minersBps, validatorsBps }: AlphaParts): string {
  return `owner ${bpsPercent(ownerBps)}, miners ${bpsPercent(minersBps)}, validators ${bpsPercent(validatorsBps)}`
}
