/** `GET /api/budgets/{account}`: what the ledger tells anybody of an account's budgets. What only a home knows is not among it. */
import { type Address, type Clock, type Hex, isKoinonError, toAddress } from '@koinon/base'
import type { LedgerView } from '@koinon/ledger'
import { budgetDelegateAddress, delegateOf, type LedgerGrant, readLedgerBudgets } from '@koinon/payments/client/budget'
import { readChannelFacts } from '@koinon/payments/core'
import { grantWords, leftOfChain } from '@koinon/payments/rules'
import type { LedgerBudgetsJson, LedgerChannelJson, LedgerGrantJson } from '@koinon/work/dashboard'
import type { IndexClient } from '../index-client.ts'
import { ledgerSeconds } from '../jobs/jobs-json.ts'
import { timeStateOf } from './time-state.ts'

export type LedgerBudgetSources = { readonly view: LedgerView; readonly index: IndexClient; readonly clock: Clock }

const mostChannels = 50
/** A grant of a stranger may list 256 entries of 200 characters. */
const longestSentence = 1_000

/** Throws `payments/ledger-unreachable`, and what the index throws. */
export async function ledgerBudgetsJson(sources: LedgerBudgetSources, account: Address): Promise<LedgerBudgetsJson> {
  const { view, clock } = sources
  const { network, reader } = view
  const [found, code, channels, nowSeconds] = await Promise.all([
    readLedgerBudgets(reader, account, network),
    codeOf(view, account),
    channelsOf(sources, account),
    ledgerSeconds(view, clock),
  ])
  const seenIn = [...new Set(found.grants.map(({ blockNumber }) => blockNumber))]
  const timesMs = new Map(
    await Promise.all(
      seenIn.map(async (block) => {
        const { timestamp } = await reader.getBlock({ blockNumber: BigInt(block) })
        return [block, Number(timestamp) * 1_000] as const
      }),
    ),
  )
  const grants = found.grants.map((one) =>
    grantJson(one, found.grants, nowSeconds, timesMs.get(one.blockNumber) as number, network),
  )
  return {
    ...{ asOfBlock: found.asOfBlock, asOfMs: clock.nowMs(), account, code, fromBlock: found.fromBlock },
    isCut: found.isCut || channels.length > mostChannels,
    grants,
    channels: channels.slice(0, mostChannels),
  }
}

async function codeOf({ network, reader }: LedgerView, account: Address): Promise<LedgerBudgetsJson['code']> {
  try {
    const delegate = await delegateOf(reader, account)
    if (delegate === undefined) return 'none'
    return delegate === budgetDelegateAddress(network.contracts.channels) ? 'budgets' : 'other'
  } catch (error) {
    if (isKoinonError(error) && error.code === 'payments/not-a-key-account') return 'contract'
    throw error
  }
}

/** Amounts are told in the network's dollar; grants of other tokens say so. */
function grantJson(
  { grant, ...one }: LedgerGrant,
  all: readonly LedgerGrant[],
  nowSeconds: number,
  lastSeenAtMs: number,
  { contracts }: LedgerView['network'],
): LedgerGrantJson {
  const { grantHash, owner, uses, transactionHash, spent, isRevoked } = one
  const seen = { grantHash, owner, uses, lastSeenAtMs, transactionHash, spentAtomic: `${spent.totalAtomic}` }
  if (grant === undefined) return { ...seen, state: isRevoked ? 'revoked' : 'unknown' }
  const levels = [...one.above, grantHash].flatMap((hash) => all.find((other) => other.grantHash === hash) ?? [])
  const chain = levels.flatMap(({ grant: terms, spent: charged }) =>
    terms === undefined ? [] : [{ grant: terms, spent: charged }],
  )
  const { parentGrant, agent, autonomy, asset, periodSeconds } = grant
  const state = isRevoked
    ? 'revoked'
    : timeStateOf(
        chain.map((level) => level.grant),
        nowSeconds,
      )
  return {
    ...{ ...seen, state },
    terms: {
      ...{ parentGrant, agent, autonomy, asset, periodSeconds },
      maxPerCallAtomic: `${grant.maxPerCallAtomic}`,
      maxPerPeriodAtomic: `${grant.maxPerPeriodAtomic}`,
      maxTotalAtomic: `${grant.maxTotalAtomic}`,
      validFromMs: grant.validFrom * 1_000,
      validUntilMs: grant.validUntil * 1_000,
      leftAtomic: `${state === 'revoked' || state === 'ended' ? 0n : leftOfChain(chain, nowSeconds)}`,
      words: grantWords(grant, contracts).map(shortened),
    },
  }
}

function shortened(sentence: string): string {
  return sentence.length <= longestSentence ? sentence : `${sentence.slice(0, longestSentence)} …`
}

/** One more than are told, where there are more. */
async function channelsOf(
  { view, index }: LedgerBudgetSources,
  account: Address,
): Promise<readonly LedgerChannelJson[]> {
  const { network, reader } = view
  const newest = { contract: 'channels', names: ['ChannelCreated'], order: 'newest', limit: mostChannels + 1 } as const
  const sides = await Promise.all(
    ['config.payer', 'config.payerAuthorizer'].map((member) =>
      index.events({ ...newest, where: { [member]: account } }),
    ),
  )
  const opened = new Map(sides.flatMap(({ result }) => result.map((event) => [String(event.args['channelId']), event])))
  const domain = { chainId: network.chainId, escrow: network.contracts.channels }
  const facts = await readChannelFacts(reader, domain, [...opened.keys()] as Hex[])
  return [...opened]
    .map(([channelId, { args, timestampSeconds }]): LedgerChannelJson => {
      const config = args['config'] as Readonly<Record<'payer' | 'payerAuthorizer' | 'receiver' | 'token', string>>
      const { depositAtomic = 0n, claimedAtomic = 0n, status = 'closed' } = facts.get(channelId as Hex) ?? {}
      const token = toAddress(config.token)
      return {
        ...{ channelId, payer: config.payer, authorizer: config.payerAuthorizer, receiver: config.receiver },
        ...(token === network.contracts.dollar ? {} : { token }),
        ...{ state: status, depositAtomic: `${depositAtomic}`, claimedAtomic: `${claimedAtomic}` },
        openedAtMs: timestampSeconds * 1_000,
      }
    })
    .toSorted((a, b) => b.openedAtMs - a.openedAtMs)
    .slice(0, mostChannels + 1)
}
