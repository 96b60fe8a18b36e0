/** What the page shows of subnets, in words and tables for people. */
import { formatAmount, formatSpan } from '@koinon/base'
import type { Viewed } from '@koinon/node/views'
import type { NextResult } from '@koinon/subnets'
import type {
  KoinFlowJson,
  MetagraphJson,
  MetagraphNeuronJson,
  SplitJson,
  ValidatorJson,
  ValidatorsJson,
} from '@koinon/work/dashboard'
import { bpsPercent, shareText } from './format/percent.ts'
import { utcTime } from './format/time.ts'
import { table } from './table.ts'

/** `+1.5`, `-0.25`, `0`. */
export function signedAmount(atomic: string): string {
  const amount = BigInt(atomic)
  if (amount === 0n) return '0'
  return amount > 0n ? `+${formatAmount(amount)}` : `-${formatAmount(-amount)}`
}

/** What the flow of a pool is since when. */
export function flowText(flow: KoinFlowJson | undefined): string {
  if (flow === undefined) return 'not known: there is no pool, or neither a gateway nor the ledger tells'
  const { netAtomic, inAtomic, outAtomic, sinceSeconds } = flow
  return `${signedAmount(netAtomic)} KOIN since ${utcTime(sinceSeconds)}: people brought ${formatAmount(BigInt(inAtomic))} and took out ${formatAmount(BigInt(outAtomic))} by trades`
}

/** How new alpha is divided, and what came of it in the last whole epoch. */
export function splitFacts(split: SplitJson | undefined): readonly (readonly [string, string])[] {
  if (split === undefined) return []
  const { ownerBps, minersBps, validatorsBps, epoch, ownerAtomic, minersAtomic, validatorsAtomic } = split
  const alpha = (atomic: string | undefined): string => formatAmount(BigInt(atomic ?? '0'))
  return [
    [
      'new alpha',
      `owner ${bpsPercent(ownerBps)}, miners ${bpsPercent(minersBps)}, validators ${bpsPercent(validatorsBps)}, as the ledger has it`,
    ],
    [
      epoch === undefined ? 'accrued' : `in epoch ${epoch}`,
      epoch === undefined
        ? 'no epoch is over of which all of it has accrued'
        : `${alpha(ownerAtomic)} accrued to the owner, ${alpha(minersAtomic)} to miners, ${alpha(validatorsAtomic)} to validators and who staked on them`,
    ],
  ]
}

/** What is to be expected where no result was signed yet, or none lately. */
export function nextResultText({ epoch, expectedAtSeconds, paysFromSeconds, passed }: NextResult): string {
  const missed = passed === 0 ? '' : `; ${passed} ${passed === 1 ? 'epoch' : 'epochs'} before it passed without one`
  return `that of epoch ${epoch}, expected at ${utcTime(expectedAtSeconds)}, and paid from ${utcTime(paysFromSeconds)} on if nobody shows it wrong${missed}`
}

export function metagraphText(metagraph: Viewed<MetagraphJson>): string {
  const { netuid, epoch, neurons, nowSeconds, nextResult, signedEpoch } = metagraph
  const head =
    epoch === undefined
      ? signedEpoch === undefined
        ? `No epoch of subnet ${netuid} has a signed result yet. The first: ${nextResultText(nextResult)}.`
        : `The result of epoch ${signedEpoch} of subnet ${netuid} is signed, but no validator serves its record, so what it says of seats is not known.`
      : `subnet ${netuid}, epoch ${epoch}: shared out by ${metagraph.aggregator}`
  const rows = neurons.map((neuron) => [
    String(neuron.uid),
    neuron.hotkey,
    formatAmount(BigInt(neuron.stakeAtomic)),
    shareText(neuron.incentivePpm),
    shareText(neuron.dividendsPpm),
    shareText(neuron.consensusPpm),
    shareText(neuron.rankPpm),
    formatAmount(BigInt(neuron.paidAtomic)),
    formatSpan(nowSeconds - neuron.registeredAtSeconds),
    permitText(neuron),
  ])
  const headings = [
    'uid',
    'hotkey',
    'stake weighs',
    'incentive',
    'dividends',
    'consensus',
    'rank',
    'paid',
    'age',
    'permit',
  ]
  const seats = neurons.length === 0 ? 'It has no seats yet.' : table(headings, rows)
  return [
    head,
    seats,
    `stake weighs: its alpha of the subnet and its KOIN on the root, as the subnet counts them, in alpha; paid: alpha since ever; ${sourceText(metagraph)}`,
  ].join('\n\n')
}

export function validatorsText(found: Viewed<ValidatorsJson>): string {
  const parts = found.subnets.map(({ netuid, name, epoch, results, validators }) => {
    const head = `subnet ${netuid}, ${name}: ${epoch === undefined ? 'no signed epoch whose record is served yet' : `agreement is that of epoch ${epoch}`}`
    const rows = validators.map((validator) => [
      validator.uid === undefined ? 'left' : String(validator.uid),
      validator.hotkey,
      formatAmount(BigInt(validator.stakeAtomic)),
      takeText(validator),
      validator.hasPermit ? 'yes' : 'no',
      signedText(validator, results),
      shareText(validator.judged?.agreementPpm),
      shareText(validator.judged?.keptPpm),
    ])
    const headings = ['uid', 'hotkey', 'stake weighs', 'take', 'permit', 'last signed', 'agreement', 'kept']
    return `${head}\n${rows.length === 0 ? '  nobody has a permit' : table(headings, rows)}`
  })
  const legend = `agreement: how alike its row orders miners as the other rows do; kept: how much of its row the consensus kept; "-": not known\n${sourceText(found)}`
  return [...(parts.length === 0 ? ['There is no such subnet that lives.'] : parts), legend].join('\n\n')
}

function permitText({ hasPermit, seeksPermit }: MetagraphNeuronJson): string {
  return hasPermit ? 'yes' : seeksPermit ? 'asks for it' : 'no'
}

function takeText({ takeBps, pendingTake }: ValidatorJson): string {
  const raise =
    pendingTake === undefined ? '' : `, ${bpsPercent(pendingTake.bps)} from ${utcTime(pendingTake.fromSeconds)}`
  return `${bpsPercent(takeBps)}${raise}`
}

function signedText({ lastSignedEpoch, signedResults }: ValidatorJson, results: number): string {
  if (results === 0) return 'no result yet'
  return lastSignedEpoch === undefined
    ? `none of ${results}`
    : `epoch ${lastSignedEpoch}; ${signedResults} of the last ${results}`
}

function sourceText({ source, asOfBlock }: Viewed<{ readonly asOfBlock: number }>): string {
  return `${source === 'gateway' ? 'as the gateway tells it' : 'read from the ledger, because no gateway answers'}, as of block ${asOfBlock}`
}
