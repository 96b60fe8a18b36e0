/**
 * Writes specs/vectors/jobs.json: hashes of terms, quotes, funding and verdicts by viem, not by our rules, and every step of a job by
 * every part in time and after, as the chapter's table has it. Usage: node scripts/job-vectors.mjs [--check]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { concat, encodeAbiParameters, hashStruct, hashTypedData, keccak256, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { CONTRACTS_DIR } from './paths.mjs'

const FILE = join(CONTRACTS_DIR, '../specs/vectors/jobs.json')
const CHAIN_ID = 424242
const JOBS = '0x0000000000000000000000000000000000008183'
const EVALUATOR = '0x000000000000000000000000000000000000e7a1'
const ZERO = `0x${'0'.repeat(40)}`
const word = (text) => keccak256(toHex(text))
const address = (text) => `0x${word(text).slice(26)}`
const signer = privateKeyToAccount(keccak256(toHex('koinon test vector key, never funded')))

const termsFields = [
  ...['client', 'evaluator', 'hook', 'token'].map((name) => ({ name, type: 'address' })),
  { name: 'expiredAt', type: 'uint256' },
  { name: 'description', type: 'string' },
]
const quoteFields = [
  { name: 'termsHash', type: 'bytes32' },
  { name: 'provider', type: 'address' },
  ...['price', 'deadline', 'nonce'].map((name) => ({ name, type: 'uint256' })),
]
const verdictFields = [
  { name: 'jobId', type: 'uint256' },
  { name: 'deliverable', type: 'bytes32' },
  { name: 'accepted', type: 'bool' },
  { name: 'reason', type: 'bytes32' },
  { name: 'round', type: 'uint8' },
]

const terms = [
  [address('client'), address('evaluator'), ZERO, address('token'), 1_800_003_600, 'Translate this page into Greek.'],
  [address('client'), address('client'), address('hook'), address('token'), 281_474_976_710_655, ''],
  [address('Z'), EVALUATOR, ZERO, address('token'), 1, 'žluťoučký kůň 🐎'],
].map(([client, evaluator, hook, token, expiredAt, description]) => {
  const data = { client, evaluator, hook, token, expiredAt: String(expiredAt), description }
  const hash = hashStruct({ primaryType: 'JobTerms', types: { JobTerms: termsFields }, data })
  return { ...data, hash }
})

const quoteDomain = { name: 'Koinon Jobs', version: '1', chainId: CHAIN_ID, verifyingContract: JOBS }
const quotes = await Promise.all(
  [
    [terms[0].hash, '1500000', '1800003000', '0'],
    [terms[1].hash, '1', '1', String((1n << 256n) - 1n)],
    [terms[2].hash, String((1n << 255n) + 7n), '9007199254740991', '77'],
  ].map(async ([termsHash, price, deadline, nonce]) => {
    const message = { termsHash, provider: signer.address.toLowerCase(), price, deadline, nonce }
    const typed = { domain: quoteDomain, types: { Quote: quoteFields }, primaryType: 'Quote', message }
    return { ...message, digest: hashTypedData(typed), signature: await signer.signTypedData(typed) }
  }),
)

const funding = [
  [terms[0].hash, address('provider'), '0x', word('salt')],
  [terms[1].hash, address('Z'), '0x0102030405', word('another salt')],
].map(([termsHash, provider, optParams, salt]) => {
  const types = ['bytes32', 'address', 'bytes32', 'bytes32'].map((type) => ({ type }))
  const nonce = keccak256(encodeAbiParameters(types, [termsHash, provider, keccak256(optParams), salt]))
  return { termsHash, provider, optParams, salt, nonce }
})

const verdictDomain = { name: 'Koinon Quorum Evaluator', version: '1', chainId: CHAIN_ID, verifyingContract: EVALUATOR }
const verdicts = [
  ['1', word('work'), true, word('good'), 0],
  ['1', word('work'), false, word('bad'), 1],
  [String((1n << 200n) + 1n), word('other'), true, `0x${'0'.repeat(64)}`, 1],
].map(([jobId, deliverable, accepted, reason, round]) => {
  const message = { jobId, deliverable, accepted, reason, round }
  const typed = { domain: verdictDomain, types: { Verdict: verdictFields }, primaryType: 'Verdict', message }
  return { ...message, digest: hashTypedData(typed) }
})

const digests = quotes.map(({ digest }) => digest)
const seed = keccak256(concat([...digests].sort()))
const ties = { digests, breaks: digests.map((digest) => keccak256(concat([seed, digest]))) }

/** Columns, so that Solidity reads them: status 0 to 5, step, actor, whether the time is over, and the status after, 9 for refused. */
function steps() {
  const columns = { from: [], step: [], actor: [], over: [], to: [] }
  const names = ['setProvider', 'setBudget', 'fund', 'submit', 'complete', 'reject', 'claimRefund']
  for (let from = 0; from < 6; from++) {
    for (let step = 0; step < names.length; step++) {
      for (let actor = 0; actor < 4; actor++) {
        for (const over of [0, 1]) {
          const to = after(from, names[step], actor, over)
          Object.entries({ from, step, actor, over, to }).forEach(([name, value]) => columns[name].push(value))
        }
      }
    }
  }
  return columns
}

/** Actors: 0 client, 1 provider, 2 evaluator, 3 anyone else. */
function after(from, step, actor, over) {
  const [open, funded, submitted] = [from === 0, from === 1, from === 2]
  if (step === 'setProvider' && open && actor === 0) return 0
  if (step === 'setBudget' && open && actor <= 1) return 0
  if (step === 'fund' && open && actor === 0 && !over) return 1
  if (step === 'submit' && funded && actor === 1 && !over) return 2
  if (step === 'complete' && submitted && actor === 2 && !over) return 3
  if (step === 'reject' && open && actor === 0) return 4
  if (step === 'reject' && (funded || submitted) && actor === 2 && !over) return 4
  if (step === 'claimRefund' && (funded || submitted) && over) return 5
  return 9
}

const vectors = {
  description:
    'Jobs (specs/0024-jobs.md). Integers are decimal strings, bytes are hex. Signer key: keccak256("koinon test vector key, never funded").',
  chainId: CHAIN_ID,
  jobs: JOBS,
  evaluator: EVALUATOR,
  signer: signer.address.toLowerCase(),
  terms,
  quotes,
  funding,
  verdicts,
  ties,
  steps: steps(),
}
const text = `${JSON.stringify(vectors, null, 2)}\n`
if (!process.argv.includes('--check')) writeFileSync(FILE, text)
else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write('stale: specs/vectors/jobs.json\n')
  process.exitCode = 1
}
