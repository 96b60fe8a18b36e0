import { formatSpan, isKoinonError, systemClock } from '@koinon/base'
import type { Home } from '@koinon/node/home'
import { networkOf, readBudgetDeposits } from '@koinon/node/wallet'
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
          return {
            data: item,
            text: [
              ...explained(item, typed),
              ...(await channelWords(home, item, typed)),
              ...(await depositWords(home, item, typed)),
            ].join('\n'),
          }
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
  const { proposals, openCount, maxPerCallAtomic, leftAtomic, state, words } = item
  const one = BigInt(leftAtomic) < BigInt(maxPerCallAtomic) ? leftAtomic : maxPerCallAtomic
  const period = `in this period it has taken up ${dollars(item.spentInPeriodAtomic)} of ${dollars(item.maxPerPeriodAtomic)} dollars${periodEnd(item)}`
  return [
    ...(state === 'usable' ? words : [`It can spend nothing now: ${stateWords[state]}. What it says:`, ...words]),
    '',
    sumSentence(item),
    ...(state === 'usable'
      ? [
          `It can spend ${dollars(leftAtomic)} dollars of that now, and at most ${dollars(one)} of them for one call; ${period}.`,
        ]
      : []),
    ...(item.isKeyHere || state !== 'usable'
      ? []
      : [`Only who has the key of ${item.agent} can pay with it: this home has it not.`]),
    ...(openCount === 0
      ? []
      : [
          `${openCount === 1 ? 'One payment or deposit is' : `${openCount} payments or deposits are`} signed and not looked up on the ledger yet; until then ${openCount === 1 ? 'it counts' : 'they count'} in full.`,
        ]),
    ...(proposals.length === 0
      ? []
      : [
          `${proposals.length === 1 ? 'One payment waits' : `${proposals.length} payments wait`} for your approval: ${typed(`koinon budget approve ${item.grantHash.slice(0, 12)}`)}`,
        ]),
  ]
}

/** Parts that add up to the whole of the grant. */
function sumSentence(item: BudgetJson): string {
  const { inChannelsAtomic, allocatedAtomic, state } = item
  const leftOfAll = BigInt(item.maxTotalAtomic) - BigInt(item.spentAtomic) - BigInt(allocatedAtomic)
  const parts = [
    `${dollars(usedAtomic(item))} are used`,
    ...(inChannelsAtomic === '0' ? [] : [`${dollars(inChannelsAtomic)} were put into channels and not used`]),
    ...(allocatedAtomic === '0' ? [] : [`${dollars(allocatedAtomic)} were passed on to other keys`]),
    `${dollars(leftOfAll.toString())} ${state === 'usable' || state === 'not yet' ? 'are left' : 'are not to be spent any more'}`,
  ]
  return `Of its ${dollars(item.maxTotalAtomic)} dollars ${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}.`
}

/** Where the money in channels is now, by the ledger: what it buys, what is at risk, when it comes back. */
async function channelWords(home: Home, item: BudgetJson, typed: (text: string) => string): Promise<readonly string[]> {
  if (item.inChannelsAtomic === '0') return []
  const command = typed(`koinon budget withdraw ${item.grantHash.slice(0, 12)}`)
  const found = await unlessUnreachable(readBudgetDeposits(home, networkOf(home), item, systemClock.nowMs()))
  if (found === 'unreachable')
    return [`The ledger cannot be asked where the money in channels is. To take it back: ${command}`]
  if (found === undefined)
    return ['This home has no record of its channels, so it cannot say where the money in them is.']
  const { openAtomic, waitingAtomic, freeAtomic, overclaimedAtomic } = found
  const risk = 'until you have it back, whoever has the key can sign it away to the sellers of its channels'
  return [
    ...(overclaimedAtomic === 0n
      ? []
      : [
          `${dollars(`${overclaimedAtomic}`)} dollars were claimed from its channels beyond the charges that this home knows of: somebody else has the key, or a seller took more than it said.`,
        ]),
    ...(openAtomic + waitingAtomic + freeAtomic > 0n ? [] : ['Nothing lies in its channels any more.']),
    ...(openAtomic === 0n
      ? []
      : item.state === 'usable'
        ? [
            `${dollars(`${openAtomic}`)} dollars lie in channels: they pay for more calls to the same sellers, beside what is left. To take them back: ${command}`,
          ]
        : [
            `${dollars(`${openAtomic}`)} dollars in channels are still at risk. Take them back: ${command}. They are free ${formatSpan(found.withdrawDelaySeconds)} after you ask; ${risk}.`,
          ]),
    ...(waitingAtomic === 0n
      ? []
      : [
          `${dollars(`${waitingAtomic}`)} dollars of channels were asked back and are free from ${utcTime(found.freeAtMs / 1000)} on, by the same command, ${command}; ${risk}.`,
        ]),
    ...(freeAtomic === 0n
      ? []
      : [`${dollars(`${freeAtomic}`)} dollars of channels are free now: fetch them with ${command}; ${risk}.`]),
  ]
}

/** Says where the account lets no keys deposit, and where a copied key still could; nothing where the ledger cannot be asked. */
async function depositWords(
  home: Home,
  { state, autonomy, agent, grantHash }: BudgetJson,
  typed: (text: string) => string,
): Promise<readonly string[]> {
  if ((state !== 'usable' && state !== 'revoked') || autonomy === 'alert') return []
  const desk = openDesk(home)
  const canDeposit = await unlessUnreachable(desk.keysCanDeposit())
  if (state === 'usable')
    return canDeposit === false
      ? [
          `The account lets no keys of budgets deposit, so this one pays only from what its own account ${agent} holds. Change that: koinon budget grant ... --on-chain`,
        ]
      : []
  if (canDeposit === false) return []
  const isRevoked = await unlessUnreachable(desk.isRevokedOnLedger(grantHash))
  if (isRevoked === true) return []
  const command = typed(`koinon budget revoke ${grantHash.slice(0, 12)} --on-chain`)
  return canDeposit === 'unreachable' || isRevoked === 'unreachable'
    ? [
        `The ledger cannot be asked, so it could not be checked whether it knows that you revoked it. If not, whoever copied the key can still put into channels what its grant allows: ${command}`,
      ]
    : [
        `The ledger does not know that you revoked it: whoever copied the key can still put into channels what its grant allows. End that too: ${command}`,
      ]
}

/** Throws everything else. */
async function unlessUnreachable<value>(asked: Promise<value>): Promise<value | 'unreachable'> {
  try {
    return await asked
  } catch (error) {
    if (isKoinonError(error) && error.code === 'payments/ledger-unreachable') return 'unreachable'
    throw error
  }
}

/** When the next period begins, of a budget that can spend. */
function periodEnd({ state, validFromMs, validUntilMs, periodSeconds }: BudgetJson): string {
  const begun = Math.floor((systemClock.nowMs() - validFromMs) / (periodSeconds * 1000))
  const endMs = validFromMs + (begun + 1) * periodSeconds * 1000
  return state === 'usable' && endMs < validUntilMs ? ` (a new one begins ${utcTime(endMs / 1000)})` : ''
}

const stateWords = { 'not yet': 'it does not hold yet', ended: 'its time is over', revoked: 'you revoked it' } as const
