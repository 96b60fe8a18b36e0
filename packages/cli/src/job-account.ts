/** The account that takes part in jobs, and how amounts and numbers of jobs are written. */
import { JobClient, type JobRecord, jobBudgetProposes, publishedCeiling } from '@koinon/agents/client'
import {
  type Address,
  bytesToHex,
  dollarDecimals,
  type Hex,
  isKoinonError,
  KoinonError,
  keccak256,
  parseUnits,
  systemClock,
  systemRandom,
  utf8ToBytes,
  zeroHash,
} from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { existingAccountKey, findBudget, type Home, type StoredBudget } from '@koinon/node/home'
import { openMembership } from '@koinon/node/joined'
import { ensureGas, networkOf, openHomeBudget } from '@koinon/node/wallet'
import { parseGrantChain } from '@koinon/payments/rules'
import type { SettlementDomain } from '@koinon/work'
import { httpQuoteBus, type QuoteBus } from '@koinon/work/quotes'
import { gatewayUrlOf } from './gateway-url.ts'

/** What every command on a job takes. */
export type JobFlags = { readonly account: string; readonly dryRun?: boolean; readonly yes?: boolean }

export const accountFlag = '--account <name>'
export const accountHelp = 'the account of this home that acts'
export const dryRunHelp = 'show what would be done, and send nothing'

type OpenedJobs = {
  readonly client: JobClient
  readonly address: Address
  readonly network: NetworkFile
  /** That of the account, before anything is sent. Throws `wallet/no-gas`. */
  readonly ensureGas: () => Promise<void>
}

/** A client of jobs for an account of the home, by the name of its key. Throws `home/no-key`. */
export function openJobClient(home: Home, { account }: Pick<JobFlags, 'account'>): OpenedJobs {
  const key = existingAccountKey(home, account)
  const network = networkOf(home)
  const member = { ...openMembership(network, key), network, secretKey: key.secretKey }
  return {
    client: new JobClient(member, systemClock, systemRandom),
    address: key.address,
    network,
    ensureGas: () => ensureGas(network, member.reader, key.address, home),
  }
}

/**
 * Does something as a client whose jobs are paid from a budget of this home, which nobody else spends meanwhile. Throws as
 * `openHomeBudget` does, and `usage/other-owner`.
 */
export async function withJobBudget<value>(
  home: Home,
  flags: Pick<JobFlags, 'account'>,
  name: string,
  work: (client: JobClient) => Promise<value>,
): Promise<value> {
  const key = existingAccountKey(home, flags.account)
  const { client, network } = openJobClient(home, flags)
  const budget = await openHomeBudget(home, network, client.account.reader, name, key)
  try {
    if (budget.owner !== key.address) throw otherOwner(budget.owner)
    return await work(new JobClient(client.account, systemClock, systemRandom, budget.jobs))
  } finally {
    await budget.close()
  }
}

/**
 * A budget of this home that may pay for jobs of `client`; whether its owner's account runs the code of budgets is seen at the award. Throws
 * `home/no-budget`, `payments/bad-budget-grant`, `usage/other-owner` and `agents/budget-proposes`.
 */
export function findJobBudget(home: Home, name: string, client: Address): StoredBudget {
  const budget = findBudget(home, name)
  const grants = parseGrantChain(budget.grants).map(({ grant }) => grant)
  const owner = grants[0]?.owner
  if (owner !== undefined && owner !== client) throw otherOwner(owner)
  if (grants.some(({ autonomy }) => autonomy === 'propose')) throw jobBudgetProposes()
  return budget
}

function otherOwner(owner: Address): KoinonError {
  return new KoinonError({
    code: 'usage/other-owner',
    message: `That budget spends the money of ${owner}, who is not the client of this job`,
    hint: 'Name the account whose budget it is with --account.',
  })
}

/** The book of quotes of the network's gateway. Throws `node/no-gateway`. */
export function openBus(network: NetworkFile): QuoteBus {
  return httpQuoteBus(gatewayUrlOf(network, 'to carry quotes'))
}

/** The most that a job's client would pay, as it says itself; undefined where it asks for no quotes now, or the book cannot be reached. */
export async function askedCeiling(
  bus: Pick<QuoteBus, 'requestsFor'>,
  domain: SettlementDomain,
  job: Pick<JobRecord, 'client' | 'termsHash'>,
  atSeconds: number,
): Promise<bigint | undefined> {
  try {
    return await publishedCeiling(bus, domain, job, atSeconds)
  } catch (error) {
    if (isKoinonError(error) && error.retry === 'later') return undefined
    throw error
  }
}

/** Throws `usage/bad-number`. */
export function parseJobId(text: string): bigint {
  if (/^[1-9]\d{0,17}$/.test(text)) return BigInt(text)
  throw new KoinonError({
    code: 'usage/bad-number',
    message: `A job has a number from 1 on, not "${text}"`,
    hint: 'See the numbers: koinon job list',
  })
}

/** Dollars as a person writes them, above zero. Throws `base/bad-amount`. */
export function parseDollars(text: string): bigint {
  const amount = parseUnits(text, dollarDecimals)
  if (amount > 0n) return amount
  throw new KoinonError({
    code: 'base/bad-amount',
    message: `"${text}" is no price`,
    hint: 'Write dollars above zero, such as 2.50.',
  })
}

/** The hash of why, as the ledger keeps it; zero for nothing said. */
export function reasonOf(text: string | undefined): Hex {
  return text === undefined ? zeroHash : bytesToHex(keccak256(utf8ToBytes(text)))
}
