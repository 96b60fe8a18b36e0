/** Rules of a subnet's seats as options of the commands that create a subnet or announce other rules. */
import { formatAmount, KoinonError, parseUnits, tokenDecimals } from '@koinon/base'
import { type SeatRules, seatRuleBounds } from '@koinon/ledger'
import type { Command } from 'commander'
import { parseInteger } from './runner.ts'

export type RuleOptions = {
  readonly minBurn?: string
  readonly maxBurn?: string
  readonly halfLife?: string
  readonly immunity?: string
  readonly notice?: string
  readonly registrations?: string
}

type Rule = keyof SeatRules
const rules = Object.keys(seatRuleBounds) as readonly Rule[]

const options: Readonly<Record<Rule, { readonly option: keyof RuleOptions; readonly value: string; words: string }>> = {
  minBurn: { option: 'minBurn', value: 'koin', words: 'least price of a seat' },
  maxBurn: { option: 'maxBurn', value: 'koin', words: 'highest price of a seat' },
  burnHalfLifeSeconds: { option: 'halfLife', value: 'seconds', words: 'time in which the price falls by half' },
  immunitySeconds: { option: 'immunity', value: 'seconds', words: 'time in which nobody may claim a new seat' },
  noticeSeconds: { option: 'notice', value: 'seconds', words: 'time that who holds a claimed seat has to match' },
  maxRegistrationsPerEpoch: { option: 'registrations', value: 'n', words: 'seats sold in an epoch at most' },
}

/** Adds an option for each rule, its bounds and, where there is one, what it is unless said in the help. */
export function withRuleOptions(command: Command, unlessSaid: Partial<Readonly<Record<Rule, string>>> = {}): Command {
  for (const rule of rules) {
    const { option, value, words } = options[rule]
    const otherwise = unlessSaid[rule] === undefined ? '' : ` (default: ${unlessSaid[rule]})`
    command.option(`${flagOf(option)} <${value}>`, `${words}, ${bounds(rule)}${otherwise}`)
  }
  return command
}

/** The rules that were given; others keep what they are. Throws `usage/seat-rules` out of bounds, `usage/bad-number` and `base/bad-amount`. */
export function rulesOf(given: RuleOptions, others: SeatRules): SeatRules {
  const wanted: SeatRules = {
    minBurn: amountOf(given, 'minBurn') ?? others.minBurn,
    maxBurn: amountOf(given, 'maxBurn') ?? others.maxBurn,
    burnHalfLifeSeconds: numberOf(given, 'burnHalfLifeSeconds') ?? others.burnHalfLifeSeconds,
    immunitySeconds: numberOf(given, 'immunitySeconds') ?? others.immunitySeconds,
    noticeSeconds: numberOf(given, 'noticeSeconds') ?? others.noticeSeconds,
    maxRegistrationsPerEpoch: numberOf(given, 'maxRegistrationsPerEpoch') ?? others.maxRegistrationsPerEpoch,
  }
  for (const rule of rules) {
    const [least, most] = seatRuleBounds[rule]
    if (wanted[rule] < least || wanted[rule] > most)
      throw outOfBounds(`${flagOf(options[rule].option)} takes ${bounds(rule)}, not ${shown(rule, wanted[rule])}`)
  }
  if (wanted.maxBurn < wanted.minBurn)
    throw outOfBounds(
      `The highest price of a seat, ${shown('maxBurn', wanted.maxBurn)}, is below the least, ${shown('minBurn', wanted.minBurn)}`,
    )
  return wanted
}

/** Rules that differ, a line each: `least price of a seat  0.1 KOIN, then 0.2 KOIN`. */
export function changedRules(now: SeatRules, then: SeatRules): readonly (readonly [string, string])[] {
  return rules
    .filter((rule) => now[rule] !== then[rule])
    .map((rule) => [options[rule].words, `${shown(rule, now[rule])}, then ${shown(rule, then[rule])}`] as const)
}

/** Amounts as decimal strings of atomic units. */
export function rulesJson({ minBurn, maxBurn, ...rest }: SeatRules): Record<string, unknown> {
  return { minBurnAtomic: `${minBurn}`, maxBurnAtomic: `${maxBurn}`, ...rest }
}

function amountOf(given: RuleOptions, rule: 'minBurn' | 'maxBurn'): bigint | undefined {
  const text = given[rule]
  return text === undefined ? undefined : parseUnits(text, tokenDecimals)
}

function numberOf(given: RuleOptions, rule: Exclude<Rule, 'minBurn' | 'maxBurn'>): number | undefined {
  const { option } = options[rule]
  const text = given[option]
  const [least, most] = seatRuleBounds[rule]
  return text === undefined ? undefined : parseInteger(text, flagOf(option), least, most)
}

function bounds(rule: Rule): string {
  const [least, most] = seatRuleBounds[rule]
  return `${shown(rule, least)} to ${shown(rule, most)}`
}

function shown(rule: Rule, value: bigint | number): string {
  if (typeof value === 'bigint') return `${formatAmount(value)} KOIN`
  return rule === 'maxRegistrationsPerEpoch' ? `${value}` : `${value} s`
}

function flagOf(option: keyof RuleOptions): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function outOfBounds(message: string): KoinonError {
  return new KoinonError({
    code: 'usage/seat-rules',
    message,
    hint: 'Bounds of all rules: koinon subnet announce --help',
  })
}
