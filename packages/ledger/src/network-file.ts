/** The network file: everything a stranger needs to join one network. Public, no secrets; clients do not know which engine is behind. */
import { readFile } from 'node:fs/promises'
import { type Address, boundedText, fetchFailureReason, isKoinonError, KoinonError, toAddress } from '@koinon/base'
import { z } from 'zod'
import { networkBeaconSchema } from './network-file-beacon.ts'

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => toAddress(text))
const url = z.url({ protocol: /^https?$/ })

/** Contracts of a network, by role. `dollar` is a faucet token on test networks and a real one elsewhere. */
const contractNames = [
  'token',
  'dollar',
  'identity',
  'reputation',
  'validation',
  'terms',
  'pools',
  'staking',
  'delegation',
  'permits',
  'conviction',
  'subnets',
  'work',
  'weights',
  'disputes',
  'policy',
  'emission',
  'epochs',
  'channels',
  'depositCollector',
] as const

/** Contracts that came later: files of older networks do not name them, and those networks do not have them. */
const laterContractNames = ['jobs', 'jobEvaluators'] as const

export type LaterContractName = (typeof laterContractNames)[number]
export type ContractName = (typeof contractNames)[number] | LaterContractName
type Contracts = Record<(typeof contractNames)[number], Address> & Partial<Record<LaterContractName, Address>>

const networkFileSchema = z.object({
  v: z.literal(1),
  name: z.string().min(1).max(64),
  chainId: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
  /** `embedded` is one sequencer's chain: a trust point that every screen names. */
  chainKind: z.enum(['embedded', 'external']),
  rpcUrl: url,
  /** Block of the first deployment; indexers start here. */
  startBlock: z.number().int().nonnegative(),
  contracts: z.object({
    ...(Object.fromEntries(contractNames.map((name) => [name, address])) as Record<
      (typeof contractNames)[number],
      typeof address
    >),
    ...(Object.fromEntries(laterContractNames.map((name) => [name, address.optional()])) as Record<
      LaterContractName,
      z.ZodOptional<typeof address>
    >),
  }),
  /** True where the dollar is a test dollar, worth nothing; on an external chain gas may still cost money. */
  isTest: z.boolean(),
  gatewayUrl: url.optional(),
  /** What the model id `default` stands for: the id that providers name and the SHA-256 of the model file. */
  defaultModel: z
    .object({
      model: z.string().min(1).max(200),
      manifest: z
        .string()
        .regex(/^0x[0-9a-f]{64}$/)
        .transform((text) => text as `0x${string}`),
    })
    .optional(),
  /** Spec hash of the emission policy, as its contract says it, for people: what is paid follows from the contract. */
  emissionPolicy: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/)
    .transform((text) => text as `0x${string}`)
    .optional(),
  /** What validators seal their rows to; without one they only commit to hashes. */
  beacon: networkBeaconSchema.optional(),
})

export type NetworkFile = Readonly<Omit<z.infer<typeof networkFileSchema>, 'contracts'>> & {
  readonly contracts: Readonly<Contracts>
}

const maximumBytes = 64 * 1024
const fetchTimeoutMs = 10_000

/** Parses a network file's JSON text. Throws `ledger/bad-network-file` naming the field. */
export function parseNetworkFile(text: string): NetworkFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw badNetworkFile('it is not JSON')
  }
  const result = networkFileSchema.safeParse(json)
  if (!result.success) {
    throw badNetworkFile(describe(result.error.issues[0] as z.core.$ZodIssue))
  }
  return result.data as NetworkFile
}

/** What `parseNetworkFile` would refuse of a network that is yet to be deployed, or undefined; its contracts are not looked at. */
export function networkDraftProblem(draft: Omit<NetworkFile, 'contracts'>): string | undefined {
  const issue = networkFileSchema.omit({ contracts: true }).safeParse(draft).error?.issues[0]
  return issue === undefined ? undefined : describe(issue)
}

/**
 * Reads a network file from a path or an http(s) URL; a gateway's URL alone is enough, it serves `/network.json`. A URL has
 * `timeoutMs` for the whole answer. Throws `ledger/no-network-file`, `ledger/network-unreachable` (later), `ledger/bad-network-file`.
 */
export async function loadNetworkFile(pathOrUrl: string, timeoutMs = fetchTimeoutMs): Promise<NetworkFile> {
  if (!/^https?:\/\//.test(pathOrUrl)) {
    return parseNetworkFile(
      await readFile(pathOrUrl, 'utf8').catch((cause: Error) => {
        throw new KoinonError({
          code: 'ledger/no-network-file',
          message: `The network file ${pathOrUrl} could not be read: ${cause.message}`,
          hint: /^[\w.-]+:\d{1,5}(\/|$)/.test(pathOrUrl)
            ? `If that is a gateway, give its URL: http://${pathOrUrl}`
            : 'Give a path to a network file, or the URL of a gateway of the network.',
          cause,
        })
      }),
    )
  }
  const target = new URL(pathOrUrl)
  if (target.pathname === '/') target.pathname = '/network.json'
  return parseNetworkFile(await fetchText(target, timeoutMs))
}

async function fetchText(target: URL, timeoutMs: number): Promise<string> {
  try {
    const response = await fetch(target, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    const tooLarge = () => unreachable(target, `it is larger than ${maximumBytes} bytes`)
    if (response.status === 200) return await boundedText(response, maximumBytes, tooLarge)
    await response.body?.cancel()
    throw unreachable(target, `status ${response.status}`)
  } catch (cause) {
    throw isKoinonError(cause) ? cause : unreachable(target, fetchFailureReason(cause))
  }
}

function unreachable(target: URL, problem: string): KoinonError {
  return new KoinonError({
    code: 'ledger/network-unreachable',
    message: `${target.href} did not give a network file: ${problem}`,
    hint: 'Check the address, and that the gateway runs.',
    retry: 'later',
  })
}

function describe({ path, message }: z.core.$ZodIssue): string {
  return `${path.join('.') || 'the whole'}: ${message}`
}

function badNetworkFile(problem: string): KoinonError {
  return new KoinonError({
    code: 'ledger/bad-network-file',
    message: `The network file is not valid: ${problem}`,
    hint: 'Ask the network for a fresh copy, for example from its gateway at /network.json. A home of an older version begins anew: koinon up --home DIR.',
  })
}
