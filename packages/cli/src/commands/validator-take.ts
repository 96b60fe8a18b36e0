import { type Address, KoinonError, toAddress } from '@koinon/base'
import { createLedgerReader } from '@koinon/ledger'
import { type Home } from '@koinon/node/home'
import { networkOf } from '@koinon/node/wallet'
import { maximumTakeBps, readTakes, setTake, type Take, type TakeKind } from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { bpsPercent } from '../format/percent.ts'
import { utcTime } from '../format/time.ts'
import { openHotkey } from '../pool-account.ts'
import { type CommandResult, confirm, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type TakeFlags = {
  readonly child?: boolean
  readonly of?: string
  readonly account: string
  readonly yes?: boolean
}

const mostBps = Number(maximumTakeBps)
const most = mostBps / 100

/** `koinon validator take`: shows what the validator keeps of its stakers' dividends, lowers it at once, raises it under its limits. */
export function defineValidatorTake(validator: Command): void {
  validator
    .command('take')
    .description("what part of its stakers' dividends a validator keeps; with a number, change it")
    .argument('[percent]', `new take: 9, 9.5 or 9.5%, or basis points as 950bps; at most ${most} %`)
    .option('--child', 'of the dividends of weight that parents give it (child keys)')
    .option('--of <hotkey>', 'show the take of another validator')
    .option('--account <name>', "the home's key that is the validator", 'validator')
    .option('-y, --yes', 'do not ask before a raise')
    .addHelpText(
      'after',
      '\nA lower take holds at once. A take is raised once in 30 days; a raise holds when whoever disagrees has had the time to unstake, where the network says so.',
    )
    .action(
      runCommand(async (context, text: string | undefined, flags: TakeFlags) => {
        if (flags.of !== undefined) return takesOf(context.home, toAddress(flags.of), text)
        const account = openHotkey(context.home, flags.account)
        const kind: TakeKind = flags.child === true ? 'childTake' : 'take'
        if (text !== undefined) {
          const bps = parseTake(text)
          const before = (await readTakes(account, account.address))[kind]
          if (bps > before.bps)
            await confirm(
              context,
              `Raise the ${nameOf(kind)} from ${bpsPercent(before.bps)} to ${bpsPercent(bps)}? It can be raised again in 30 days at the earliest.`,
              flags.yes === true,
            )
          await setTake(account, kind, bps)
        }
        return shownTakes(account.address, await readTakes(account, account.address))
      }),
    )
}

/** Of a stranger: shown, never set. */
async function takesOf(home: Home, hotkey: Address, text: string | undefined): Promise<CommandResult> {
  if (text !== undefined)
    throw new KoinonError({
      code: 'usage/one-of',
      message: 'Nobody sets the take of another validator',
      hint: 'Leave out the number, or --of.',
    })
  const network = networkOf(home)
  return shownTakes(hotkey, await readTakes({ network, reader: createLedgerReader(network) }, hotkey))
}

function shownTakes(hotkey: Address, { take, childTake }: Readonly<Record<TakeKind, Take>>): CommandResult {
  return {
    data: { hotkey, take: takeJson(take), childTake: takeJson(childTake) },
    text: facts([
      ['validator', hotkey],
      ['take', sentence(take)],
      ['child take', sentence(childTake)],
    ]),
  }
}

/** Basis points. Throws `usage/bad-number`. */
function parseTake(text: string): number {
  const [, digits, unit] = /^(\d{1,4}(?:\.\d{1,2})?) ?(%|bps)?$/.exec(text) ?? []
  const bps = Math.round(Number(digits) * (unit === 'bps' ? 1 : 100))
  if (digits !== undefined && bps <= mostBps && !(unit === 'bps' && digits.includes('.'))) return bps
  throw new KoinonError({
    code: 'usage/bad-number',
    message: `A take is 0 to ${most} per cent, not "${text}"`,
    hint: 'For example: koinon validator take 9.5, or 950bps.',
  })
}

function nameOf(kind: TakeKind): string {
  return kind === 'take' ? 'take' : 'child take'
}

function sentence({ bps, pending }: Take): string {
  return pending === undefined
    ? bpsPercent(bps)
    : `${bpsPercent(bps)}; ${bpsPercent(pending.bps)} from ${utcTime(pending.fromSeconds)} on`
}

function takeJson({ bps, pending }: Take): Record<string, unknown> {
  return { bps, pending: pending ?? null }
}
