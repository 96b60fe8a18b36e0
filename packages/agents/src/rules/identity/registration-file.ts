/** The registration file of an agent (ERC-8004, specs/0023 section 1.2): read from strangers, written by our nodes. */
import { KoinonError, utf8ToBytes } from '@koinon/base'
import { type AgentRef, agentRegistryOf, parseAgentRegistry } from './agent-id.ts'

export const registrationFileType = 'https://eips.ethereum.org/EIPS/eip-8004#registration-v1'
export const registrationFilePath = '/.well-known/agent-registration.json'

/** Of the file's bytes. */
export const maximumRegistrationBytes: number = 64 * 1024

/** One way to reach the agent: `name` is web, A2A, MCP, OASF, ENS, DID, email or anything else. */
export type AgentService = {
  readonly name: string
  readonly endpoint: string
  readonly version?: string
  readonly skills?: readonly string[]
  readonly domains?: readonly string[]
}

export type RegistrationFile = {
  readonly type: typeof registrationFileType
  readonly name: string
  readonly description: string
  /** Empty where there is none. */
  readonly image: string
  readonly services: readonly AgentService[]
  readonly x402Support: boolean
  readonly active: boolean
  readonly registrations: readonly Registration[]
  readonly supportedTrust: readonly string[]
}

/** `agentRegistry` as {@link agentRegistryOf} writes it. */
export type Registration = { readonly agentId: bigint; readonly agentRegistry: string }

const bounds = { text: 4_000, short: 200, uri: 2_048, services: 64, registrations: 64, list: 64 } as const

/** Parses a file from outside. Unknown fields are dropped. Throws `agents/bad-registration-file` with the field that is wrong. */
export function parseRegistrationFile(bytes: Uint8Array): RegistrationFile {
  if (bytes.length > maximumRegistrationBytes) throw bad('file', `has more than ${maximumRegistrationBytes} bytes`)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw bad('file', 'is not JSON in UTF-8')
  }
  const file = record('file', json)
  if (file['type'] !== registrationFileType) throw bad('type', `is not ${registrationFileType}`)
  // Files written before January 2026 call the services endpoints, and some write x402support.
  const services = file['services'] ?? file['endpoints']
  return {
    type: registrationFileType,
    name: text('name', file['name'], bounds.short, 1),
    description: text('description', file['description'] ?? '', bounds.text, 0),
    image: text('image', file['image'] ?? '', bounds.uri, 0),
    services: items('services', services, bounds.services).map(serviceOf),
    x402Support: flag('x402Support', file['x402Support'] ?? file['x402support'], false),
    active: flag('active', file['active'], true),
    registrations: parseRegistrations(file['registrations']),
    supportedTrust: texts('supportedTrust', file['supportedTrust']),
  }
}

/** The registrations alone, which is all that a domain's proof needs. Throws `agents/bad-registration-file`. */
export function parseRegistrations(json: unknown): readonly Registration[] {
  return items('registrations', json, bounds.registrations).flatMap((item, index) => {
    const path = `registrations[${index}]`
    const { agentId, agentRegistry } = record(path, item)
    // A file may be written before its agent has an id.
    if (agentId === null || agentId === undefined) return []
    const isNumber = Number.isSafeInteger(agentId) && (agentId as number) >= 0
    const isDigits = typeof agentId === 'string' && /^(0|[1-9]\d{0,77})$/.test(agentId)
    if (!isNumber && !isDigits) throw bad(`${path}.agentId`, 'is not a whole number')
    const registry = parseAgentRegistry(text(`${path}.agentRegistry`, agentRegistry, bounds.short, 1))
    // Other chain families have registries too; they are not ours to read.
    return registry === undefined
      ? []
      : [{ agentId: BigInt(agentId as string | number), agentRegistry: agentRegistryOf(registry) }]
  })
}

/** The file's bytes: JSON with the fields in the order of the standard. Throws `agents/bad-registration-file` on what others would refuse. */
export function buildRegistrationFile(file: Omit<RegistrationFile, 'type'>): Uint8Array {
  const { name, description, image, services, x402Support, active, registrations, supportedTrust } = file
  const json = {
    type: registrationFileType,
    name,
    description,
    image,
    services,
    x402Support,
    active,
    registrations: registrations.map(registrationToJson),
    supportedTrust,
  }
  const bytes = utf8ToBytes(JSON.stringify(json))
  parseRegistrationFile(bytes)
  return bytes
}

/** An entry of `registrations` as files have it. */
export function registrationToJson({ agentId, agentRegistry }: Registration): object {
  return { agentId: agentId <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(agentId) : `${agentId}`, agentRegistry }
}

/** Whether a list of registrations names the agent. */
export function namesAgent(registrations: readonly Registration[], ref: AgentRef): boolean {
  const agentRegistry = agentRegistryOf(ref)
  return registrations.some((entry) => entry.agentId === ref.agentId && entry.agentRegistry === agentRegistry)
}

function serviceOf(json: unknown, index: number): AgentService {
  const path = `services[${index}]`
  const service = record(path, json)
  const { version, skills, domains } = service
  return {
    name: text(`${path}.name`, service['name'], bounds.short, 1),
    endpoint: text(`${path}.endpoint`, service['endpoint'], bounds.uri, 1),
    ...(version === undefined || version === null
      ? {}
      : { version: text(`${path}.version`, version, bounds.short, 0) }),
    ...(skills === undefined ? {} : { skills: texts(`${path}.skills`, skills) }),
    ...(domains === undefined ? {} : { domains: texts(`${path}.domains`, domains) }),
  }
}

function record(path: string, json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw bad(path, 'is not an object')
  return json as Record<string, unknown>
}

function items(path: string, json: unknown, most: number): readonly unknown[] {
  if (json === undefined || json === null) return []
  if (!Array.isArray(json) || json.length > most) throw bad(path, `is not a list of at most ${most}`)
  return json
}

function texts(path: string, json: unknown): readonly string[] {
  return items(path, json, bounds.list).map((item, index) => text(`${path}[${index}]`, item, bounds.short, 0))
}

function text(path: string, json: unknown, most: number, least: number): string {
  const isText = typeof json === 'string' && json.length >= least && json.length <= most && json.isWellFormed()
  if (!isText) throw bad(path, `is not text of ${least} to ${most} characters`)
  if (/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(json.replaceAll(/[\n\t]/g, ' ')))
    throw bad(path, 'holds control characters')
  return json
}

function flag(path: string, json: unknown, otherwise: boolean): boolean {
  if (json === undefined || json === null) return otherwise
  if (typeof json !== 'boolean') throw bad(path, 'is not true or false')
  return json
}

function bad(path: string, problem: string): KoinonError {
  return new KoinonError({
    code: 'agents/bad-registration-file',
    message: `The registration file's ${path} ${problem}`,
    details: { field: path },
  })
}
