import { dollarDecimals, formatUnits, type Hex, KoinonError, parseUnits, systemClock } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { type BudgetTerms, jobContractCalls, jobsService, networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { openDesk } from '../home-budgets.ts'
import { type CommandContext, type CommandResult, confirm, parseInteger, runCommand } from '../runner.ts'

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

/** `koinon budget grant` */
export function defineBudgetGrant(budget: Command): void {
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
    .action(runCommand(grant))
}

async function grant(context: CommandContext, options: GrantOptions): Promise<CommandResult> {
  const desk = openDesk(context.home)
  checkTyped(options)
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
}

function termsOf(options: GrantOptions, network: NetworkFile): BudgetTerms {
  const days = parseInteger(options.days, '--days', 1, 3_650)
  const maxPerPeriodAtomic = parseUnits(options.maxPerPeriod, dollarDecimals)
  const maxTotalAtomic = parseUnits(options.maxTotal, dollarDecimals)
  const maxPerCallAtomic = perCallOf(options.maxPerCall, { maxPerPeriodAtomic, maxTotalAtomic })
  return {
    autonomy: options.autonomy as BudgetTerms['autonomy'],
    receivers: options.to as readonly Hex[],
    // A list of services is all that is paid: hiring has to be on it.
    services: options.jobs === true && options.service.length > 0 ? [...options.service, jobsService] : options.service,
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

/** Throws `usage/nobody-to-pay` for a grant that lists no account and no service, and needs one, and `usage/jobs-proposed`. */
function checkScope({ autonomy, to, service, jobs }: GrantOptions): void {
  if (jobs === true && autonomy === 'propose') throw jobsProposed()
  if (to.length > 0 || service.length > 0 || (autonomy !== 'limited' && autonomy !== 'propose')) return
  throw new KoinonError({
    code: 'usage/nobody-to-pay',
    message: 'The grant names no account and no service, so its key may pay nobody',
    hint: 'Say whom it may pay: --to ACCOUNT, and for which services with --service ORIGIN.',
  })
}

/** Throws `usage/bad-option`, which names what was typed: the grant's own words are not on the command line. */
function checkTyped({ to, service, method, autonomy }: GrantOptions): void {
  const kinds = [
    ['--to', to, /^0x[0-9a-f]{40}$/i, 'accounts, each 0x and 40 hexadecimal digits'],
    ['--service', service, /^[!-~]{1,200}$/, 'origins without spaces, such as https://api.example'],
    ['--method', method, /^([A-Z]+|\*) \//, 'patterns such as "POST /v1/*"'],
    ['--autonomy', [autonomy], /^(alert|propose|limited|full)$/, 'alert, propose, limited or full'],
  ] as const
  for (const [option, given, pattern, what] of kinds) {
    const wrong = given.find((text) => !pattern.test(text))
    if (wrong === undefined) continue
    throw new KoinonError({
      code: 'usage/bad-option',
      message: `${option} takes ${what}, not "${wrong.slice(0, 80)}"`,
      hint: 'See koinon budget grant --help.',
    })
  }
}

function jobsProposed(): KoinonError {
  return new KoinonError({
    code: 'usage/jobs-proposed',
    message: 'Under "propose" a key can never pay for a job: what the owner approves does not go on the ledger',
    hint: 'Write --autonomy limited, with --to for whom it may hire, or leave --jobs out.',
  })
}
