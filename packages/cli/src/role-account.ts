/** Which account of a home a command about earnings means: roles of subnet files have one for each subnet. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { KoinonError } from '@koinon/base'
import type { Home } from '@koinon/node/home'
import type { Command } from 'commander'
import { parseNetuid } from './netuid.ts'

export type EarningRole = 'provider' | 'validator' | 'miner'

export type AccountOptions = { readonly account?: string; readonly netuid?: string }

/** The name of the key of who takes part in a subnet that is a file. */
export function memberAccount(netuid: number, kind: 'miner' | 'validator'): string {
  return `subnet-${netuid}-${kind}`
}

/** Adds the options that say whose account is meant. */
export function withAccountOptions(command: Command, role: EarningRole): Command {
  if (role !== 'provider')
    command.option(
      '--netuid <n>',
      `the ${role} that was started with --file in this subnet (default: ${role === 'validator' ? 'its key validator, else ' : ''}the one that this home has)`,
    )
  return command.option('--account <name>', `the home's key of the ${role}, by its name`)
}

/**
 * The name of the account's key. Unless said: of a provider or validator its own; where there is none, and of a miner, the one that takes
 * part in a subnet file. Throws `usage/one-of`, `usage/which-account` when there are several, and `home/no-key`.
 */
export function accountOf(home: Home, role: EarningRole, { account, netuid }: AccountOptions): string {
  if (account !== undefined && netuid !== undefined && role !== 'provider')
    throw new KoinonError({
      code: 'usage/one-of',
      message: '--account and --netuid both say whose account is meant',
      hint: 'Leave one of them out.',
    })
  if (account !== undefined) return account
  if (role === 'provider') return role
  if (netuid !== undefined) return memberAccount(parseNetuid(netuid, '--netuid'), role)
  if (role === 'validator' && existsSync(join(home.keys, 'validator.json'))) return role
  const found = memberAccounts(home, role)
  if (found.length > 1)
    throw new KoinonError({
      code: 'usage/which-account',
      message: `This home has several: ${found.join(', ')}`,
      hint: 'Say which with --netuid N.',
    })
  if (found.length === 0 && role === 'miner')
    throw new KoinonError({
      code: 'home/no-key',
      message: `The home ${home.path} has no miner of a subnet file`,
      hint: 'Start one: koinon miner start --file FILE --netuid N. Who answers with a model is a provider: koinon provider status',
    })
  return found[0] ?? role
}

function memberAccounts(home: Home, role: 'miner' | 'validator'): readonly string[] {
  if (!existsSync(home.keys)) return []
  const pattern = new RegExp(`^subnet-\\d+-${role}\\.json$`)
  const names = readdirSync(home.keys).filter((name) => pattern.test(name))
  return names.map((name) => name.replace(/\.json$/, '')).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}
