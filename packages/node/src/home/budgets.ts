/** Budgets that this home's owner granted, with the keys that they are for where this home made them. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hex, KoinonError } from '@koinon/base'
import { type Home, writeFileDurably } from './home.ts'

export type StoredBudget = {
  readonly label: string
  /** Hash of the last grant. */
  readonly grantHash: Hex
  /** The chain of signed grants as JSON, the owner's first; read it with `parseGrantChain`. */
  readonly grants: unknown
  /** Secret key of the agent; none where the agent made its own. */
  readonly sessionKey?: Hex
  readonly createdAtMs: number
  readonly revokedAtMs?: number
}

/** All budgets, oldest first. Throws `home/bad-budget`. */
export function readBudgets(home: Home): readonly StoredBudget[] {
  if (!existsSync(home.budgets)) return []
  return readdirSync(home.budgets)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readStored(join(home.budgets, name)))
    .sort((a, b) => a.createdAtMs - b.createdAtMs || a.grantHash.localeCompare(b.grantHash))
}

/** Adds a budget, or replaces the one with the same hash. */
export function saveBudget(home: Home, budget: StoredBudget): void {
  mkdirSync(home.budgets, { recursive: true, mode: 0o700 })
  writeFileDurably(join(home.budgets, `${budget.grantHash.slice(2)}.json`), `${JSON.stringify(budget, null, 2)}\n`)
}

/** The budget that a person means by its hash, the beginning of it, or its label. Throws `home/no-budget`. */
export function findBudget(home: Home, name: string): StoredBudget {
  const all = readBudgets(home)
  const named = all.filter(({ label }) => label === name)
  const found = named.length > 0 ? named : all.filter(({ grantHash }) => name.length >= 4 && grantHash.startsWith(name))
  if (found.length === 1) return found[0] as StoredBudget
  throw new KoinonError({
    code: 'home/no-budget',
    message: found.length === 0 ? `There is no budget "${name}" in this home` : `"${name}" can mean several budgets`,
    hint: 'See them with "koinon budget list".',
  })
}

/** Where the books of this home's budgets lie. */
export function budgetBooks(home: Home): string {
  mkdirSync(home.budgets, { recursive: true, mode: 0o700 })
  return join(home.budgets, 'books.sqlite')
}

function readStored(path: string): StoredBudget {
  try {
    const budget = JSON.parse(readFileSync(path, 'utf8')) as StoredBudget
    if (typeof budget.grantHash !== 'string' || !Array.isArray(budget.grants)) throw new Error('it holds no grants')
    return budget
  } catch (cause) {
    throw new KoinonError({
      code: 'home/bad-budget',
      message: `The budget file ${path} is damaged`,
      hint: 'Restore it from a backup, or move it away and grant the budget again.',
      cause,
    })
  }
}
