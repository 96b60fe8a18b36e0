/** `GET /api/agents/{key}`: one agent, why it is trusted as it is, who validated its work, and its jobs. */

import type { ListingCheck } from '@koinon/agents/client'
import { type TrustScore, wholeInfluence } from '@koinon/agents/rules'
import { KoinonError } from '@koinon/base'
import type { AgentDetailJson, ListingCheckJson, RatingJson, ValidationJson } from '@koinon/work/dashboard'
import type { JobViews } from '../jobs/jobs-json.ts'
import { shownLine } from '../strangers-text.ts'
import { type AgentViewSources, checkJson, readRegistered, recordJson, registeredJson } from './agents-json.ts'

const listed = 50
const listedJobs = 20
const inspectPatienceMs = 8_000
const detailCharacters = 400

/** `isAsking` false leaves its files and services alone. Throws `agents/no-agent`, and what the index and the ledger throw. */
export async function agentDetail(
  sources: AgentViewSources & { readonly jobs: Pick<JobViews, 'ofAccounts'> },
  key: string,
  isAsking = true,
): Promise<AgentDetailJson> {
  const { files, book, trust, clock, jobs } = sources
  const [{ asOfBlock, registered }, known] = await Promise.all([readRegistered(sources), trust()])
  const { held, endedAtMs } = book.list()
  const records = new Map(held.map((one) => [one.record.account as string, one]))
  const head = { asOfBlock, asOfMs: clock.nowMs(), trustFrom: known.from }
  const found = registered.find(({ agentId }) => agentId === key)
  if (found === undefined) {
    const record = records.get(key)
    if (record === undefined) throw noAgent(key)
    const { account } = record.record
    return {
      ...{ ...head, ...recordJson(record), key: account, account, takesX402: false },
      ...{ checks: [], ratings: [], validations: [], jobs: await jobs.ofAccounts([account], listedJobs) },
    }
  }
  const seen = isAsking ? await files.inspect(key, found.uri, inspectPatienceMs) : files.seen(key)
  const agent = registeredJson(sources, found, known, records, endedAtMs)
  const accounts = [...new Set([agent.account, found.owner])]
  const [validations, ownJobs] = await Promise.all([
    readValidations(sources, key),
    jobs.ofAccounts(accounts, listedJobs),
  ])
  return {
    ...{ ...head, ...agent, validations, jobs: ownJobs },
    ...(seen === undefined ? {} : { lastCheck: checkJson(seen.checks, seen.atMs) }),
    checks: (seen?.checks ?? []).map(listingCheckJson),
    ratings: ratingsJson(known.scores.get(key)),
  }
}

/** A check with its details fit to be shown. */
export function listingCheckJson({ name, state, detail, nextStep }: ListingCheck): ListingCheckJson {
  return { name, state, detail: shownLine(detail, detailCharacters), ...(nextStep === undefined ? {} : { nextStep }) }
}

function ratingsJson(score: TrustScore | undefined): readonly RatingJson[] {
  const counted = (score?.counted ?? []).slice(0, listed).map(
    ({ reviewer, valueMicro, weight, keptAtomic }): RatingJson => ({
      ...{ reviewer, valueMicro, paidAtomic: `${keptAtomic}` },
      weightPpm: Number((weight * 1_000_000n) / wholeInfluence),
    }),
  )
  const left = (score?.leftOut ?? []).slice(0, listed).map(({ reviewer, valueMicro, reason, paidAtomic }) => ({
    reviewer,
    valueMicro,
    reason,
    paidAtomic: `${paidAtomic}`,
  }))
  return [...counted, ...left]
}

async function readValidations({ index }: AgentViewSources, agentId: string): Promise<readonly ValidationJson[]> {
  const of = { contract: 'validation', where: { agentId }, order: 'newest', limit: listed } as const
  const [requests, responses] = await Promise.all([
    index.events({ ...of, names: ['ValidationRequest'] }),
    index.events({ ...of, names: ['ValidationResponse'] }),
  ])
  return requests.result.map(({ args, timestampSeconds }): ValidationJson => {
    const requestHash = String(args['requestHash'])
    const answer = responses.result.find((one) => one.args['requestHash'] === requestHash)
    return {
      validator: String(args['validatorAddress']),
      requestHash,
      requestedAtMs: timestampSeconds * 1_000,
      ...(answer === undefined
        ? {}
        : {
            response: Number(answer.args['response']),
            tag: shownLine(String(answer.args['tag']), 80),
            answeredAtMs: answer.timestampSeconds * 1_000,
          }),
    }
  })
}

function noAgent(key: string): KoinonError {
  return new KoinonError({
    code: 'agents/no-agent',
    message: `There is no agent ${key} on the ledger or in the book of this gateway`,
    hint: 'See which agents there are: koinon agent list',
    details: { status: 404 },
  })
}
