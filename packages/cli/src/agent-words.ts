/** Agents in words for people, as the page shows them. */
import { formatUnits, picoUsdDecimals } from '@koinon/base'
import { type AgentDetailJson, type AgentJson, type AgentsJson, agentStateWords } from '@koinon/work/dashboard'
import { utcTime } from './format/time.ts'
import { table } from './table.ts'

/** `GET /api/agents` as a table. */
export function agentsText({ agents, matching, total, trustFrom }: AgentsJson): string {
  const rows = agents.map((agent) => [
    agent.id === undefined ? '-' : agent.key,
    agent.isBeingRead === true ? 'name is being read' : agent.name,
    agentStateWords[agent.state],
    agent.trust === undefined ? '' : scoreWords(agent.trust.scoreMicro),
    priceWords(agent),
    agent.account,
    agent.uri ?? '',
  ])
  const shown = agents.length < matching ? `; the first ${agents.length} are shown` : ''
  const from = `Trust is from where the ${trustFrom.validators} validators of subnet ${trustFrom.netuid} stand, of 100; 50 is neutral.`
  if (agents.length === 0) return `None of ${total} agents matches.`
  return `${table(['agent', 'name', 'state', 'trust', 'sells or speaks', 'account', 'file'], rows)}\n\n${matching} of ${total} agents${shown}. ${from}`
}

/** Lines that `koinon agent show` adds to what it looked at itself. */
export function agentFacts(agent: AgentDetailJson): readonly [string, string][] {
  const { trust, state, untilMs, offers, jobs, validations } = agent
  return [
    [
      'state',
      untilMs === undefined
        ? agentStateWords[state]
        : `${agentStateWords[state]}, record until ${utcTime(untilMs / 1_000)}`,
    ],
    ...offers.map(({ name, pricePicoUsd }): [string, string] => ['sells', `${name}, ${dollarsOf(pricePicoUsd)}`]),
    ...(trust === undefined
      ? []
      : ([
          [
            'trust',
            `${scoreWords(trust.scoreMicro)} of 100, ${trust.counted === 0 ? 'as all who are not rated' : `place ${trust.rank} of ${trust.agents}`}`,
          ],
          ['ratings', `${trust.counted} counted, ${trust.leftOut} left out`],
        ] as [string, string][])),
    [
      'validations',
      `${validations.filter(({ response }) => response !== undefined).length} of ${validations.length} answered`,
    ],
    ['jobs', jobs.length === 0 ? 'none' : jobs.map(({ jobId, state: of }) => `${jobId} ${of}`).join(', ')],
  ]
}

/** A score in hundredths of a per cent, of 100. */
function scoreWords(scoreMicro: number): string {
  return formatUnits(BigInt(Math.floor(scoreMicro / 100)), 2)
}

function priceWords({ offers, endpoints }: AgentJson): string {
  if (offers.length === 0) return [...new Set(endpoints.map(({ protocol }) => protocol))].join(', ').slice(0, 60)
  return offers
    .slice(0, 3)
    .map(({ name, pricePicoUsd }) => `${name} ${dollarsOf(pricePicoUsd)}`)
    .join(', ')
}

function dollarsOf(picoUsd: string): string {
  return picoUsd === '0' ? 'free' : `${formatUnits(BigInt(picoUsd), picoUsdDecimals)} dollars`
}
