/** From an agent's id to its file, with everything that could be checked on the way (specs/0023 section 1.4). */
import { isKoinonError } from '@koinon/base'
import type { LedgerView } from '@koinon/ledger'
import { type Check, fail, notChecked, pass } from '@koinon/work'
import { type AgentRef, formatAgentId } from '../../rules/identity/agent-id.ts'
import { contentIdOf, isContentOf } from '../../rules/identity/content-uri.ts'
import {
  maximumRegistrationBytes,
  namesAgent,
  parseRegistrationFile,
  parseRegistrations,
  type RegistrationFile,
  registrationFilePath,
} from '../../rules/identity/registration-file.ts'
import { type AgentRecord, readAgent } from './agent-registry.ts'
import { type FetchBounds, fetchDocument } from './fetch-document.ts'

export type ResolveOptions = FetchBounds & {
  /** Where `ipfs://` is asked, as `https://host`; each answer is held against the hash, so none has to be believed. */
  readonly contentGateways?: readonly string[]
}

/** `file` is there when it could be read; only the checks say whether it is the agent's. */
export type ResolvedAgent = {
  readonly record: AgentRecord
  readonly file: RegistrationFile | undefined
  readonly checks: readonly Check[]
}

/** Domains of one file that are asked for their proof. */
const mostDomains = 8

/** Throws `agents/no-agent`; everything else that goes wrong is a check that failed. */
export async function resolveAgent(
  view: LedgerView,
  agentId: bigint,
  options: ResolveOptions = {},
): Promise<ResolvedAgent> {
  const record = await readAgent(view, agentId)
  const wallet =
    record.wallet === undefined
      ? fail('wallet', 'no wallet has proved itself since the agent last changed hands: whom would one pay?')
      : pass('wallet', `${record.wallet} proved that it speaks for the agent`)
  const fetched = await fetchFile(record.uri, options)
  if ('check' in fetched) return { record, file: undefined, checks: [wallet, fetched.check] }
  const { bytes, content } = fetched
  try {
    const file = parseRegistrationFile(bytes)
    const checks = [
      wallet,
      pass('file', `${record.uri.slice(0, 120)}: "${file.name}", ${count(file.services.length)}`),
      content,
      namesAgent(file.registrations, record.ref)
        ? pass('registration', `the file names ${formatAgentId(record.ref)} among its registrations`)
        : fail('registration', `the file should name ${formatAgentId(record.ref)} among its registrations`),
      ...(await checkDomains(record, file, options)),
    ]
    return { record, file, checks }
  } catch (error) {
    if (!isKoinonError(error)) throw error
    return { record, file: undefined, checks: [wallet, content, fail('file', error.message)] }
  }
}

type Fetched = { readonly bytes: Uint8Array; readonly content: Check } | { readonly check: Check }

async function fetchFile(uri: string, options: ResolveOptions): Promise<Fetched> {
  if (uri === '') return { check: fail('file', 'the agent has no URI') }
  if (uri.startsWith('data:')) {
    return { check: notChecked('file', 'the file stands on the ledger itself (data URI); it is not read') }
  }
  const cid = contentIdOf(uri)
  const bounds = { ...options, maximumBytes: maximumRegistrationBytes }
  if (cid === undefined) {
    const answer = await tryFetch(uri, bounds)
    if (typeof answer === 'string') return { check: fail('file', answer) }
    return { bytes: answer, content: notChecked('content', 'the URI names a place: its file may change at any time') }
  }
  const gateways = options.contentGateways ?? []
  if (gateways.length === 0)
    return { check: notChecked('file', `${uri} names its content; no gateway was given to ask`) }
  let last = ''
  for (const gateway of gateways) {
    const answer = await tryFetch(`${gateway}/ipfs/${cid}`, bounds)
    const holds = typeof answer === 'string' ? false : isContentOf(cid, answer)
    if (typeof answer === 'string') last = answer
    else if (holds === undefined) {
      return { bytes: answer, content: notChecked('content', `${cid} is not the hash of one block`) }
    } else if (holds) return { bytes: answer, content: pass('content', 'the file has the hash that the ledger names') }
    else last = `${gateway} gave another file than ${cid}`
  }
  return { check: fail('file', last) }
}

/** Bytes of a 200, or what went wrong. */
async function tryFetch(url: string, bounds: FetchBounds): Promise<Uint8Array | string> {
  try {
    const { status, body } = await fetchDocument(url, bounds)
    return status === 200 ? body : `${url} answers ${status}`
  } catch (error) {
    if (isKoinonError(error)) return error.message
    throw error
  }
}

/** Whether those who hold the domains of the services say that the agent is theirs. The domain that serves the file has said so. */
async function checkDomains(
  { ref, uri }: Pick<AgentRecord, 'ref' | 'uri'>,
  file: RegistrationFile,
  options: ResolveOptions,
): Promise<readonly Check[]> {
  const own = originOf(uri)
  const origins = [...new Set(file.services.flatMap(({ endpoint }) => originOf(endpoint) ?? []))]
  const asked = origins.slice(0, mostDomains).map(async (origin): Promise<Check> => {
    if (origin === own) return pass('domain', `${origin} serves the file itself`)
    return checkDomain(origin, ref, options)
  })
  const rest = origins.slice(mostDomains).map((origin) => notChecked('domain', `${origin}: too many domains`))
  return [...(await Promise.all(asked)), ...rest]
}

/** The proof of one domain: a file at the well-known path that names the agent. */
export async function checkDomain(origin: string, ref: AgentRef, options: FetchBounds): Promise<Check> {
  const url = `${origin}${registrationFilePath}`
  const bytes = await tryFetch(url, { ...options, maximumBytes: maximumRegistrationBytes })
  if (typeof bytes === 'string') return fail('domain', `${origin} proves nothing: ${bytes}`)
  try {
    const json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as { registrations?: unknown }
    const isNamed = namesAgent(parseRegistrations(json?.registrations), ref)
    return isNamed
      ? pass('domain', `${url} names ${formatAgentId(ref)}`)
      : fail('domain', `${url} should name ${formatAgentId(ref)}`)
  } catch {
    return fail('domain', `${url} is not a file with registrations`)
  }
}

function originOf(endpoint: string): string | undefined {
  return /^https?:\/\//.test(endpoint) && URL.canParse(endpoint) ? new URL(endpoint).origin : undefined
}

/** A registration file calls them services; what it sells they are not. */
function count(endpoints: number): string {
  return endpoints === 1 ? '1 endpoint' : `${endpoints} endpoints`
}
