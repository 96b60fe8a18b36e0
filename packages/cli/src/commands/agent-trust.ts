import { type LedgerFeedback, readTrust } from '@koinon/agents/client'
import {
  defaultTrustParameters,
  leastShareForRise,
  type TrustScore,
  type TrustSeed,
  trustScores,
} from '@koinon/agents/rules'
import { checkAgentFeedback } from '@koinon/agents/verifier'
import { formatUnits, KoinonError, toAddress } from '@koinon/base'
import { verifySessionNative } from '@koinon/base/node'
import type { LedgerView } from '@koinon/ledger'
import { existingAccountKey, type Home } from '@koinon/node/home'
import { createSubnetLedger } from '@koinon/subnets'
import { leftOutWords } from '@koinon/work/dashboard'
import type { Command } from 'commander'
import { type AskOptions, agentIdOf, ledgerOf, resolveOptionsOf, withAskOptions } from '../agent-view.ts'
import { parseNetuid } from '../netuid.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { table } from '../table.ts'

type TrustFlags = AskOptions & {
  readonly from: string
  readonly netuid: string
  readonly limit: string
  readonly files?: boolean
}

/** `koinon agent trust ID`: an agent's score, whose word counted with how much money behind it, and what was left out and why. */
export function defineAgentTrust(agent: Command): void {
  const trust = agent
    .command('trust')
    .description("explain an agent's reputation: whose feedback counted and why, and what was left out")
    .argument('<id>', 'agent')
    .option('--from <whom>', 'whose purchases are believed: me, stake (validators by stake) or an account', 'me')
    .option('--netuid <n>', 'subnet whose validators stake stands for', '1')
    .option(
      '--files',
      'count only feedback whose file can be fetched and names a settled payment, and say what the files show',
    )
    .option('-n, --limit <n>', 'rows of each list', '10')
  withAskOptions(trust).action(
    runCommand(async ({ home }, id: string, flags: TrustFlags) => {
      const view = ledgerOf(home)
      const agentId = `${agentIdOf(view, id)}`
      const seeds = await seedsOf(home, view, flags)
      const files = flags.files === true ? await checkFiles(view, BigInt(agentId), flags) : undefined
      const scores = trustScores(await readTrust(view, seeds, files?.isBound))
      const score = scores.find((one) => one.agentId === agentId)
      if (score === undefined) throw noWallet(agentId)
      return {
        data: {
          from: flags.from,
          agents: scores.length,
          ...score,
          ...(files === undefined ? {} : { files: files.json }),
        },
        text: `${explain(score, scores.length, parseInteger(flags.limit, '--limit', 1, 1_000))}${files?.text ?? ''}`,
      }
    }),
  )
}

/** Feedback about this agent whose file binds it to a payment; of others nothing is asked. */
async function checkFiles(view: LedgerView, agentId: bigint, flags: TrustFlags) {
  const options = { ...resolveOptionsOf(view, flags), verifySession: verifySessionNative }
  const checked = await checkAgentFeedback(view, agentId, options)
  const unbound = new Set(checked.filter(({ counts }) => !counts).map(({ feedback }) => keyOf(feedback)))
  const rows = checked.map(({ feedback, counts, checks }) => [
    feedback.client,
    counts ? 'bound' : 'not bound',
    checks
      .filter(({ state }) => state !== 'pass')
      .map(({ name, detail }) => `${name}: ${detail}`)
      .join('; '),
  ])
  return {
    isBound: (feedback: LedgerFeedback) => feedback.agentId !== agentId || !unbound.has(keyOf(feedback)),
    json: checked.map(({ feedback, counts, checks }) => ({
      reviewer: feedback.client,
      index: feedback.index,
      counts,
      checks,
    })),
    text: rows.length === 0 ? '' : `\n\nFiles:\n${table(['reviewer', 'payment', 'what did not pass'], rows)}`,
  }
}

function keyOf({ client, index }: LedgerFeedback): string {
  return `${client} ${index}`
}

async function seedsOf(home: Home, view: LedgerView, { from, netuid }: TrustFlags): Promise<readonly TrustSeed[]> {
  if (from === 'me') return [{ account: existingAccountKey(home, 'wallet').address, weight: 1n }]
  if (from !== 'stake') return [{ account: toAddress(from), weight: 1n }]
  const ledger = createSubnetLedger(view.reader, view.network)
  const permitted = await ledger.permittedAt(parseNetuid(netuid, '--netuid'), (await ledger.nowSeconds()) - 1)
  return permitted.map(({ hotkey, stake }) => ({ account: hotkey, weight: stake }))
}

function explain(
  { agentId, scoreMicro, rank, weight, counted, leftOut }: TrustScore,
  agents: number,
  limit: number,
): string {
  const head = `agent ${agentId}: ${percent(BigInt(scoreMicro), 1_000_000n)} of 100, place ${rank} of ${agents}; ${percent(weight, 10n ** 18n)} % of all influence spoke about it`
  const rows = counted
    .slice(0, limit)
    .map((one) => [
      one.reviewer,
      percent(BigInt(one.valueMicro), 1_000_000n),
      formatUnits(one.keptAtomic, 6),
      percent(one.weight, 10n ** 18n),
    ])
  const left = leftOut
    .slice(0, limit)
    .map((one) => [
      one.reviewer,
      percent(BigInt(one.valueMicro), 1_000_000n),
      formatUnits(one.paidAtomic, 6),
      leftOutWords(one.reason),
    ])
  const parts = [head]
  if (rows.length > 0)
    parts.push(`Counted ${counted.length}:\n${table(['reviewer', 'rating', 'dollars', 'influence %'], rows)}`)
  else parts.push('Nobody whose word counts from where you stand has rated it: the score is neutral.')
  if (left.length > 0)
    parts.push(`Left out ${leftOut.length}:\n${table(['reviewer', 'rating', 'dollars', 'why'], left)}`)
  const price = percent(BigInt(leastShareForRise(50_000, defaultTrustParameters)), 1_000_000n)
  parts.push(
    `To lift an agent nobody knows by 5 %, accounts of its own must have paid ${price} % of all that trusted sellers earned.`,
  )
  return parts.join('\n\n')
}

/** A share in hundredths of a per cent, as text. */
function percent(part: bigint, whole: bigint): string {
  return formatUnits((part * 10_000n) / whole, 2)
}

function noWallet(agentId: string): KoinonError {
  return new KoinonError({
    code: 'agents/no-wallet',
    message: `There is no agent ${agentId} with a wallet, so nobody can have paid it`,
    hint: 'See which agents there are: koinon agent list',
  })
}
