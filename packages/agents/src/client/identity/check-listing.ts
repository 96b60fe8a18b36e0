/** "Check my listing": everything that a stranger will trip over, asked from outside (specs/0023 section 1.5). */
import { isKoinonError } from '@koinon/base'
import type { LedgerView } from '@koinon/ledger'
import { type Check, checkThat, fail, notChecked, pass } from '@koinon/work'
import {
  type AgentService,
  parseRegistrationFile,
  type RegistrationFile,
  registrationFilePath,
} from '../../rules/identity/registration-file.ts'
import { agentRefOf } from './agent-registry.ts'
import { type PaymentDemand, type PricedTool, pricedTools, toolCheck } from './check-tools.ts'
import { type FetchBounds, type FetchedDocument, fetchDocument } from './fetch-document.ts'
import { type ResolvedAgent, type ResolveOptions, resolveAgent } from './resolve-agent.ts'

/** A check with what to do about it where it did not pass; of a priced service with what it is. */
export type ListingCheck = Check & { readonly nextStep?: string; readonly tool?: PricedTool }

const nextSteps: Readonly<Record<string, string>> = {
  wallet: 'Name the account that is paid, with its own signature: koinon agent register --agent ID',
  file: `Serve a registration file at ${registrationFilePath} and register its https address.`,
  content: 'The hash on the ledger is of another file: koinon agent register --agent ID --uri URI',
  registration: 'Add {"agentId": ..., "agentRegistry": "eip155:CHAIN:REGISTRY"} to the registrations of the file.',
  domain: `Serve a file with the agent's registration at ${registrationFilePath} of that domain.`,
  record: 'Register the agent (koinon agent register), and put its id into the registrations of the file.',
  same: 'Register the address under which the file is served: koinon agent register --agent ID --uri URL',
  a2a: 'Serve an agent card with name and skills there, or take the A2A service out of the file.',
  mcp: 'Answer an MCP initialize request there, or take the MCP service out of the file.',
  tool: 'Let an unpaid request be answered with 402 and the price that the OpenAPI document names.',
  x402: 'Answer an unpaid request with 402 and a PAYMENT-REQUIRED header, or set x402Support to false.',
}

/** An agent with its file, where that could be read, and everything that was checked, its services too. */
export type InspectedAgent = Omit<ResolvedAgent, 'checks'> & { readonly checks: readonly ListingCheck[] }

/** Reads an agent by its id on the ledger, and asks its services what they speak. Throws `agents/no-agent`. */
export async function inspectAgent(
  view: LedgerView,
  agentId: bigint,
  options: ResolveOptions,
): Promise<InspectedAgent> {
  const resolved = await resolveAgent(view, agentId, options)
  const { file, checks, record } = resolved
  const spoken = file === undefined ? [] : await checkServices(view, file, record.wallet, options)
  return { ...resolved, checks: [...checks, ...spoken].map(withNextStep) }
}

/** The checks of {@link inspectAgent}. */
export async function checkAgent(
  view: LedgerView,
  agentId: bigint,
  options: ResolveOptions,
): Promise<readonly ListingCheck[]> {
  return (await inspectAgent(view, agentId, options)).checks
}

/** Checks what a site says of itself: its file, then the agent of this network that the file names. */
export async function checkListing(
  view: LedgerView,
  url: string,
  options: ResolveOptions,
): Promise<readonly ListingCheck[]> {
  const fileUrl = URL.canParse(url) && new URL(url).pathname === '/' ? new URL(registrationFilePath, url).href : url
  const file = await readFile(fileUrl, options)
  if (typeof file === 'string') return [withNextStep(fail('file', file))]
  const { chainId, registry } = agentRefOf(view, 0n)
  const here = file.registrations.find(({ agentRegistry }) => agentRegistry === `eip155:${chainId}:${registry}`)
  if (here === undefined) {
    const record = fail('record', `the file names no agent of this network (eip155:${chainId}:${registry})`)
    return [pass('file', fileUrl), record, ...(await checkServices(view, file, undefined, options))].map(withNextStep)
  }
  try {
    const { record } = await resolveAgent(view, here.agentId, { ...options, contentGateways: [] })
    const isSame = record.uri === fileUrl || record.uri.startsWith('ipfs://')
    const same = checkThat('same', isSame, `the ledger says ${record.uri.slice(0, 120)}, this file is ${fileUrl}`)
    return [withNextStep(same), ...(await checkAgent(view, here.agentId, options))]
  } catch (error) {
    if (!isKoinonError(error) || error.code !== 'agents/no-agent') throw error
    return [withNextStep(fail('record', error.message))]
  }
}

async function readFile(url: string, bounds: FetchBounds): Promise<RegistrationFile | string> {
  try {
    const { status, body } = await fetchDocument(url, bounds)
    return status === 200 ? parseRegistrationFile(body) : `${url} answers ${status}`
  } catch (error) {
    if (isKoinonError(error)) return error.message
    throw error
  }
}

