import {
  dollarDecimals,
  formatUnits,
  type Hex,
  isKoinonError,
  KoinonError,
  parseUnits,
  systemClock,
  systemRandom,
} from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { existingAccountKey, findBudget, type Home } from '@koinon/node/home'
import {
  type BudgetChannelReturn,
  BudgetDesk,
  type BudgetTerms,
  budgetsJson,
  jobContractCalls,
  networkOf,
  takeBackBudget,
} from '@koinon/node/wallet'
import type { BudgetJson } from '@koinon/work/dashboard'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { readGivenJson } from '../given-file.ts'
import { confirm, parseInteger, runCommand } from '../runner.ts'
import { table } from '../table.ts'
import { defineBudgetDelegate } from './budget-delegate.ts'

type GrantOptions = {
  readonly to: readonly string[]
  readonly service: readonly string[]
  readonly method: readonly string[]
  readonly maxPerCall?: string
  readonly maxPerPeriod: string
  readonly every: string
  readonly maxTotal: string
  readonly days: string
  readonly autonomy: string
  readonly agent?: string
  readonly label: string
  readonly jobs?: boolean
  readonly onChain?: boolean
  readonly yes?: boolean
}

const daySeconds = 86_400
const intentHints = {
  noFile: 'Name a file with an intent as JSON.',
  badJson: 'For example {"kind": "transfer", "id": "0x...", "service": "...", "receiver": "0x...", ...}.',
}

