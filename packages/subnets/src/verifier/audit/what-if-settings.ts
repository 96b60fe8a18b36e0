/** What may be tried on a subnet's past, as text: `NAME=VALUE`, within the bounds of the contracts (specs/0019-audit.md section 6). */
import { formatAmount, KoinonError, parseUnits, tokenDecimals } from '@koinon/base'
import { type SeatRules, seatRuleBounds } from '@koinon/ledger'
import type { Aggregator } from '../../rules/aggregator.ts'
import { aggregatorNames, aggregators } from '../../rules/aggregators/index.ts'
import { maximumOwnerBps, minimumPartBps } from '../../rules/emission/constants.ts'
import type { WhatIfChange } from './what-if.ts'

const { minBurn, maxBurn, ...wholeBounds } = seatRuleBounds
const burnBounds = { minBurn, maxBurn }

const names = ['aggregator', 'owner', 'miners', 'minBurn', 'maxBurn', ...Object.keys(wholeBounds)] as const

/** All settings as one change. Throws `usage/bad-setting` naming what would be right. */
export function parseWhatIf(settings: readonly string[]): WhatIfChange {
  const change: {
    aggregator?: Aggregator
    parts?: { ownerBps?: number; minersBps?: number }
    rules?: { -readonly [name in keyof SeatRules]?: SeatRules[name] }
  } = {}
  for (const setting of settings) {
    const [, name = '', value = ''] = /^(\w+)=(.+)$/.exec(setting) ?? []
    if (name === 'aggregator') change.aggregator = aggregatorOf(value)
    else if (name === 'owner')
      change.parts = { ...change.parts, ownerBps: percentOf(setting, value, 0, maximumOwnerBps) }
    else if (name === 'miners')
      change.parts = { ...change.parts, minersBps: percentOf(setting, value, minimumPartBps, 10_000 - minimumPartBps) }
    else if (name === 'minBurn' || name === 'maxBurn')
      change.rules = { ...change.rules, [name]: burnOf(setting, value, burnBounds[name]) }
    else if (Object.hasOwn(wholeBounds, name)) {
      const [least, most] = wholeBounds[name as keyof typeof wholeBounds]
      change.rules = { ...change.rules, [name]: wholeOf(setting, value, least, most) }
    } else throw unknownSetting(setting)
  }
  const { minBurn, maxBurn } = change.rules ?? {}
  if (minBurn !== undefined && maxBurn !== undefined && minBurn > maxBurn)
    throw badSetting(`minBurn=... maxBurn=...`, 'the least price is not above the largest')
  return change
}

function aggregatorOf(name: string) {
  const known = aggregatorNames.find((one) => one === name)
  if (known !== undefined) return aggregators[known]
  throw badSetting(`aggregator=${name}`, `one of ${aggregatorNames.join(', ')}`)
}

function percentOf(setting: string, text: string, leastBps: number, mostBps: number): number {
  const bps = /^\d{1,3}(\.\d{1,2})?%?$/.test(text) ? Math.round(Number.parseFloat(text) * 100) : -1
  if (bps >= leastBps && bps <= mostBps) return bps
  throw badSetting(setting, `a percentage from ${leastBps / 100} to ${mostBps / 100}`)
}

function burnOf(setting: string, text: string, [least, most]: readonly [bigint, bigint]): bigint {
  const amount = /^\d{1,4}(\.\d{1,18})?$/.test(text) ? parseUnits(text, tokenDecimals) : -1n
  if (amount >= least && amount <= most) return amount
  throw badSetting(setting, `KOIN from ${formatAmount(least)} to ${formatAmount(most)}`)
}

function wholeOf(setting: string, text: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : -1
  if (number >= least && number <= most) return number
  throw badSetting(setting, `a whole number from ${least} to ${most}`)
}

function unknownSetting(setting: string): KoinonError {
  return badSetting(
    setting,
    `NAME=VALUE, with one of ${names.join(', ')} as the name; what else makes a subnet never changes (koinon subnet show)`,
  )
}

function badSetting(setting: string, wanted: string): KoinonError {
  return new KoinonError({
    code: 'usage/bad-setting',
    message: `"${setting}" is nothing that can be tried: ${wanted}`,
    hint: 'For example: koinon subnet what-if 1 --set aggregator=yuma3 --set miners=50',
  })
}
