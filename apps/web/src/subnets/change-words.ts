/** What is going to change in a subnet, in sentences. */
import type { SubnetRowJson } from '@koinon/work/dashboard'

/** Empty where nothing is announced and nobody contests the ownership. */
export function changeSentences({
  announced,
  contest,
}: Pick<SubnetRowJson, 'announced' | 'contest'>): readonly string[] {
  const { texts, parts, rules } = announced ?? {}
  return [
    ...(rules === undefined ? [] : [`From ${momentOf(rules.fromSeconds)}: other rules and prices of its seats.`]),
    ...(texts === undefined
      ? []
      : [`From ${momentOf(texts.fromSeconds)}: another definition, ${texts.specHash.slice(0, 12)}...`]),
    ...(parts === undefined
      ? []
      : [
          `From ${momentOf(parts.fromSeconds)}: new alpha is divided ${percent(parts.ownerBps)} to the owner, ${percent(parts.minersBps)} to the miners, ${percent(parts.validatorsBps)} to the validators.`,
        ]),
    ...(contest === undefined
      ? []
      : [
          `From ${momentOf(contest.fromSeconds)}: ${contest.candidate.slice(0, 12)}... may take the subnet by conviction, unless its owner locks as much.`,
        ]),
  ]
}

function momentOf(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function percent(bps: number): string {
  return `${bps / 100} %`
}
