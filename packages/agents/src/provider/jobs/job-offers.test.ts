import { secretKeyToAddress, sha256, utf8ToBytes, zeroAddress } from '@koinon/base'
import { defaultHttpLimits, HttpListener } from '@koinon/base/node'
import { type SignedQuoteRequest, signQuoteRequest } from '@koinon/work/quotes'
import { describe, expect, it } from 'vitest'
import { fetchDeliverable } from '../../client/jobs/fetch-deliverable.ts'
import { hashTerms, type JobTerms, jobsDomain } from '../../rules/job.ts'
import { termsToJson } from '../../rules/job-terms-json.ts'
import { deliverableRoutes } from './deliverables.ts'
import { readOffer } from './job-offers.ts'

const addressOf = (digit: string) => `0x${digit.repeat(40)}` as const
const [jobs, dollar, provider, hook] = ['8', 'd', 'b', 'e'].map(addressOf) as [
  `0x${string}`,
  `0x${string}`,
  `0x${string}`,
  `0x${string}`,
]
const secretKey = sha256(utf8ToBytes('client'))
const terms: JobTerms = {
  client: secretKeyToAddress(secretKey),
  evaluator: addressOf('a'),
  hook: zeroAddress,
  token: dollar,
  expiredAtSeconds: 10_000,
  description: 'work',
}
const rules = {
  domain: jobsDomain(7, jobs),
  provider,
  tokens: [dollar],
  trustedHooks: [],
  leastSeconds: 60,
}

function request(changes: Partial<JobTerms> = {}, lies: Partial<SignedQuoteRequest> = {}): SignedQuoteRequest {
  const changed = { ...terms, ...changes }
  const honest = {
    kind: 'job',
    settlement: rules.domain,
    client: changed.client,
    termsHash: hashTerms(changed),
    terms: termsToJson(changed),
    ceilingAtomic: 1n,
    deadlineSeconds: 9_000,
  }
  return signQuoteRequest({ ...honest, ...lies }, secretKey)
}

describe('an offer that a provider looks at', () => {
  it('is read when its terms are what they are said to be', () => {
    expect(readOffer(request(), rules, 9_000)).toEqual(terms)
    const asked = request({ client: addressOf('c') }, { client: terms.client })
    expect(readOffer(asked, rules, 9_000)).toMatchObject({ client: addressOf('c') })
    expect(readOffer(request({ hook }), { ...rules, trustedHooks: [hook] }, 9_000)).toMatchObject({ hook })
  })

  it.each([
    ['names a hook', request({ hook })],
    ['is judged by the provider', request({ evaluator: provider })],
    ['pays in a token of its own', request({ token: addressOf('f') })],
    ['ends too soon', request({ expiredAtSeconds: 9_059 })],
    ['says other terms than it hashes', request({}, { terms: termsToJson({ ...terms, expiredAtSeconds: 99_000 }) })],
    ['hashes other terms than it says', request({}, { termsHash: hashTerms({ ...terms, hook }) })],
    ['is settled by another contract', request({}, { settlement: jobsDomain(7, hook) })],
    ['is settled on another chain', request({}, { settlement: jobsDomain(8, jobs) })],
    ['is no JSON', request({}, { terms: '{' })],
    ['is JSON of nothing', request({}, { terms: 'null' })],
    ['has an address that is none', request({}, { terms: '{"client":"0x"}' })],
  ])('is left alone when it %s', (_, bad) => {
    expect(readOffer(bad, rules, 9_000)).toBeUndefined()
  })
})

describe('what a provider serves', () => {
  it('is held against the hash on the ledger, and bounded', async () => {
    const content = utf8ToBytes('<script>')
    const hash = `0x${Buffer.from(sha256(content)).toString('hex')}` as const
    const lie = `0x${'1'.repeat(64)}` as const
    const serve = deliverableRoutes(async (asked) => (asked === hash || asked === lie ? content : undefined))
    const listener = new HttpListener({
      host: '127.0.0.1',
      port: 0,
      limits: defaultHttpLimits,
      handle: async (incoming, response) => void ((await serve(incoming, response)) || response.writeHead(404).end()),
    })
    const url = `http://127.0.0.1:${await listener.start()}`
    try {
      expect(Buffer.from(await fetchDeliverable(url, hash)).toString()).toBe('<script>')
      const code = (name: string) => expect.objectContaining({ code: `agents/deliverable-${name}` })
      await expect(fetchDeliverable(url, lie)).rejects.toThrow(code('mismatch'))
      await expect(fetchDeliverable(url, `0x${'2'.repeat(64)}`)).rejects.toThrow(code('unreachable'))
      await expect(fetchDeliverable(url, hash, 3)).rejects.toThrow(code('unreachable'))
      const { headers } = await fetch(`${url}/deliverables/${hash}`)
      expect(headers.get('content-disposition')).toBe('attachment')
      expect((await fetch(`${url}/deliverables/../etc`)).status).toBe(404)
    } finally {
      await listener.stop(0)
    }
  })
})
