import { type Address, KoinonError, toAddress } from '@koinon/base'
import { readNeurons, readSubnet, type SubnetSummary } from '@koinon/ledger'
import {
  dropOwnerHotkey,
  mostOwnerHotkeys,
  nameOwnerHotkey,
  type OwnerHotkey,
  readNextForce,
  readOwnerHotkeys,
} from '@koinon/subnets/pools'
import { Argument, type Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { parseNetuid } from '../netuid.ts'
import { requireOwner } from '../ownership-words.ts'
import { openHotkey } from '../pool-account.ts'
import { type CommandResult, confirm, runCommand } from '../runner.ts'
import { facts } from '../table.ts'
import { ownerAccountHelp } from './subnet-announce.ts'

type Action = 'add' | 'drop' | 'list'
type Flags = { readonly account: string; readonly yes?: boolean }

/** `koinon subnet owner-hotkey`: the few hotkeys of an owner whose seats nobody may claim. */
export function defineSubnetOwnerHotkey(subnet: Command): void {
  subnet
    .command('owner-hotkey')
    .description('hotkeys of the owner whose seats nobody may claim')
    .addArgument(new Argument('<action>', 'what to do').choices(['add', 'drop', 'list']))
    .argument('<netuid>', 'number of the subnet')
    .argument('[hotkey]', 'address of the hotkey, to add or to drop')
    .option('--account <name>', ownerAccountHelp, 'wallet')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nAn eighth of the seats, 10 at most. Protected from the start of the second epoch after this one; dropping one holds at once. A seat that is claimed already is not saved by it.',
    )
    .action(
      runCommand(async (context, action: Action, number: string, who: string | undefined, flags: Flags) => {
        const netuid = parseNetuid(number)
        const account = openHotkey(context.home, flags.account)
        const found = await readSubnet(account, netuid)
        const most = mostOwnerHotkeys(found.maxNeurons)
        const named = await readOwnerHotkeys(account, netuid)
        if (action === 'list') {
          requireHotkey(action, who)
          return listed(found, most, named)
        }
        const hotkey = requireHotkey(action, who) as Address
        requireOwner(found, account.address)
        const isNamed = named.some((one) => one.hotkey === hotkey)
        if (action === 'add') {
          if (isNamed) throw isNamedAlready(netuid, hotkey)
          if (named.length >= most) throw isFull(netuid, most)
          const { fromEpoch, fromSeconds } = await readNextForce(account, netuid)
          const isSeated = (await readNeurons(account.reader, account.network, netuid)).some(
            (neuron) => neuron.hotkey === hotkey,
          )
          await confirm(
            context,
            `Protect ${hotkey}${isSeated ? '' : ', which has no seat now,'} from claims on its seat in subnet ${netuid}, from epoch ${fromEpoch} on (${utcTime(fromSeconds)})? Everybody sees it.`,
            flags.yes === true,
          )
          await nameOwnerHotkey(account, netuid, hotkey)
        } else await dropOwnerHotkey(account, netuid, hotkey)
        return listed(found, most, await readOwnerHotkeys(account, netuid))
      }),
    )
}

function listed({ netuid }: SubnetSummary, most: number, named: readonly OwnerHotkey[]): CommandResult {
  return {
    data: { netuid, most, hotkeys: named },
    text: facts([
      ['named', `${named.length} of at most ${most} in subnet ${netuid}`],
      ...named.map(
        ({ hotkey, isProtected, fromEpoch, fromSeconds }) =>
          [
            'hotkey',
            `${hotkey}, protected ${isProtected ? 'since' : 'from'} epoch ${fromEpoch}${isProtected ? '' : ` on, ${utcTime(fromSeconds)}`}`,
          ] as const,
      ),
    ]),
  }
}

function requireHotkey(action: Action, who: string | undefined): Address | undefined {
  if ((who === undefined) === (action === 'list')) return who === undefined ? undefined : toAddress(who)
  throw new KoinonError({
    code: 'usage/bad-command-line',
    message:
      action === 'list' ? 'list takes the number of the subnet alone' : `${action} takes the address of a hotkey`,
    hint: 'For example: koinon subnet owner-hotkey add 1 0x1111111111111111111111111111111111111111',
  })
}

function isNamedAlready(netuid: number, hotkey: Address): KoinonError {
  return new KoinonError({
    code: 'usage/nothing-changes',
    message: `${hotkey} is named already`,
    hint: `See since when: koinon subnet owner-hotkey list ${netuid}`,
  })
}

function isFull(netuid: number, most: number): KoinonError {
  return new KoinonError({
    code: 'ledger/owner-hotkeys-full',
    message: `The owner of subnet ${netuid} may name ${most} hotkeys, an eighth of its seats and 10 at most`,
    hint: `Drop one first: koinon subnet owner-hotkey drop ${netuid} HOTKEY`,
  })
}
