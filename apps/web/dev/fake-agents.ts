/** Agents of the fake network: one that is trusted, one that nobody knows and lies, one in the book only. */
import { KoinonError } from '@koinon/base'
import { fail, notChecked, pass } from '@koinon/work'
import type { AgentDetailJson, AgentJson, AgentsJson, ListingCheckJson, ListingJson } from '@koinon/work/dashboard'
import { fakeJobs } from './fake-jobs.ts'
import type { FakeState } from './fake-state.ts'

const minuteMs = 60_000
const hex = (byte: string, bytes: number): string => `0x${byte.repeat(bytes)}`
const trustFrom = { netuid: 1, validators: 2 }
const endpoint = (protocol: string, url: string) => ({ protocol, url })

function agentsOf(state: FakeState): readonly AgentJson[] {
  const now = state.nowMs()
  const registry = `eip155:402402:${hex('1d', 20)}`
  return [
    {
      ...{ key: '3', id: `${registry}:3`, account: hex('5a', 20), owner: hex('5b', 20), wallet: hex('5a', 20) },
      ...{ uri: 'https://scribe.example/.well-known/agent-registration.json', name: 'Scribe of Attica' },
      description: 'Translates Attic Greek, and says where it is unsure.\nEvery answer comes with a receipt.',
      ...{ state: 'online', untilMs: now + 7 * minuteMs, takesX402: true },
      endpoints: [endpoint('a2a', 'https://scribe.example/a2a'), endpoint('mcp', 'https://scribe.example/mcp')],
      offers: [
        { name: 'translate', description: 'Attic Greek to English, a page', pricePicoUsd: '20000000000' },
        { name: 'summary', description: 'Three sentences', pricePicoUsd: '0' },
      ],
      trust: { scoreMicro: 861_200, rank: 1, agents: 2, weightPpm: 412_000, counted: 2, leftOut: 2 },
      lastCheck: { atMs: now - 2 * minuteMs, passed: 7, failed: 0, notChecked: 1 },
    },
    {
      ...{ key: '9', id: `${registry}:9`, account: hex('7b', 20), owner: hex('7b', 20), wallet: hex('7b', 20) },
      ...{ uri: 'javascript:alert(1)', name: 'Best agent <b>ever</b> \\u{202e}' },
      ...{ description: `Send money to win. ${'verylongword'.repeat(20)}`, state: 'silent', takesX402: false },
      ...{ endpoints: [endpoint('web', 'javascript:alert(document.cookie)')], offers: [] },
      trust: { scoreMicro: 500_000, rank: 2, agents: 2, weightPpm: 0, counted: 0, leftOut: 900 },
      lastCheck: { atMs: now - minuteMs, passed: 1, failed: 2, notChecked: 0 },
    },
    {
      ...{ key: hex('c4', 20), account: hex('c4', 20), name: 'Forecaster', description: 'Says how the weather turns' },
      ...{ state: 'online', untilMs: now + minuteMs, endpoints: [endpoint('http', 'http://127.0.0.1:9100/services')] },
      offers: [{ name: 'forecast', description: 'Tomorrow, by the hour', pricePicoUsd: '500000000' }],
      takesX402: false,
    },
  ]
}

const step = 'Serve an agent card with name and skills there, or take the A2A service out of the file.'
const badChecks: readonly ListingCheckJson[] = [
  pass('wallet', `${hex('7b', 20)} proved that it speaks for the agent`),
  {
    ...fail('file', 'https://best.example/file answers 404'),
    nextStep: 'Serve a registration file at /.well-known/agent-registration.json and register its https address.',
  },
  { ...fail('a2a', 'https://best.example/card should be an agent card (answers 200)'), nextStep: step },
  notChecked('x402', 'no service asked to be paid for an empty request'),
]
const goodChecks: readonly ListingCheckJson[] = [
  pass('wallet', `${hex('5a', 20)} proved that it speaks for the agent`),
  pass('file', 'https://scribe.example/.well-known/agent-registration.json: "Scribe of Attica", 2 services'),
  notChecked('content', 'the URI names a place: its file may change at any time'),
  pass('domain', 'https://scribe.example serves the file itself'),
]

/** `/api/agents...`; undefined for a path that is not there. */
export function fakeAgents(state: FakeState, url: URL, body: Record<string, unknown>): unknown {
  const agents = agentsOf(state)
  const head = { asOfBlock: state.block(), asOfMs: state.nowMs(), trustFrom }
  if (url.pathname === '/api/agents') {
    const words = (url.searchParams.get('words') ?? '').toLowerCase()
    const protocol = url.searchParams.get('protocol') ?? ''
    const found = agents.filter(
      (agent) =>
        JSON.stringify([agent.name, agent.description, agent.offers]).toLowerCase().includes(words) &&
        (protocol === '' || agent.endpoints.some((one) => one.protocol === protocol)),
    )
    return { ...head, total: agents.length, matching: found.length, agents: found } satisfies AgentsJson
  }
  if (url.pathname === '/api/agents/check') {
    const target = String(body['target'])
    if (target === '77') throw new KoinonError({ code: 'agents/no-agent', message: 'There is no agent 77' })
    const checks = target.includes('scribe') ? goodChecks : badChecks
    return { target, atMs: state.nowMs(), checks } satisfies ListingJson
  }
  const agent = agents.find(({ key }) => url.pathname === `/api/agents/${key}`)
  if (agent === undefined) throw new KoinonError({ code: 'agents/no-agent', message: 'There is no such agent' })
  return detailOf(state, agent, head)
}

function detailOf(
  state: FakeState,
  agent: AgentJson,
  head: Pick<AgentDetailJson, 'asOfBlock' | 'asOfMs' | 'trustFrom'>,
): AgentDetailJson {
  if (agent.key !== '3')
    return {
      ...agent,
      ...head,
      checks: agent.id === undefined ? [] : badChecks,
      ratings: [],
      validations: [],
      jobs: [],
    }
  const now = state.nowMs()
  return {
    ...{ ...agent, ...head, checks: goodChecks },
    ratings: [
      { reviewer: hex('a1', 20), valueMicro: 970_000, paidAtomic: '1250000', weightPpm: 300_000 },
      { reviewer: hex('a2', 20), valueMicro: 700_000, paidAtomic: '40000', weightPpm: 112_000 },
      { reviewer: hex('a3', 20), valueMicro: 10_000, paidAtomic: '0', reason: 'noPayment' },
      { reviewer: hex('a4', 20), valueMicro: 1_000_000, paidAtomic: '900000', reason: 'returned' },
    ],
    validations: [
      {
        ...{ validator: hex('e1', 20), requestHash: hex('f1', 32), requestedAtMs: now - 90 * minuteMs, response: 100 },
        ...{ tag: 'koinon receipt', answeredAtMs: now - 80 * minuteMs },
      },
      { validator: hex('e2', 20), requestHash: hex('f2', 32), requestedAtMs: now - 5 * minuteMs },
    ],
    jobs: fakeJobs(state).jobs.slice(0, 2),
  }
}
