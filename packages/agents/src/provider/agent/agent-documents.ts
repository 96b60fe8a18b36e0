import { createHash } from 'node:crypto'
import type { Hex } from '@koinon/base'
import { a2aExtensionUri } from '@koinon/payments/x402'
import type { AgentContent, AgentEndpoint } from '../../rules/almanac.ts'
import { type Registration, registrationToJson } from '../../rules/identity/registration-file.ts'
import { visibleText } from '../../rules/untrusted.ts'
import { agentCardOf, type CardDescription, cardJson } from '../a2a/agent-card.ts'
import { priceOf } from './define-agent.ts'
import type { AgentDefinition, AgentService } from './definition.ts'

/** What an agent says of itself: its OpenAPI document, its registration file (ERC-8004) and the content of its record in books. */
export function agentDocuments(
  definition: AgentDefinition,
  services: readonly AgentService[],
  url: string,
  registrations: readonly Registration[] = [],
): { readonly openApi: object; readonly registration: object; readonly content: AgentContent } {
  const { name, description } = definition
  const isSold = services.some((service) => priceOf(service) > 0n)
  const openApi = openApiOf(definition, services, url)
  const card = cardJson(agentCardOf(agentCard(definition, services, url)))
  const tools = services.map((service) => ({ name: service.name, inputSchema: service.input }))
  const endpoints: readonly AgentEndpoint[] = [
    { protocol: 'http', url: `${url}/openapi.json`, digest: digestOf(openApi) },
    ...(services.length > 0
      ? ([
          { protocol: 'a2a', url: `${url}/.well-known/agent-card.json`, digest: digestOf(card) },
          { protocol: 'mcp', url: `${url}/mcp`, digest: digestOf(tools) },
        ] as const)
      : []),
  ]
  const names = { http: 'web', a2a: 'A2A', mcp: 'MCP' } as const
  return {
    openApi,
    registration: {
      type: 'https://eips.ethereum.org/EIPS/eip-8004#registration-v1',
      name,
      description,
      services: endpoints.map(({ protocol, url: endpoint }) => ({ name: names[protocol], endpoint })),
      x402Support: isSold,
      active: true,
      registrations: registrations.map(registrationToJson),
      supportedTrust: [],
    },
    content: {
      name: visibleText(name).slice(0, 100),
      description: visibleText(description).slice(0, 1_000),
      endpoints,
      services: services.map((service) => ({
        name: service.name,
        description: service.description.slice(0, 200),
        pricePicoUsd: `${priceOf(service)}`,
      })),
    },
  }
}

/** What the agent's card says: all services that are served, and x402 where one costs something. */
export function agentCard(
  { name, description, version }: AgentDefinition,
  services: readonly AgentService[],
  url: string,
): CardDescription {
  const priced = services.filter((service) => priceOf(service) > 0n)
  const skills = services.map((service) => ({
    id: service.name,
    name: service.name,
    description: service.description,
    tags: priceOf(service) === 0n ? [service.name] : [service.name, 'paid'],
  }))
  const x402 = {
    uri: a2aExtensionUri,
    description: 'Skills tagged "paid" are paid by x402 inside the task.',
    required: false,
  }
  return { name, description, version, url: `${url}/a2a`, skills, ...(priced.length > 0 ? { extensions: [x402] } : {}) }
}

function openApiOf(
  { name, description, version }: AgentDefinition,
  services: readonly AgentService[],
  url: string,
): object {
  const json = (schema: object): object => ({ content: { 'application/json': { schema } } })
  const paths = services.map((service) => [
    `/services/${service.name}`,
    {
      post: {
        summary: service.description,
        requestBody: { required: true, ...json(service.input) },
        responses: {
          '200': { description: 'OK', ...json(service.output) },
          ...(priceOf(service) === 0n ? {} : { '402': { description: `Costs ${service.priceDollars} dollars` } }),
        },
      },
    },
  ])
  return {
    openapi: '3.1.0',
    info: { title: name, version, description },
    servers: [{ url }],
    paths: Object.fromEntries(paths),
  }
}

/** SHA-256 of the JSON as it is served. */
function digestOf(json: unknown): Hex {
  return `0x${createHash('sha256').update(JSON.stringify(json)).digest('hex')}`
}
