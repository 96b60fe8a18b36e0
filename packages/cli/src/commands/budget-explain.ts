import { isKoinonError, systemClock } from '@koinon/base'
import type { Home } from '@koinon/node/home'
import type { BudgetJson } from '@koinon/work/dashboard'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { readGivenJson } from '../given-file.ts'
import { budgetOf, dollars, openDesk, usedAtomic } from '../home-budgets.ts'
import { runCommand } from '../runner.ts'

const intentHints = {
  noFile: 'Name a file with an intent as JSON.',
  badJson: 'For example {"kind": "transfer", "id": "0x...", "service": "...", "receiver": "0x...", ...}.',
}

/** `koinon budget explain` */
export function defineBudgetExplain(budget: Command): void {
  budget
    .command('explain')
    .description('what a budget says and what is left of it; with --intent, what its key would answer and why')
    .argument('<budget>', 'its hash, the beginning of it, or its label')
    .option('--intent <file>', 'an intent as JSON')
    .action(
      runCommand(async ({ home, typed }, name: string, options: { readonly intent?: string }) => {
        const item = await budgetOf(home, name)
        if (options.intent === undefined)
          return { data: item, text: [...explained(item, typed), ...(await depositWords(home, item))].join('\n') }
        const forecast = await openDesk(home).forecast(
          name,
          readGivenJson({ path: options.intent, hints: intentHints }),
        )
        const isRefused = forecast.verdict === 'refuse'
        const reason = isRefused ? String(forecast.error.details?.['reason'] ?? forecast.error.code) : null
        const message = isRefused ? forecast.error.message : verdictWords[forecast.verdict]
        return {
          data: { grantHash: item.grantHash, verdict: forecast.verdict, reason, message },
          text: isRefused ? `It would be refused: ${message} (${reason}).` : message,
        }
      }),
    )
}

const verdictWords = {
  allow: 'It would be signed.',
  propose: 'It would wait until you approve it.',
  'signed already': 'It was signed before. Asked again it gets the same signature, and costs nothing more.',
} as const

function explained(item: BudgetJson, typed: (text: string) => string): readonly string[] {
  const { proposals, openCount, allocatedAtomic, inChannelsAtomic, maxPerCallAtomic, leftAtomic } = item
  const one = BigInt(leftAtomic) < BigInt(maxPerCallAtomic) ? leftAtomic : maxPerCallAtomic
  return [
    ...item.words,
    '',
    item.state === 'usable'
      ? `It can spend ${dollars(leftAtomic)} dollars now, and at most ${dollars(one)} of them for one call.`
      : `It can spend nothing now: ${stateWords[item.state]}.`,
    ...(item.isKeyHere || item.state !== 'usable'
      ? []
      : [`Only who has the key of ${item.agent} can pay with it: this home has it not.`]),
    `In this period it has taken up ${dollars(item.spentInPeriodAtomic)} of ${dollars(item.maxPerPeriodAtomic)} dollars${periodEnd(item)}; since it was granted ${dollars(item.spentAtomic)} of ${dollars(item.maxTotalAtomic)}.`,
    ...(inChannelsAtomic === '0'
      ? []
      : [
          `Of that ${dollars(usedAtomic(item))} dollars are used. ${dollars(inChannelsAtomic)} dollars were put into channels and not used so far: they pay for more calls to the same sellers, beside what it can spend now. ${typed(`Take them back: koinon budget withdraw ${item.grantHash.slice(0, 12)}`)}`,
        ]),
    ...(allocatedAtomic === '0'
      ? []
      : [`${dollars(allocatedAtomic)} dollars are set aside: its key has passed them on to other keys.`]),
    ...(openCount === 0
      ? []
      : [
          `${openCount === 1 ? 'One payment is' : `${openCount} payments are`} signed, and what became of ${openCount === 1 ? 'it' : 'them'} is not settled; until then the most that ${openCount === 1 ? 'it' : 'they'} can cost counts as spent.`,
        ]),
    ...(proposals.length === 0
      ? []
      : [
          `${proposals.length === 1 ? 'One payment waits' : `${proposals.length} payments wait`} for your approval: ${typed(`koinon budget approve ${item.grantHash.slice(0, 12)}`)}`,
        ]),
  ]
}

/** Says where the account lets no keys deposit; nothing where the ledger cannot be asked. */
async function depositWords(home: Home, { state, autonomy, agent }: BudgetJson): Promise<readonly string[]> {
  if (state !== 'usable' || autonomy === 'alert') return []
  try {
    if (await openDesk(home).keysCanDeposit()) return []
  } catch (error) {
    if (isKoinonError(error)) return []
    throw error
  }
  return [
    `The account lets no keys of budgets deposit, so this one pays only from what its own account ${agent} holds. Change that: koinon budget grant ... --on-chain`,
  ]
}

/** When the next period begins, of a budget that can spend. */
function periodEnd({ state, validFromMs, validUntilMs, periodSeconds }: BudgetJson): string {
  const begun = Math.floor((systemClock.nowMs() - validFromMs) / (periodSeconds * 1000))
  const endMs = validFromMs + (begun + 1) * periodSeconds * 1000
  return state === 'usable' && endMs < validUntilMs ? ` (a new one begins ${utcTime(endMs / 1000)})` : ''
}

const stateWords = { 'not yet': 'it does not hold yet', ended: 'its time is over', revoked: 'you revoked it' } as const