export function defineBudget(budget: Command): void {
  defineBudgetDelegate(budget)
  budget
    .command('grant')
    .description('let an agent spend dollars of this account, within what you name')
    .option('--to <accounts...>', 'whom it may pay', [])
    .option('--service <origins...>', 'for which services, such as https://api.example', [])
    .option('--method <patterns...>', 'by which requests, such as "POST /v1/*"', [])
    .option('--max-per-call <dollars>', 'the most for one call (0.01, or all that a period and the whole allow)')
    .option('--max-per-period <dollars>', 'the most in one period', '0.5')
    .option('--every <seconds>', 'how long a period is', String(daySeconds))
    .option('--max-total <dollars>', 'the most in all', '5')
    .option('--days <n>', 'how long the grant holds', '30')
    .option('--autonomy <level>', 'alert, propose, limited or full', 'limited')
    .option('--agent <account>', "the agent's own key; a new key is made unless given")
    .option('--label <text>', 'a name for you', 'agent')
    .option('--jobs', 'let it pay for jobs of this account (koinon job post --budget NAME)')
    .option('--on-chain', 'let keys deposit by themselves: this account delegates to the code of budgets (EIP-7702)')
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, options: GrantOptions) => {
        const desk = deskOf(context.home)
        checkScope(options)
        const draft = await desk.draft(termsOf(options, networkOf(context.home)), options.agent as Hex | undefined)
        const words = desk.words(draft.grant)
        if (options.onChain !== true && draft.grant.autonomy !== 'alert' && !(await desk.keysCanDeposit())) {
          context.warn(
            `This account lets no keys of budgets deposit, so this one can pay only from what its own account ${draft.grant.agent} is sent. Grant it with --on-chain to change that.`,
          )
        }
        await confirm(context, `${words.join('\n')}\nGrant this?`, options.yes === true)
        if (options.onChain === true) await desk.ensureGas()
        const stored = desk.grant(options.label, draft)
        if (options.onChain === true) {
          const isDelegated = await desk.keysCanDeposit()
          context.say(isDelegated ? 'the account lets keys of budgets deposit already' : 'delegating the account ...')
          await desk.delegate()
        }
        const { grantHash, grants } = stored
        return {
          data: { grantHash, agent: draft.grant.agent, grants, isOnChain: options.onChain === true, words },
          text: `Granted ${grantHash.slice(0, 12)} (${options.label}).\n${words.join('\n')}\n\n${context.typed(`See what is left: koinon budget explain ${grantHash.slice(0, 12)}. End it: koinon budget revoke ${grantHash.slice(0, 12)}`)}`,
        }
      }),
    )
  budget
    .command('list')
    .description('budgets of this home, and what each may still spend')
    .action(
      runCommand(async ({ home, typed }) => {
        const { budgets } = await budgetsJson(home, networkOf(home).chainId, systemClock.nowMs())
        const rows = budgets.map((item) => [
          item.grantHash.slice(0, 12),
          item.label,
          item.autonomy,
          item.state === 'usable' && !item.isKeyHere ? 'key not here' : item.state,
          dollars(usedAtomic(item)),
          dollars(item.inChannelsAtomic),
          dollars(item.leftAtomic),
          dollars(item.maxTotalAtomic),
          String(item.proposals.length),
        ])
        return {
          data: { budgets },
          text:
            rows.length === 0
              ? typed('No budgets yet. Make one with "koinon budget grant --to ACCOUNT --on-chain".')
              : table(
                  ['budget', 'label', 'autonomy', 'state', 'used', 'in channels', 'left now', 'in all', 'waiting'],
                  rows,
                ),
        }
      }),
    )
  budget
    .command('revoke')
    .description('end a budget for good, for programs on this home at once; with --on-chain for everybody')
    .argument('<budget>', 'its hash, the beginning of it, or its label')
    .option('--on-chain', 'also tell the ledger, so that a stolen key is worth nothing')
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, name: string, options: { readonly onChain?: boolean; readonly yes?: boolean }) => {
        const { label } = findBudget(context.home, name)
        await confirm(context, `Revoke the budget "${label}"? Its agent can pay no more.`, options.yes === true)
        const isOnChain = options.onChain === true
        const { grantHash, revokedAtMs } = await deskOf(context.home).revoke(name, isOnChain)
        const more = `Whoever copied the key can still use what its grant allows on the ledger. ${context.typed(`End that too: koinon budget revoke ${grantHash.slice(0, 12)} --on-chain`)}`
        return {
          data: { grantHash, revokedAtMs, isOnChain },
          text: `Revoked ${grantHash.slice(0, 12)} (${label})${isOnChain ? ', on the ledger too.' : `.\n${more}`}`,
        }
      }),
    )
  budget
    .command('withdraw')
    .description(
      'take back what its key put into channels and did not spend: asks for it, and after the delay fetches it',
    )
    .argument('<budget>', 'its hash, the beginning of it, or its label')
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, name: string, options: { readonly yes?: boolean }) => {
        const { label, grantHash } = findBudget(context.home, name)
        const question = `Take back what lies in the channels of "${label}"? They are used no more, and what was spent of the budget stays spent.`
        await confirm(context, question, options.yes === true)
        const key = existingAccountKey(context.home, 'wallet')
        const parts = { home: context.home, network: networkOf(context.home), key }
        const channels = await takeBackBudget({ ...parts, clock: systemClock, random: systemRandom }, name)
        return { data: { grantHash, channels }, text: returnsText(channels, key.address) }
      }),
    )
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
        const forecast = await deskOf(home).forecast(name, readGivenJson({ path: options.intent, hints: intentHints }))
        const isRefused = forecast.verdict === 'refuse'
        const reason = isRefused ? String(forecast.error.details?.['reason'] ?? forecast.error.code) : null
        const message = isRefused ? forecast.error.message : verdictWords[forecast.verdict]
        return {
          data: { grantHash: item.grantHash, verdict: forecast.verdict, reason, message },
          text: isRefused ? `It would be refused: ${message} (${reason}).` : message,
        }
      }),
    )
  budget
    .command('approve')
    .description('what waits for your word; with an id, say yes, or no with --deny')
    .argument('<budget>', 'its hash, the beginning of it, or its label')
    .argument('[id]', 'of the payment, or the beginning of it')
    .option('--deny', 'say no')
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(
        async (
          context,
          name: string,
          id: string | undefined,
          options: { readonly deny?: boolean; readonly yes?: boolean },
        ) => {
          const { proposals, grantHash } = await budgetOf(context.home, name)
          if (id === undefined) {
            const rows = proposals.map((entry) => [
              entry.id.slice(0, 12),
              entry.kind,
              dollars(entry.amountAtomic),
              entry.receiver ?? '',
              entry.service ?? '',
            ])
            const text = rows.length === 0 ? 'Nothing waits.' : table(['id', 'kind', 'dollars', 'to', 'for'], rows)
            return { data: { grantHash, proposals }, text }
          }
          const found = proposals.filter((entry) => entry.id.startsWith(id))
          const [entry] = found
          if (entry === undefined || found.length > 1) {
            throw new KoinonError({
              code: 'usage/no-proposal',
              message: found.length > 1 ? `"${id}" can mean several payments` : `No payment "${id}" waits`,
              hint: 'See what waits with "koinon budget approve BUDGET".',
            })
          }
          const isApproved = options.deny !== true
          const what = `${entry.kind} of ${dollars(entry.amountAtomic)} dollars to ${entry.receiver ?? 'an agent below'}`
          await confirm(context, `${isApproved ? 'Approve' : 'Deny'} ${what}?`, options.yes === true)
          await deskOf(context.home).approve(name, entry.intentHash as Hex, isApproved)
          return {
            data: { grantHash, id: entry.id, isApproved },
            text: `${isApproved ? 'Approved' : 'Denied'} ${what}. The agent hears of it when it asks again.`,
          }
        },
      ),
    )
}

