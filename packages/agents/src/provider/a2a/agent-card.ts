import { AgentCard } from '@a2a-js/sdk'

export type CardSkill = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly tags: readonly string[]
  readonly examples?: readonly string[]
}

export type CardDescription = {
  readonly name: string
  readonly description: string
  readonly version: string
  /** Where JSON-RPC is answered. */
  readonly url: string
  readonly skills: readonly CardSkill[]
  readonly extensions?: readonly {
    readonly uri: string
    readonly description: string
    readonly required: boolean
    readonly params?: Readonly<Record<string, unknown>>
  }[]
  /** Set when callers show a bearer token. */
  readonly usesBearer?: boolean
}

const modes = ['text/plain', 'application/json']

/** The card of protocol 1.0, which also names the 0.3 interface. It says what is served and nothing else. */
export function agentCardOf(description: CardDescription): AgentCard {
  const { url, extensions = [], skills, usesBearer } = description
  const bearer = { schemes: { bearer: { list: [] } } }
  return AgentCard.fromJSON({
    name: description.name,
    description: description.description,
    version: description.version,
    supportedInterfaces: ['1.0', '0.3'].map((protocolVersion) => ({
      url,
      protocolBinding: 'JSONRPC',
      protocolVersion,
    })),
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false, extensions },
    defaultInputModes: modes,
    defaultOutputModes: modes,
    skills: skills.map((skill) => ({ examples: [], inputModes: modes, outputModes: modes, ...skill })),
    ...(usesBearer === true
      ? {
          securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: 'bearer' } } },
          securityRequirements: [bearer],
        }
      : {}),
  })
}

/** One document for readers of 1.0 and of 0.3: the fields of both. */
export function cardJson(card: AgentCard): Record<string, unknown> {
  const json = AgentCard.toJSON(card) as Record<string, unknown>
  const url = card.supportedInterfaces[0]?.url
  const isBearer = card.securityRequirements.length > 0
  return {
    ...json,
    capabilities: { extensions: [], ...(json['capabilities'] as object), streaming: true, pushNotifications: false },
    protocolVersion: '0.3.0',
    url,
    preferredTransport: 'JSONRPC',
    additionalInterfaces: [{ url, transport: 'JSONRPC' }],
    supportsAuthenticatedExtendedCard: false,
    ...(isBearer
      ? {
          securitySchemes: { bearer: { type: 'http', scheme: 'bearer', httpAuthSecurityScheme: { scheme: 'bearer' } } },
          security: [{ bearer: [] }],
        }
      : {}),
  }
}
