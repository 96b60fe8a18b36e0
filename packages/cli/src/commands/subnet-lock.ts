import { type Address, KoinonError, toAddress } from '@koinon/base'
import {
  contestOwnership,
  endContest,
  lockAlpha,
  readFreeAlpha,
  readLock,
  readOwnership,
  takeOverSubnet,
  unlockAlpha,
  withdrawLocked,
} from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { parseNetuid } from '../netuid.ts'
import { lockFacts, lockJson, ownershipFacts, ownershipJson } from '../ownership-words.ts'
import { openTrader } from '../pool-account.ts'
import { alphaOf, parseAmount } from '../pool-words.ts'
import { confirm, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type LockFlags = { readonly for?: string; readonly fetch?: boolean; readonly yes?: boolean }

const forHelp = 'who should own the subnet (default: the wallet of this home)'

/** `koinon subnet lock`: alpha for who should own the subnet; without an amount, what this wallet has locked. */
export function defineSubnetLock(subnet: Command): void {
  subnet
    .command('lock')
    .description(
      'lock alpha in favour of an account that should own the subnet; without an amount, show what is locked',
    )
    .argument('<netuid>', 'number of the subnet')
    .argument('[amount]', 'free alpha to lock, or all')
    .option('--for <account>', forHelp)
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nA lock gathers conviction: half of it in 90 days. Who has more than the owner has locked, and more than a tenth of all alpha, may become the owner after a notice of 30 days (koinon subnet contest). What an owner locks for itself counts at once. Locked alpha earns nothing and comes back only by koinon subnet unlock, half of it every 90 days.',
    )
    .action(
      runCommand(async (context, number: string, text: string | undefined, flags: LockFlags) => {
        const netuid = parseNetuid(number)
        const account = openTrader(context.home)
        const candidate = candidateOf(flags, account.address)
        if (text !== undefined) {
          const amount = parseAmount(text, await readFreeAlpha(account, netuid, account.address))
          await confirm(
            context,
            `Lock ${alphaOf(netuid, amount)} for ${named(candidate, account.address)}? It earns nothing meanwhile, and comes back by half every 90 days.`,
            flags.yes === true,
          )
          await lockAlpha(account, netuid, candidate, amount)
        }
        const lock = await readLock(account, netuid, account.address, candidate)
        return {
          data: { netuid, candidate, ...lockJson(lock) },
          text: context.typed(facts(lockFacts(netuid, candidate, lock))),
        }
      }),
    )
}

/** `koinon subnet unlock`: begins to let go of a lock, or fetches what is free of it; without either, shows it. */
export function defineSubnetUnlock(subnet: Command): void {
  subnet
    .command('unlock')
    .description('let go of locked alpha, half of which is free after 90 days; without an amount, show what is locked')
    .argument('<netuid>', 'number of the subnet')
    .argument('[amount]', 'locked alpha to let go of, or all')
    .option('--fetch', 'fetch what is free')
    .option('--for <account>', 'for whom it is locked (default: the wallet of this home)')
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, number: string, text: string | undefined, flags: LockFlags) => {
        const netuid = parseNetuid(number)
        const account = openTrader(context.home)
        const candidate = candidateOf(flags, account.address)
        if (flags.fetch === true) {
          if (text !== undefined) throw fetchesAll()
          const amount = await withdrawLocked(account, netuid, candidate)
          return {
            data: { netuid, candidate, withdrawnAtomic: `${amount}` },
            text: `${alphaOf(netuid, amount)} is free now.`,
          }
        }
        const held = await readLock(account, netuid, account.address, candidate)
        if (text === undefined)
          return {
            data: { netuid, candidate, ...lockJson(held) },
            text: context.typed(facts(lockFacts(netuid, candidate, held))),
          }
        const amount = parseAmount(text, held.kept)
        await confirm(
          context,
          `Let go of ${alphaOf(netuid, amount)}? It cannot be undone; half is free after 90 days.`,
          flags.yes === true,
        )
        await unlockAlpha(account, netuid, candidate, amount)
        const lock = await readLock(account, netuid, account.address, candidate)
        return {
          data: { netuid, candidate, ...lockJson(lock) },
          text: context.typed(
            `${alphaOf(netuid, amount)} comes free by halves of 90 days, the last of it ${utcTime(lock.endsAtSeconds ?? 0)}.\nFetch what is free: koinon subnet unlock ${netuid} --fetch${flags.for === undefined ? '' : ` --for ${candidate}`}`,
          ),
        }
      }),
    )
}

/** `koinon subnet contest`: begins the notice for who leads, or ends a contest that is void. */
export function defineSubnetContest(subnet: Command): void {
  subnet
    .command('contest')
    .description(
      'call for a change of owner: begins a notice of 30 days, after which who leads by locked alpha may become the owner',
    )
    .argument('<netuid>', 'number of the subnet')
    .argument('[candidate]', 'account that leads (default: the one with most conviction)')
    .option('--end', 'end the open contest, whose candidate lost the lead or let its time pass')
    .action(
      runCommand(async (context, number: string, who: string | undefined, flags: { readonly end?: boolean }) => {
        const netuid = parseNetuid(number)
        const account = openTrader(context.home)
        if (flags.end === true) await endContest(account, netuid)
        else {
          const leader = (await readOwnership(account, netuid)).candidates[0]?.candidate
          const candidate = who === undefined ? leader : toAddress(who)
          if (candidate === undefined) throw noCandidate(netuid)
          await contestOwnership(account, netuid, candidate)
        }
        const state = await readOwnership(account, netuid)
        return { data: { netuid, ...ownershipJson(state) }, text: context.typed(facts(ownershipFacts(netuid, state))) }
      }),
    )
}

/** `koinon subnet take-over`: the candidate of a contest becomes the owner once the notice is over. */
export function defineSubnetTakeOver(subnet: Command): void {
  subnet
    .command('take-over')
    .description('become the owner of a subnet, for the candidate of a contest whose notice is over')
    .argument('<netuid>', 'number of the subnet')
    .action(
      runCommand(async (context, number: string) => {
        const netuid = parseNetuid(number)
        const account = openTrader(context.home)
        await takeOverSubnet(account, netuid)
        return {
          data: { netuid, owner: account.address },
          text: context.typed(
            `Subnet ${netuid} is yours. See what its owner may change: koinon subnet parts ${netuid}, koinon subnet announce --help`,
          ),
        }
      }),
    )
}

function fetchesAll(): KoinonError {
  return new KoinonError({
    code: 'usage/one-of',
    message: '--fetch takes all that is free, and no amount',
    hint: 'Leave out the amount, or --fetch.',
  })
}

function candidateOf(flags: LockFlags, wallet: Address): Address {
  return flags.for === undefined ? wallet : toAddress(flags.for)
}

function named(candidate: Address, wallet: Address): string {
  return candidate === wallet ? `this wallet, ${wallet}` : candidate
}

function noCandidate(netuid: number): KoinonError {
  return new KoinonError({
    code: 'ledger/no-lead',
    message: `Nobody but the owner has alpha of subnet ${netuid} locked for it`,
    hint: `Lock some first: koinon subnet lock ${netuid} AMOUNT`,
  })
}
