import { type Address, KoinonError, toAddress } from '@koinon/base'
import type { JobTerms } from './job.ts'

/** Terms as the text of a request for quotes: fields in the order of the struct. */
export function termsToJson(terms: JobTerms): string {
  const { client, evaluator, hook, token, expiredAtSeconds, description } = terms
  return JSON.stringify({ client, evaluator, hook, token, expiredAtSeconds, description })
}

/** Terms from a stranger's text. Throws `agents/bad-terms`; that they hash to what was said is the caller's to check. */
export function parseTerms(text: string): JobTerms {
  let json: Readonly<Record<string, unknown>> | null = null
  try {
    json = JSON.parse(text) as Readonly<Record<string, unknown>> | null
  } catch {
    // Refused below.
  }
  const address = (name: string): Address => {
    const value = json?.[name]
    if (typeof value !== 'string' || !/^0x[0-9a-f]{40}$/.test(value)) throw badTerms(name)
    return toAddress(value)
  }
  const { expiredAtSeconds, description } = json ?? {}
  if (!Number.isSafeInteger(expiredAtSeconds) || (expiredAtSeconds as number) < 0) throw badTerms('expiredAtSeconds')
  if (typeof description !== 'string') throw badTerms('description')
  return {
    client: address('client'),
    evaluator: address('evaluator'),
    hook: address('hook'),
    token: address('token'),
    expiredAtSeconds: expiredAtSeconds as number,
    description,
  }
}

function badTerms(field: string): KoinonError {
  return new KoinonError({ code: 'agents/bad-terms', message: `The ${field} of a job's terms is not as it must be` })
}
