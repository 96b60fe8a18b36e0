/** What may be tried on a subnet's past, as text: `NAME=VALUE`, within the bounds of the contracts (specs/0019-audit.md section 6). */
import { KoinonError, parseUnits, tokenDecimals } from '@koinon/base'
import type { Aggregator } from '../../rules/aggregator.ts'
import { aggregatorNames, aggregators } from '../../rules/aggregators/index.ts'
import { maximumOwnerBps, minimumPartBps } from '../../rules/emission/constants.ts'
import type { WhatIfChange } from './what-if.ts'
import type { SeatRuleSet } from './what-if-seats.ts'

const day = 86_400
const unit = 10n ** BigInt(tokenDecimals)
const burnBounds = { least: unit / 2_000n, most: 1_000n * unit } as const
const seconds = {
  burnHalfLifeSeconds: [60, 7 * day],
  immunitySeconds: [0, 30 * day],
  noticeSeconds: [60, 7 * day],
  maxRegistrationsPerEpoch: [1, 256],
} as const satisfies Partial<Record<keyof SeatRuleSet, readonly [least: number, most: number]>>

const names = ['aggregator', 'owner', 'miners', 'minBurn', 'maxBurn', ...Object.keys(seconds)] as const

/** All settings as one change. Throws `usage/bad-setting` naming what would be right. */
export function parseWhatIf(settings: readonly string[]): WhatIfChange {
  const change: {
    aggregator?: Aggregator
    parts?: { ownerBps?: number; minersBps?: number }
    rules?: { -readonly [name in keyof SeatRuleSet]?: SeatRuleSet[name] }
  } = {}
  for (const setting of settings) {
    const [, name = '', value = ''] = /^(\w+)=(.+)$/.exec(setting) ?? []
    if (name === 'aggregator') change.aggregator = aggregatorOf(value)
    else if (name === 'owner')
      change.parts = { ...change.parts, ownerBps: percentOf(setting, value, 0, maximumOwnerBps) }
    else if (name === 'miners')
      change.parts = { ...change.parts, minersBps: percentOf(setting, value, minimumPartBps, 10_000 - minimumPartBps) }
    else if (name === 'minBurn' || name === 'maxBurn')
      change.rules = { ...change.rules, [name]: burnOf(setting, value) }
    else if (Object.hasOwn(seconds, name)) {
      const [least, most] = seconds[name as keyof typeof seconds]
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

function burnOf(setting: string, text: string): bigint {
  const amount = /^\d{1,4}(\.\d{1,18})?$/.test(text) ? parseUnits(text, tokenDecimals) : -1n
  if (amount >= burnBounds.least && amount <= burnBounds.most) return amount
  throw badSetting(setting, 'KOIN from 0.0005 to 1000')
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
