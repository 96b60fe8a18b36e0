import { type Address, type Hex, KoinonError, toAddress } from '@koinon/base'
import { maximumAtomic } from '../channel.ts'
import { type Autonomy, autonomyLevels, type BudgetGrant, type ContractCall, type SignedBudgetGrant } from './grant.ts'

/** Most entries of one list of a grant, and most characters of one of them. */
const maximumEntries = 64
const maximumEntryLength = 200
/** Grants from the owner down to the key that signs. */
export const maximumGrantDepth = 8

/** Checks the shape of a grant from outside; amounts are decimal text or bigint. Throws `payments/bad-budget-grant`. */
export function parseBudgetGrant(json: unknown): BudgetGrant {
  const value = asRecord(json)
  const grant: BudgetGrant = {
    owner: address(value, 'owner'),
    agent: address(value, 'agent'),
    parentGrant: hex(value['parentGrant'], 32, 'parentGrant'),
    autonomy: autonomy(value['autonomy']),
    asset: address(value, 'asset'),
    receivers: list(value, 'receivers').map((entry) => addressOf(entry, 'receivers')),
    services: list(value, 'services').map((entry) => printableText(entry, 'services')),
    methods: list(value, 'methods').map(methodPattern),
    contractCalls: list(value, 'contractCalls').map(contractCall),
    maxPerCallAtomic: amount(value, 'maxPerCallAtomic'),
    maxPerPeriodAtomic: amount(value, 'maxPerPeriodAtomic'),
    periodSeconds: seconds(value, 'periodSeconds'),
    maxTotalAtomic: amount(value, 'maxTotalAtomic'),
    validFrom: seconds(value, 'validFrom'),
    validUntil: seconds(value, 'validUntil'),
    revocationNonce: seconds(value, 'revocationNonce'),
  }
  if (grant.periodSeconds === 0) throw badGrant('periodSeconds is zero')
  if (grant.validUntil <= grant.validFrom) throw badGrant('validUntil is not after validFrom')
  if (grant.agent === grant.owner) throw badGrant('the agent is the owner')
  return grant
}

/** Checks a chain of signed grants from outside, the owner's first. Signatures are not looked at. Throws `payments/bad-budget-grant`. */
export function parseGrantChain(json: unknown): readonly SignedBudgetGrant[] {
  if (!Array.isArray(json) || json.length === 0 || json.length > maximumGrantDepth) throw badGrant('the chain')
  return json.map((entry: unknown) => {
    const { grant, signature } = asRecord(entry)
    if (typeof signature !== 'string' || !/^0x(?:[0-9a-fA-F]{2}){1,4096}$/.test(signature)) throw badGrant('signature')
    return { grant: parseBudgetGrant(grant), signature: signature.toLowerCase() as Hex }
  })
}

/** The grant as JSON: amounts as decimal text. */
export function budgetGrantToJson(grant: BudgetGrant): Readonly<Record<string, unknown>> {
  return {
    ...grant,
    maxPerCallAtomic: grant.maxPerCallAtomic.toString(),
    maxPerPeriodAtomic: grant.maxPerPeriodAtomic.toString(),
    maxTotalAtomic: grant.maxTotalAtomic.toString(),
  }
}

export function badGrant(problem: string): KoinonError {
  return new KoinonError({ code: 'payments/bad-budget-grant', message: `The budget grant is malformed: ${problem}` })
}

function asRecord(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null) throw badGrant('not an object')
  return json as Readonly<Record<string, unknown>>
}

function address(value: Readonly<Record<string, unknown>>, name: string): Address {
  return addressOf(value[name], name)
}

function addressOf(text: unknown, name: string): Address {
  const parsed = toAddress(hex(text, 20, name))
  if (/^0x0{40}$/.test(parsed)) throw badGrant(`${name} is the zero address`)
  return parsed
}

function hex(text: unknown, bytes: number, name: string): Hex {
  if (typeof text !== 'string' || text.length !== 2 + 2 * bytes || !/^0x[0-9a-fA-F]+$/.test(text)) {
    throw badGrant(`${name} is not ${bytes} bytes of hex`)
  }
  return text.toLowerCase() as Hex
}

function autonomy(text: unknown): Autonomy {
  if (!autonomyLevels.includes(text as Autonomy)) throw badGrant('autonomy')
  return text as Autonomy
}

function list(value: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const entries = value[name]
  if (!Array.isArray(entries) || entries.length > maximumEntries) throw badGrant(name)
  return entries
}

/** Printable ASCII without spaces: what a wallet shows is what is compared. */
function printableText(text: unknown, name: string): string {
  if (typeof text !== 'string' || text.length > maximumEntryLength || !/^[!-~]+$/.test(text)) throw badGrant(name)
  return text
}

function methodPattern(text: unknown): string {
  if (typeof text !== 'string' || text.length > maximumEntryLength || !/^(?:[A-Z]+|\*) \/[!-)+-~]*\*?$/.test(text)) {
    throw badGrant('methods')
  }
  return text
}

function contractCall(entry: unknown): ContractCall {
  const value = asRecord(entry)
  return { target: address(value, 'target'), selector: hex(value['selector'], 4, 'selector') }
}

function amount(value: Readonly<Record<string, unknown>>, name: string): bigint {
  const given = value[name]
  const isText = typeof given === 'string' && /^(0|[1-9][0-9]{0,38})$/.test(given)
  if (!isText && typeof given !== 'bigint') throw badGrant(name)
  const parsed = BigInt(given)
  if (parsed < 0n || parsed > maximumAtomic) throw badGrant(name)
  return parsed
}

function seconds(value: Readonly<Record<string, unknown>>, name: string): number {
  const given = value[name]
  if (!Number.isSafeInteger(given) || (given as number) < 0) throw badGrant(name)
  return given as number
}