function returnsText(channels: readonly BudgetChannelReturn[], account: string): string {
  const lines = channels.flatMap((channel) => {
    if (channel.state === 'nothing') return []
    const amount = formatUnits(channel.amountAtomic, dollarDecimals)
    const from = `the channel to ${channel.receiver}`
    if (channel.state === 'returned') return [`${amount} dollars came back to ${account} from ${from}.`]
    const time = utcTime(channel.availableAtMs / 1000)
    return [`${amount} dollars of ${from} can be fetched from ${time} on: run the same command again then.`]
  })
  return lines.length === 0 ? 'Nothing is left in channels of this budget.' : lines.join('\n')
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
    ...(item.isKeyHere ? [] : [`Only who has the key of ${item.agent} can pay with it: this home has it not.`]),
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

/** Charged, without what was deposited in channels and not used so far. */
function usedAtomic({ spentAtomic, inChannelsAtomic }: BudgetJson): string {
  return (BigInt(spentAtomic) - BigInt(inChannelsAtomic)).toString()
}

/** Says where the account lets no keys deposit; nothing where the ledger cannot be asked. */
async function depositWords(home: Home, { state, autonomy, agent }: BudgetJson): Promise<readonly string[]> {
  if (state !== 'usable' || autonomy === 'alert') return []
  try {
    if (await deskOf(home).keysCanDeposit()) return []
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

function termsOf(options: GrantOptions, network: NetworkFile): BudgetTerms {
  const days = parseInteger(options.days, '--days', 1, 3_650)
  const maxPerPeriodAtomic = parseUnits(options.maxPerPeriod, dollarDecimals)
  const maxTotalAtomic = parseUnits(options.maxTotal, dollarDecimals)
  const maxPerCallAtomic = perCallOf(options.maxPerCall, { maxPerPeriodAtomic, maxTotalAtomic })
  return {
    autonomy: options.autonomy as BudgetTerms['autonomy'],
    receivers: options.to as readonly Hex[],
    services: options.service,
    methods: options.method,
    contractCalls: options.jobs === true ? jobContractCalls(network) : [],
    maxPerCallAtomic,
    maxPerPeriodAtomic,
    periodSeconds: parseInteger(options.every, '--every', 1, 3_650 * daySeconds),
    maxTotalAtomic,
    validUntil: Math.floor(systemClock.nowMs() / 1000) + days * daySeconds,
  }
}

const usualPerCallAtomic = 10_000n

/** The most for one call. Throws `usage/limit-too-high` for one that another limit never lets happen. */
function perCallOf(
  given: string | undefined,
  { maxPerPeriodAtomic, maxTotalAtomic }: Pick<BudgetTerms, 'maxPerPeriodAtomic' | 'maxTotalAtomic'>,
): bigint {
  const isPeriodLower = maxPerPeriodAtomic < maxTotalAtomic
  const mostAtomic = isPeriodLower ? maxPerPeriodAtomic : maxTotalAtomic
  if (given === undefined) return usualPerCallAtomic < mostAtomic ? usualPerCallAtomic : mostAtomic
  const maxPerCallAtomic = parseUnits(given, dollarDecimals)
  if (maxPerCallAtomic <= mostAtomic) return maxPerCallAtomic
  const option = isPeriodLower ? '--max-per-period' : '--max-total'
  throw new KoinonError({
    code: 'usage/limit-too-high',
    message: `One call may cost ${given} dollars by --max-per-call, and ${option} allows ${formatUnits(mostAtomic, dollarDecimals)}`,
    hint: `Lower --max-per-call or raise ${option}.`,
  })
}

/** Throws `usage/nobody-to-pay` for a grant that lists no account and no service, and needs one. */
function checkScope({ autonomy, to, service }: GrantOptions): void {
  if (to.length > 0 || service.length > 0 || (autonomy !== 'limited' && autonomy !== 'propose')) return
  throw new KoinonError({
    code: 'usage/nobody-to-pay',
    message: 'The grant names no account and no service, so its key may pay nobody',
    hint: 'Say whom it may pay: --to ACCOUNT, and for which services with --service ORIGIN.',
  })
}

async function budgetOf(home: Home, name: string): Promise<BudgetJson> {
  const { grantHash } = findBudget(home, name)
  const { budgets } = await budgetsJson(home, networkOf(home).chainId, systemClock.nowMs())
  return budgets.find((item) => item.grantHash === grantHash) as BudgetJson
}

function deskOf(home: Home): BudgetDesk {
  const key = existingAccountKey(home, 'wallet')
  return new BudgetDesk({ home, network: networkOf(home), key, clock: systemClock, random: systemRandom })
}

function dollars(atomic: string): string {
  return formatUnits(BigInt(atomic), dollarDecimals)
}
