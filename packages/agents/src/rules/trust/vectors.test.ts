import { readFileSync } from 'node:fs'
import type { Address } from '@koinon/base'
import { expect, it } from 'vitest'
import type { TrustInput } from './trust-input.ts'
import { trustScores } from './trust-scores.ts'

type Row = readonly [string, string, string]
type Case = {
  readonly name: string
  readonly agents: readonly Row[]
  readonly payments: readonly Row[]
  readonly fundings: readonly Row[]
  readonly ratings: readonly (readonly [string, string, number])[]
  readonly seeds: readonly (readonly [string, string])[]
  readonly parameters: { readonly rounds: number; readonly minimumPaidAtomic: string; readonly priorMicro: number }
  readonly scores: readonly unknown[]
}

const path = new URL('../../../../../specs/vectors/trust.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { readonly cases: readonly Case[] }

it.each(cases.map((item) => [item.name, item] as const))('%s', (_, item) => {
  const account = (text: string) => text as Address
  const input: TrustInput = {
    agents: item.agents.map(([agentId, wallet, owner]) => ({
      agentId,
      wallet: account(wallet),
      owner: account(owner),
    })),
    payments: item.payments.map(([payer, payee, amount]) => ({
      payer: account(payer),
      payee: account(payee),
      amountAtomic: BigInt(amount),
    })),
    fundings: item.fundings.map(([from, to, amount]) => ({
      from: account(from),
      to: account(to),
      amountAtomic: BigInt(amount),
    })),
    ratings: item.ratings.map(([reviewer, agentId, valueMicro]) => ({
      reviewer: account(reviewer),
      agentId,
      valueMicro,
    })),
    seeds: item.seeds.map(([seed, weight]) => ({ account: account(seed), weight: BigInt(weight) })),
  }
  const parameters = { ...item.parameters, minimumPaidAtomic: BigInt(item.parameters.minimumPaidAtomic) }
  const scores = trustScores(input, parameters)
  expect(JSON.parse(JSON.stringify(scores, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)))).toEqual(
    item.scores,
  )
})
