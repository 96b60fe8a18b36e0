/** What would have been, in words for people and in plain JSON. */
import { formatAmount } from '@koinon/base'
import type { WhatIfOutcome } from '@koinon/node/audit'
import { utcTime } from './format/time.ts'
import { facts, table } from './table.ts'

const mostShown = 20

export function whatIfText(found: WhatIfOutcome): string {
  const { netuid, changes, epochs, accounts, owner, seats, unknown } = found
  const head = facts([
    ['subnet', `${netuid}`],
    ['epochs', `${epochs[0]} to ${epochs.at(-1)}, ${epochs.length} with a result`],
    ['tried', changes.length === 0 ? 'nothing: name it with --set' : changes.join('; ')],
  ])
  const rows = [
    ...accounts
      .slice(0, mostShown)
      .map(({ account, did, would }) => [
        account,
        formatAmount(did.mined),
        formatAmount(would.mined),
        formatAmount(did.dividends),
        formatAmount(would.dividends),
        change(did.mined + did.dividends, would.mined + would.dividends),
      ]),
    ['owner', '', '', formatAmount(owner.did), formatAmount(owner.would), change(owner.did, owner.would)],
  ]
  const earned = table(['account', 'mined', 'would', 'dividends', 'would', 'change'], rows)
  return [
    head,
    `alpha earned in these epochs, and what it would have been:\n${earned}`,
    accounts.length > mostShown ? `and ${accounts.length - mostShown} accounts more: --json names them all` : '',
    seats.length === 0 ? '' : `${seatsTitle(seats.length)}:\n${seatTable(seats)}`,
    `what this cannot know:\n${unknown.map((line) => `  - ${line}`).join('\n')}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function seatsTitle(count: number): string {
  return count > mostShown
    ? `the last ${mostShown} of ${count} seats sold in that time (--json names them all)`
    : 'seats sold in that time'
}

function seatTable(seats: WhatIfOutcome['seats']): string {
  return table(
    ['when', 'what', 'account', 'KOIN', 'would'],
    seats
      .slice(-mostShown)
      .map(({ kind, account, seconds, paid, would, refused }) => [
        utcTime(seconds),
        kind,
        account,
        formatAmount(paid),
        refused === undefined ? formatAmount(would) : `not possible: ${refused}`,
      ]),
  )
}

/** In per cent of what was earned. */
function change(did: bigint, would: bigint): string {
  if (did === would) return 'same'
  if (did === 0n) return 'new'
  const tenths = Number(((would - did) * 1_000n) / did)
  return `${tenths > 0 ? '+' : ''}${tenths / 10} %`
}

export function whatIfJson(found: WhatIfOutcome): Record<string, unknown> {
  const { netuid, head, changes, epochs, accounts, owner, seats, unknown, isUnchanged } = found
  const plain = (amounts: { readonly mined: bigint; readonly dividends: bigint }) => ({
    minedAtomic: `${amounts.mined}`,
    dividendsAtomic: `${amounts.dividends}`,
  })
  return {
    netuid,
    head,
    changes,
    isUnchanged,
    epochs,
    accounts: accounts.map(({ account, did, would }) => ({ account, did: plain(did), would: plain(would) })),
    owner: { didAtomic: `${owner.did}`, wouldAtomic: `${owner.would}` },
    seats: seats.map(({ paid, would, refused, ...seat }) => ({
      ...seat,
      paidAtomic: `${paid}`,
      wouldAtomic: `${would}`,
      refused: refused ?? null,
    })),
    unknown,
  }
}
