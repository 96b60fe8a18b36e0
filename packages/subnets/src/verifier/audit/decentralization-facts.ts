/** What an audit's events say of who holds what, for the report of decentralization (specs/0019-audit.md section 4). */
import { type AuditSource, type EventOf, eventsOf, viewOf } from '@koinon/ledger/audit'
import type { DecentralizationFacts, Holding, ReplayState } from '../../rules/index.ts'
import { koinWorth } from '../../rules/pool/koin-worth.ts'
import { type Economy, economyOf } from './economy/economy.ts'
import { rootNetuid } from './economy/weight-book.ts'
import { type ReplayedSubnet, replaySubnets } from './replay.ts'

/** `replay`: what the audit of the same events found. Without the constants of stake and emission nothing is worth anything. */
export async function decentralizationFacts(source: AuditSource, replay: ReplayState): Promise<DecentralizationFacts> {
  const economy = await economyOf(source)
  const subnets = (await replaySubnets(source)).filter(({ dissolvedAtSeconds }) => dissolvedAtSeconds === undefined)
  const funders = new Map<string, string>()
  for (const { args } of eventsOf(source, 'token', 'Transfer'))
    if (!funders.has(args.to)) funders.set(args.to, args.from)
  return {
    replay,
    ...('problem' in economy ? { stake: [], emission: [], exitSeconds: undefined } : holdingsOf(source, economy)),
    settled: eventsOf(source, 'channels', 'Settled').map(({ args }) => [args.receiver, args.amount]),
    endpoints: eventsOf(source, 'subnets', 'NeuronRegistered', 'EndpointSet').map(({ args }) => [
      args.hotkey,
      args.endpoint,
    ]),
    owners: await ownersOf(source),
    funders,
    contracts: Object.values(source.network.contracts),
    subnets: subnets.map((subnet) => ({
      netuid: subnet.netuid,
      epochSeconds: subnet.clock.epochSeconds,
      activationDelaySeconds: subnet.clock.activationDelaySeconds,
      judges: subnet.permittedAt(source.head.seconds).map(({ hotkey }) => hotkey),
      rows: lastRows(source, subnet),
    })),
  }
}

/** Who owns, at the head, the agent of each hotkey's last seat; nothing of agents that nobody owns or whose owner could not be read. */
async function ownersOf(source: AuditSource): Promise<readonly (readonly [hotkey: string, owner: string])[]> {
  const agentOf = new Map(
    eventsOf(source, 'subnets', 'NeuronRegistered').map(({ args }) => [args.hotkey as string, args.agentId]),
  )
  const agents = [...new Set(agentOf.values())]
  const answers = await Promise.all(agents.map((agentId) => viewOf(source, 'identity', 'ownerOf', [agentId])))
  const ownerOf = new Map(
    answers.flatMap((answer, place) => ('value' in answer ? [[agents[place] as bigint, answer.value] as const] : [])),
  )
  return [...agentOf].flatMap(([hotkey, agentId]) => {
    const owner = ownerOf.get(agentId)
    return owner === undefined ? [] : [[hotkey, owner] as const]
  })
}

function holdingsOf(
  source: AuditSource,
  { market, weights, unbondingSeconds }: Economy,
): Pick<DecentralizationFacts, 'stake' | 'emission' | 'exitSeconds'> {
  const worth = (netuid: number, amount: bigint): bigint =>
    netuid === rootNetuid ? amount : koinWorth(market.pools.get(netuid)?.market, amount)
  return {
    stake: weights.hotkeys.flatMap(({ netuid, staked, positions }) =>
      [...positions].map(([staker, shares]): Holding => [staker, worth(netuid, staked.worth(shares))]),
    ),
    // Rounded once an account and subnet.
    emission: [...Map.groupBy(eventsOf(source, 'epochs', 'Claimed'), placeOf).values()].map((claims): Holding => {
      const [{ args }] = claims as [(typeof claims)[number]]
      const alpha = claims.reduce((sum, claim) => sum + claim.args.mined + claim.args.dividends, 0n)
      return [args.account, worth(args.netuid, alpha)]
    }),
    exitSeconds: unbondingSeconds,
  }
}

function placeOf({ args }: EventOf<'epochs', 'Claimed'>): string {
  return `${args.netuid}/${args.account}`
}

function lastRows(source: AuditSource, { netuid }: ReplayedSubnet) {
  const revealed = eventsOf(source, 'weights', 'WeightsRevealed').filter(({ args }) => args.netuid === netuid)
  const last = revealed.reduce((epoch, { args }) => (args.epoch > epoch ? args.epoch : epoch), -1n)
  return revealed.filter(({ args }) => args.epoch === last).map(({ args }) => args.row)
}
