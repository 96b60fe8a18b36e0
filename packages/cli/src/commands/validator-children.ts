import { type Address, KoinonError, toAddress } from '@koinon/base'
import {
  announceChildren,
  answerParent,
  applyChildren,
  type ChildKeys,
  type ChildShare,
  maximumChildren,
  readChildKeys,
} from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { parseNetuid } from '../netuid.ts'
import { openHotkey } from '../pool-account.ts'
import { confirm, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type ChildrenFlags = {
  readonly netuid: string
  readonly set?: readonly string[]
  readonly none?: boolean
  readonly apply?: boolean
  readonly accept?: string
  readonly refuse?: string
  readonly account: string
  readonly yes?: boolean
}

const wad = 10n ** 18n
const ppmWad = 10n ** 12n

/** `koinon validator children`: hotkeys that vote and earn with a part of this one's alpha, and parents that give to it. */
export function defineValidatorChildren(validator: Command): void {
  validator
    .command('children')
    .description(
      'child keys, hotkeys that vote and earn with a part of what is staked on this one: show or change them',
    )
    .option('--netuid <n>', 'subnet', '1')
    .option('--set <hotkey=share...>', `announce children, up to ${maximumChildren}, each with a share in per cent`)
    .option('--none', 'announce that there are none any more')
    .option('--apply', 'put what was announced into force, a day after the announcement')
    .option('--accept <parent>', 'as a child: take weight of this parent when it announces you')
    .option('--refuse <parent>', 'as a child: take none of this parent any more')
    .option('--account <name>', "the home's key that is the hotkey", 'validator')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExample: koinon validator children --netuid 1 --set 0xA..=40 0xB..=10. A child has to accept first, has no children itself, and may lose a part of your stake when it is slashed.',
    )
    .action(
      runCommand(async (context, flags: ChildrenFlags) => {
        const netuid = parseNetuid(flags.netuid)
        requireOne(flags)
        const account = openHotkey(context.home, flags.account)
        if (flags.set !== undefined || flags.none === true) {
          const children = (flags.set ?? []).map(parseShare)
          requireWhole(children)
          await confirm(
            context,
            children.length === 0
              ? `Announce that ${account.address} has no children in subnet ${netuid} any more?`
              : `Announce for subnet ${netuid}: ${children.map(shareText).join(', ')}? When a child is slashed, your stake is too, by that share.`,
            flags.yes === true,
          )
          await announceChildren(account, netuid, children)
        }
        if (flags.apply === true) await applyChildren(account, netuid, account.address)
        if (flags.accept !== undefined) await answerParent(account, netuid, toAddress(flags.accept), 'accept')
        if (flags.refuse !== undefined) await answerParent(account, netuid, toAddress(flags.refuse), 'refuse')
        const keys = await readChildKeys(account, netuid, account.address)
        return {
          data: { netuid, hotkey: account.address, ...keysJson(keys) },
          text: context.typed(facts(keysFacts(netuid, account.address, keys))),
        }
      }),
    )
}

function requireOne(flags: ChildrenFlags): void {
  const chosen = [flags.set, flags.none, flags.apply, flags.accept, flags.refuse].filter((flag) => flag !== undefined)
  if (chosen.length <= 1) return
  throw new KoinonError({
    code: 'usage/one-of',
    message: 'Only one of --set, --none, --apply, --accept and --refuse can be given at once',
    hint: 'Run the command once for each: koinon validator children --help',
  })
}

/** `HOTKEY=PERCENT`, with up to four places. Throws `usage/bad-share`. */
function parseShare(text: string): ChildShare {
  const [, hotkey, digits] = /^(0x[0-9a-fA-F]{40})=(\d{1,3}(?:\.\d{1,4})?)%?$/.exec(text) ?? []
  const proportion = BigInt(Math.round(Number(digits ?? 0) * 10_000)) * ppmWad
  if (hotkey !== undefined && proportion > 0n && proportion <= wad) return { child: toAddress(hotkey), proportion }
  throw new KoinonError({
    code: 'usage/bad-share',
    message: `"${text}" is no child and share`,
    hint: 'Write HOTKEY=PERCENT, for example 0x1111111111111111111111111111111111111111=40.',
  })
}

function requireWhole(children: readonly ChildShare[]): void {
  const isOver = children.reduce((sum, { proportion }) => sum + proportion, 0n) > wad
  const isTwice = new Set(children.map(({ child }) => child)).size < children.length
  if (children.length <= maximumChildren && !isOver && !isTwice) return
  throw new KoinonError({
    code: 'usage/bad-share',
    message: `A hotkey has at most ${maximumChildren} children, each once, with 100 per cent together`,
    hint: 'For example: koinon validator children --set 0xA..=60 0xB..=40',
  })
}

function keysFacts(netuid: number, hotkey: Address, keys: ChildKeys): readonly (readonly [string, string])[] {
  const { inForce, announced, parents, nowSeconds } = keys
  return [
    ['hotkey', `${hotkey} in subnet ${netuid}`],
    ['children', inForce.length === 0 ? 'none in force' : inForce.map(shareText).join(', ')],
    ...(announced === undefined ? [] : announcedFacts(netuid, announced, nowSeconds)),
    [
      'parents',
      parents.length === 0
        ? 'none'
        : parents.map(({ parent, proportion }) => `${parent} gives ${percent(proportion)}`).join(', '),
    ],
  ]
}

function announcedFacts(
  netuid: number,
  { appliesAtSeconds, children, unwilling }: NonNullable<ChildKeys['announced']>,
  nowSeconds: number,
): readonly (readonly [string, string])[] {
  const due =
    nowSeconds >= appliesAtSeconds
      ? `may be put into force now: koinon validator children --netuid ${netuid} --apply`
      : `may be put into force from ${utcTime(appliesAtSeconds)}`
  return [
    ['announced', `${children.length === 0 ? 'no children' : children.map(shareText).join(', ')}; ${due}`],
    ...unwilling.map(
      (child) =>
        [
          'not accepted',
          `${child} must say first: koinon validator children --netuid ${netuid} --accept with this hotkey`,
        ] as const,
    ),
  ]
}

function keysJson({ inForce, announced, parents }: ChildKeys): Record<string, unknown> {
  const plain = ({ child, proportion }: ChildShare) => ({ child, proportionWad: `${proportion}` })
  return {
    children: inForce.map(plain),
    announced: announced === undefined ? null : { ...announced, children: announced.children.map(plain) },
    parents: parents.map(({ parent, proportion }) => ({ parent, proportionWad: `${proportion}` })),
  }
}

function shareText({ child, proportion }: ChildShare): string {
  return `${child} with ${percent(proportion)}`
}

function percent(proportion: bigint): string {
  return `${Number(proportion / ppmWad) / 10_000} %`
}
