import { formatAmount } from '@koinon/base'
import { networkOf, requestJson } from '@koinon/node/wallet'
import type { EpochDetailJson, EpochJson, EpochsJson } from '@koinon/work/dashboard'
import type { Command } from 'commander'
import { noResultSentence, olderSentence, phaseOf, phaseSentence, rowSentence, stateSentence } from '../epoch-words.ts'
import { gatewayUrlOf } from '../gateway-url.ts'
import { parseNetuid } from '../netuid.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { facts, table } from '../table.ts'
import { defineEpochAccuse } from './epoch-accuse.ts'
import { defineEpochConfirm } from './epoch-confirm.ts'
import { defineEpochRun } from './epoch-run.ts'

export function defineEpoch(epoch: Command): void {
  epoch
    .command('show')
    .description('one epoch, or without a number the last ones')
    .argument('[epoch]', 'number of the epoch')
    .option('--netuid <n>', 'subnet', '1')
    .option('-n, --limit <n>', 'how many of the last epochs', '10')
    .action(
      runCommand(
        async (
          { home, typed },
          number: string | undefined,
          options: { readonly netuid: string; readonly limit: string },
        ) => {
          const netuid = parseNetuid(options.netuid, '--netuid')
          const gatewayUrl = gatewayUrlOf(networkOf(home))
          if (number === undefined) {
            const limit = parseInteger(options.limit, '--limit', 1, 100)
            const data = await requestJson<EpochsJson>(`${gatewayUrl}/api/epochs?netuid=${netuid}&limit=${limit}`, {
              method: 'GET',
            })
            const rows = data.epochs.map((item) => [
              String(item.epoch),
              item.state,
              phaseOf(item),
              formatAmount(BigInt(item.paidAtomic)),
            ])
            return {
              data,
              text: typed(
                [
                  `Subnet ${netuid}\n${table(['epoch', 'result', 'phase', 'paid alpha'], rows)}`,
                  explain(data.epochs),
                  olderSentence(netuid, data.epochs),
                  `as of block ${data.asOfBlock}`,
                ]
                  .filter((part) => part !== '')
                  .join('\n\n'),
              ),
            }
          }
          const data = await requestJson<EpochDetailJson>(
            `${gatewayUrl}/api/epochs/${netuid}/${parseInteger(number, 'the epoch', 0, 1_000_000_000)}`,
            { method: 'GET' },
          )
          return { data, text: describe(data, typed) }
        },
      ),
    )
  defineEpochRun(epoch)
  defineEpochConfirm(epoch)
  defineEpochAccuse(epoch)
}

/** The words in the table, each once. */
function explain(epochs: readonly EpochJson[]): string {
  const states = [...new Set(epochs.map((item) => item.state))].map((state) => [state, stateSentence(state)] as const)
  const phases = [...new Set(epochs.map(phaseOf))]
    .filter((phase) => phase !== '')
    .map((phase) => [phase, phaseSentence(phase)] as const)
  return epochs.length === 0
    ? ''
    : facts([...states, ...phases.filter(([phase]) => states.every(([state]) => state !== phase))])
}

/** `typed` writes our own commands; reasons of payouts are others' words. */
function describe(data: EpochDetailJson, typed: (text: string) => string): string {
  const head = facts([
    ['subnet', String(data.netuid)],
    ['epoch', String(data.epoch)],
    [
      'result',
      `${data.epoch === 0 ? 'none: epoch 0 only starts the clock' : `${data.state} (${stateSentence(data.state)})`}${data.signedStakeAtomic === undefined ? '' : `, signed by stake that weighs ${formatAmount(BigInt(data.signedStakeAtomic))} alpha`}`,
    ],
    ...(data.beacon === undefined ? [] : [['beacon', data.beacon] as const]),
    ['as of block', String(data.asOfBlock)],
  ])
  const weights = data.weights.map(rowSentence)
  const payouts = data.payouts.map((item) => [
    item.uid === undefined ? '' : String(item.uid),
    item.account.slice(0, 12),
    formatAmount(BigInt(item.amountAtomic)),
    item.why,
  ])
  return [
    head,
    ...(weights.length === 0
      ? []
      : [`weights: what each validator gave the seats, by uid, of all that it gave\n${weights.join('\n')}`]),
    payouts.length === 0
      ? data.epoch === 0
        ? 'Nobody is judged or paid in it.'
        : data.state === 'noResult'
          ? typed(`Nobody was paid. ${noResultSentence(data)}`)
          : 'Nobody was paid yet.'
      : table(['uid', 'account', 'alpha', 'why'], payouts),
  ].join('\n\n')
}