async function checkServices(
  view: LedgerView,
  file: RegistrationFile,
  wallet: string | undefined,
  bounds: FetchBounds,
): Promise<readonly ListingCheck[]> {
  const ask: Ask = async (endpoint, request) => {
    try {
      return await fetchDocument(endpoint, bounds, request)
    } catch (error) {
      if (isKoinonError(error)) return error.message
      throw error
    }
  }
  const services = file.services.filter(({ endpoint }) => /^https?:/.test(endpoint)).slice(0, 16)
  const answers = await Promise.all(services.map((service) => speaks(service, ask)))
  const priced = answers.flatMap(({ answer }) => (answer?.status === 402 ? [answer] : []))
  const x402 = priced.map((answer) => paymentCheck(answer, wallet).check)
  const tools = answers.flatMap(({ tools: named = [] }) => named).slice(0, 8)
  const tried = tools.map(async (tool): Promise<ListingCheck> => {
    const answer = await ask(tool.url, unpaidRequest)
    return { ...toolCheck(view, tool, answer, (demanded) => paymentCheck(demanded, wallet)), tool }
  })
  if (file.x402Support && x402.length === 0 && tools.length === 0)
    x402.push(notChecked('x402', 'no service asked to be paid for an empty request'))
  return [...answers.flatMap(({ check }) => check ?? []), ...x402, ...(await Promise.all(tried))]
}

type Ask = (endpoint: string, request: Parameters<typeof fetchDocument>[2]) => Promise<FetchedDocument | string>
type Spoken = {
  readonly check?: Check
  readonly answer?: FetchedDocument
  readonly tools?: readonly PricedTool[]
}

async function speaks({ name, endpoint }: AgentService, ask: Ask): Promise<Spoken> {
  const kind = name.toLowerCase()
  const answer = kind === 'mcp' ? await ask(endpoint, mcpRequest) : await ask(endpoint, {})
  if (kind !== 'a2a' && kind !== 'mcp')
    return typeof answer === 'string' ? {} : { answer, tools: pricedTools(answer.url, jsonOf(answer)) }
  if (typeof answer === 'string') return { check: fail(kind, answer) }
  if (answer.status === 402) return { check: notChecked(kind, `${endpoint} asks to be paid first`), answer }
  const json = jsonOf(answer)
  if (kind === 'a2a') {
    const isCard = answer.status === 200 && typeof json?.['name'] === 'string' && Array.isArray(json['skills'])
    const check = isCard
      ? pass('a2a', `${endpoint} is an agent card`)
      : fail('a2a', `${endpoint} should be an agent card (answers ${answer.status})`)
    return { check, answer }
  }
  const result = json?.['result'] as Record<string, unknown> | undefined
  const isMcp = answer.status === 200 && typeof result?.['protocolVersion'] === 'string'
  const check = isMcp
    ? pass('mcp', `${endpoint} answers initialize`)
    : fail('mcp', `${endpoint} should answer initialize (answers ${answer.status})`)
  return { check, answer }
}

const unpaidRequest = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' } as const

const mcpRequest = {
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'koinon agent check', version: '1' },
    },
  }),
} as const

/** A JSON body, or the first message of an event stream. */
function jsonOf({ body, headers }: FetchedDocument): Record<string, unknown> | undefined {
  const text = new TextDecoder().decode(body)
  const isStream = headers['content-type']?.startsWith('text/event-stream') === true
  return recordOf(isStream ? /^data: ?(.+)$/m.exec(text)?.[1] : text)
}

type Demanded = { readonly check: Check; readonly demand: PaymentDemand | undefined }

/** What a 402 asks for: the terms of x402 version 2 in a header, or of MPP, whose challenge its own clients judge. */
function paymentCheck({ url, headers }: FetchedDocument, wallet: string | undefined): Demanded {
  const header = headers['payment-required']
  if (header === undefined) {
    const isMpp = /^Payment\s/i.test(headers['www-authenticate'] ?? '')
    const check = isMpp
      ? pass('x402', `${url} asks by WWW-Authenticate: Payment`)
      : fail('x402', `${url} answers 402 without saying what to pay`)
    return { check, demand: undefined }
  }
  const json = recordOf(Buffer.from(header, 'base64').toString('utf8'))
  const accepts = Array.isArray(json?.['accepts']) ? (json['accepts'] as unknown[]) : []
  const terms = accepts.map((item) => (item ?? {}) as Record<string, unknown>)
  const isWhole = terms.every((item) =>
    ['scheme', 'network', 'asset', 'payTo'].every((key) => typeof item[key] === 'string'),
  )
  if (json?.['x402Version'] !== 2 || terms.length === 0 || !isWhole) {
    return { check: fail('x402', `${url} answers 402 with terms that cannot be read`), demand: undefined }
  }
  const ours = terms.filter((item) => wallet === undefined || String(item['payTo']).toLowerCase() === wallet)
  const demand = { accepts: ours }
  if (ours.length === 0)
    return { check: fail('x402', `${url} should be paid to the agent's wallet, ${wallet}`), demand }
  const check =
    wallet === undefined
      ? pass('x402', `${url} says what to pay; the agent's wallet is unknown`)
      : pass('x402', `${url} is paid to the agent's wallet, ${wallet}`)
  return { check, demand }
}

function recordOf(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text ?? '')
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function withNextStep(check: Check): ListingCheck {
  const nextStep = nextSteps[check.name]
  return check.state === 'pass' || nextStep === undefined ? check : { ...check, nextStep }
}
