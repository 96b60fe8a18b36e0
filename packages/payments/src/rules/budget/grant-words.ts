import { formatUnits } from '@koinon/base'
import type { BudgetGrant } from './grant.ts'

/** How amounts of the asset are shown. */
export type AssetWords = { readonly decimals: number; readonly unit: string }

/** What a grant says, one sentence a line: who, how much, for whom, when. Times in UTC. */
export function grantWords(grant: BudgetGrant, asset: AssetWords): readonly string[] {
  const amount = (atomic: bigint): string => `${formatUnits(atomic, asset.decimals)} ${asset.unit}`
  const { autonomy } = grant
  return [
    `The key ${grant.agent} may ${autonomyWords[autonomy]} from ${grant.owner}.`,
    `At most ${amount(grant.maxPerCallAtomic)} a call, ${amount(grant.maxPerPeriodAtomic)} in ${spanWords(grant.periodSeconds)}, ${amount(grant.maxTotalAtomic)} in all.`,
    ...(autonomy === 'full' ? ['To anybody.'] : listWords(grant)),
    ...(grant.contractCalls.length === 0
      ? []
      : [`Calls: ${grant.contractCalls.map(({ target, selector }) => `${selector} of ${target}`).join(', ')}.`]),
    `From ${timeWords(grant.validFrom)} until ${timeWords(grant.validUntil)}.`,
  ]
}

const autonomyWords = {
  alert: 'tell you what it would spend, and spend nothing,',
  propose: 'spend what you approve, one by one,',
  limited: 'spend alone, within these lists and amounts,',
  full: 'spend alone, within these amounts,',
} as const

function listWords({ receivers, services, methods }: BudgetGrant): readonly string[] {
  const isByService = receivers.length === 0 && services.length > 0
  return [
    isByService ? 'To whom these services name.' : `To: ${receivers.length === 0 ? 'nobody' : receivers.join(', ')}.`,
    ...(services.length === 0 ? [] : [`For: ${services.join(', ')}.`]),
    ...(methods.length === 0 ? [] : [`By: ${methods.join(', ')}.`]),
  ]
}

function spanWords(seconds: number): string {
  if (seconds === 86_400) return 'a day'
  if (seconds === 3_600) return 'an hour'
  return seconds % 86_400 === 0 ? `${seconds / 86_400} days` : `${seconds} seconds`
}

function timeWords(seconds: number): string {
  const time = new Date(seconds * 1000)
  return Number.isNaN(time.getTime()) ? `second ${seconds}` : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
