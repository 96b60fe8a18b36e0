/**
 * Answers what agents ask a verifier to judge (ERC-8004 validation registry, specs/0023 section 7): the request is fetched, held against
 * its hash, judged by a function of the layer that knows the work, and answered with the list of checks.
 */
import { bytesToHex, type Hex, isKoinonError, keccak256, utf8ToBytes } from '@koinon/base'
import { validationRegistryAbi } from '@koinon/ledger/abis'
import { failures, type Verdict } from '@koinon/work'
import { parseEventLogs } from 'viem'
import type { AgentAccount } from '../../client/identity/agent-registry.ts'

/** What one kind of request is judged by; undefined says that this verifier cannot tell. */
export type Judge = (request: Readonly<Record<string, unknown>>) => Promise<Verdict | undefined>

export type ValidationResponderOptions = {
  readonly account: AgentAccount
  /** By the `kind` of the request's document: `receipt` holds a bundle, `epoch` names netuid and epoch. */
  readonly judges: Readonly<Record<string, Judge>>
  /** Fetches a request's document, within bounds. */
  readonly fetch: (uri: string) => Promise<Uint8Array>
  /** Makes an answer's document readable for others and returns its URI. */
  readonly publish: (document: Uint8Array) => string
  /** Most requests that are judged in one look; left out, 100. */
  readonly mostPerLook?: number
}

/** `response` is what was written; undefined with the reason why nothing was. */
export type ValidationOutcome = {
  readonly requestHash: Hex
  readonly response: number | undefined
  readonly reason: string
}

const requestsPerLook = 100
const restingLooks = 20

export class ValidationResponder {
  readonly #options: ValidationResponderOptions
  /** Requests that are done with: answered, or not what they claim to be. */
  readonly #closed = new Set<Hex>()
  /** Looks that pass before one that could not be judged is tried again. */
  readonly #rests = new Map<Hex, number>()

  constructor(options: ValidationResponderOptions) {
    this.#options = options
  }

  /** Looks once through the newest requests to this account and answers those that it can judge. Throws as `TransactionSender.call`. */
  async look(): Promise<readonly ValidationOutcome[]> {
    const { account } = this.#options
    const requests = await this.#read('getValidatorRequests', [account.sender.address])
    const { mostPerLook = requestsPerLook } = this.#options
    const outcomes: ValidationOutcome[] = []
    for (const requestHash of (requests as readonly Hex[]).slice(-requestsPerLook)) {
      if (outcomes.length >= mostPerLook) break
      if (this.#closed.has(requestHash) || this.#isResting(requestHash)) continue
      const status = (await this.#read('getValidationStatus', [requestHash])) as readonly unknown[]
      // A tag is set by every answer of ours and by no request.
      if (status[4] !== '') this.#closed.add(requestHash)
      else {
        const outcome = await this.#answer(requestHash)
        if (outcome.response === undefined) this.#rests.set(requestHash, restingLooks)
        outcomes.push(outcome)
      }
    }
    return outcomes
  }

  #isResting(requestHash: Hex): boolean {
    const left = this.#rests.get(requestHash) ?? 0
    if (left > 0) this.#rests.set(requestHash, left - 1)
    return left > 0
  }

  async #answer(requestHash: Hex): Promise<ValidationOutcome> {
    const document = await this.#document(requestHash)
    if (typeof document === 'string') return { requestHash, response: undefined, reason: document }
    const { kind } = document
    const judge =
      typeof kind === 'string' && Object.hasOwn(this.#options.judges, kind) ? this.#options.judges[kind] : undefined
    const verdict = await judge?.(document)
    const looked = verdict?.checks.filter(({ state }) => state !== 'notChecked') ?? []
    if (verdict === undefined || looked.length === 0) {
      return { requestHash, response: undefined, reason: `nothing here can judge "${String(kind).slice(0, 40)}"` }
    }
    const response = failures(verdict).length === 0 ? 100 : 0
    const answer = utf8ToBytes(JSON.stringify({ v: 1, requestHash, kind, response, checks: verdict.checks }))
    const { account, publish } = this.#options
    await account.sender.call({
      address: account.network.contracts.validation,
      abi: validationRegistryAbi,
      functionName: 'validationResponse',
      args: [requestHash, response, publish(answer), bytesToHex(keccak256(answer)), `koinon ${kind as string}`],
    })
    this.#closed.add(requestHash)
    return { requestHash, response, reason: `${looked.length} checks` }
  }

  /** The document that the hash commits to, or why there is none. */
  async #document(requestHash: Hex): Promise<Readonly<Record<string, unknown>> | string> {
    try {
      const bytes = await this.#options.fetch(await this.#uriOf(requestHash))
      if (bytesToHex(keccak256(bytes)) !== requestHash) return 'the document is not the one that was asked about'
      const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
      if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'the document is not a JSON object'
      return json as Record<string, unknown>
    } catch (error) {
      if (isKoinonError(error)) return error.message
      if (error instanceof SyntaxError || error instanceof TypeError) return 'the document is not JSON'
      throw error
    }
  }

  async #uriOf(requestHash: Hex): Promise<string> {
    const { network, reader } = this.#options.account
    const logs = await reader.getLogs({
      address: network.contracts.validation,
      event: requestEvent,
      args: { requestHash },
      fromBlock: BigInt(network.startBlock),
      strict: true,
    })
    return parseEventLogs({ abi: [requestEvent], logs })[0]?.args.requestURI ?? ''
  }

  #read(functionName: 'getValidatorRequests' | 'getValidationStatus', args: readonly [Hex]): Promise<unknown> {
    const { network, reader } = this.#options.account
    return reader.readContract({
      address: network.contracts.validation,
      abi: validationRegistryAbi,
      functionName,
      args,
    } as never)
  }
}

const requestEvent = validationRegistryAbi.find(
  (item) => item.type === 'event' && item.name === 'ValidationRequest',
) as Extract<(typeof validationRegistryAbi)[number], { type: 'event'; name: 'ValidationRequest' }>
