import { type Address, dollarDecimals, formatUnits } from '@koinon/base'
import type { BudgetGrant } from './grant.ts'

/** Contracts of the network whose functions have words. A contract of somebody else may mean anything by the same selector. */
export type KnownContracts = { readonly channels: Address; readonly jobs?: Address | undefined }

/** What a grant in dollars says, one sentence a line: who, how much, for whom, when. Times in UTC. */
export function grantWords(grant: BudgetGrant, contracts: KnownContracts): readonly string[] {
  const amount = (atomic: bigint): string => `${formatUnits(atomic, dollarDecimals)} dollars`
  const { agent, owner, autonomy } = grant
  const { maxPerCallAtomic, maxPerPeriodAtomic, maxTotalAtomic, periodSeconds } = grant
  return [
    `The key ${agent} ${autonomyWords[autonomy](`dollars of ${owner}`)}.`,
    `At most ${amount(maxPerCallAtomic)} for one call, ${amount(maxPerPeriodAtomic)} ${spanWords(periodSeconds)}, and ${amount(maxTotalAtomic)} in all.`,
    ...(autonomy === 'full' ? ['It may pay anybody, for anything.'] : listWords(grant)),
    ...(grant.contractCalls.length === 0
      ? []
      : [`On the ledger it may ${grant.contractCalls.map((one) => callWords(one, contracts)).join(', ')}.`]),
    `It holds from ${timeWords(grant.validFrom)} until ${timeWords(grant.validUntil)}.`,
  ]
}

const jobFunctions: Readonly<Record<string, string>> = {
  '0xd2e13f50': 'put money into a job that has a provider (fund)',
  '0xd994e6cf': "take a provider's quote for an open job and pay it into escrow (fundByQuote)",
  '0x8267a9e1': "open a job with a provider's quote and pay it into escrow (hire)",
}
const channelFunctions: Readonly<Record<string, string>> = {
  '0x140f1e75': 'deposit into a payment channel (deposit)',
}

function callWords({ target, selector }: BudgetGrant['contractCalls'][number], contracts: KnownContracts): string {
  const isAt = (contract: Address | undefined): boolean => contract?.toLowerCase() === target.toLowerCase()
  const functions = isAt(contracts.jobs) ? jobFunctions : isAt(contracts.channels) ? channelFunctions : {}
  const words = functions[selector.toLowerCase()]
  return words === undefined
    ? `call a function with the selector ${selector} at ${target}`
    : `${words}, selector ${selector}, at ${target}`
}

const autonomyWords = {
  alert: (money: string) => `may spend nothing: it only tells you what it would buy with ${money}`,
  propose: (money: string) => `may spend ${money}, each payment only after you have approved it`,
  limited: (money: string) => `may spend ${money} without asking you, and only as the next lines say`,
  full: (money: string) => `may spend ${money} without asking you, on anything, up to these amounts`,
} as const

function listWords({ receivers, services, methods }: BudgetGrant): readonly string[] {
  const calls = services.length === 0 ? '' : ` for calls of ${services.join(', ')}`
  const sentence =
    receivers.length > 0
      ? `It may pay ${receivers.join(', ')}${calls === '' ? '' : `,${calls}`}.`
      : calls === ''
        ? 'It may pay nobody: the grant names no account and no service.'
        : `It may pay${calls}, to whatever account asks there, from what its own key holds.`
  const isNobodyNamed = receivers.length === 0 && services.length > 0
  const deposits = 'It may put nothing into channels: deposits go to named accounts alone (--to), and it names none.'
  return [
    sentence,
    ...(isNobodyNamed ? [deposits] : []),
    ...(methods.length === 0 ? [] : [`Of these calls only ${methods.join(', ')}.`]),
  ]
}

function spanWords(seconds: number): string {
  if (seconds === 86_400) return 'a day'
  if (seconds === 3_600) return 'an hour'
  return seconds % 86_400 === 0 ? `in ${seconds / 86_400} days` : `in ${seconds} seconds`
}

function timeWords(seconds: number): string {
  const time = new Date(seconds * 1000)
  return Number.isNaN(time.getTime()) ? `second ${seconds}` : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
