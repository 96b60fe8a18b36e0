/** The agent that `koinon agent run` serves, on the ledger: registered at its first run, kept up to date at every other. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keepAgent } from '@koinon/agents/client'
import { agentRegistryOf, formatAgentId, type Registration, registrationFilePath } from '@koinon/agents/rules'
import { isKoinonError, KoinonError } from '@koinon/base'
import { isLoopbackHost } from '@koinon/base/node'
import type { NetworkFile } from '@koinon/ledger'
import { type Home, writeFileDurably } from '../home/home.ts'
import { isOneMachine } from '../home/one-machine.ts'
import { holdLock } from '../home/process-lock.ts'
import type { AccountKey } from '../home/secrets.ts'
import { openMembership } from '../joined/joined-node.ts'
import { askForGas, noGas } from '../wallet/ensure-gas.ts'

export type AgentListingOptions = {
  readonly home: Home
  readonly network: NetworkFile
  /** Owns the agent, and nothing else is done with it; signs its records in books. */
  readonly key: AccountKey
  /** The account that is paid. */
  readonly wallet?: AccountKey
  /** Hears of each step, as a sentence. */
  readonly say: (text: string) => void
  /** Our own text with the commands in it as they are typed here; never what a faucet or a ledger says. */
  readonly typed: (text: string) => string
}

type Note = { readonly chainId: number; readonly registry: string; readonly agentId: string }

export class AgentListing {
  readonly #options: AgentListingOptions

  /** `key.name` names the note in the home. */
  constructor(options: AgentListingOptions) {
    this.#options = options
  }

  /** As it was noted by the last run; what the file says until the ledger has been asked. */
  get known(): Registration | undefined {
    const { network } = this.#options
    const path = this.#notePath
    if (!existsSync(path)) return undefined
    try {
      const { chainId, registry, agentId } = JSON.parse(readFileSync(path, 'utf8')) as Note
      if (chainId !== network.chainId || registry !== network.contracts.identity) return undefined
      return this.#registration(BigInt(agentId))
    } catch {
      return undefined
    }
  }

  /** The same as a whole name. */
  get name(): string | undefined {
    const { network } = this.#options
    const agentId = this.known?.agentId
    const ref = { chainId: network.chainId, registry: network.contracts.identity }
    return agentId === undefined ? undefined : formatAgentId({ ...ref, agentId })
  }

  /**
   * Makes the ledger name the agent that is served at `url`, and notes its id. Without gas, with an address that others cannot reach, or without
   * the ledger's word it says why and returns undefined: the agent is served all the same, and the next start tries again.
   */
  async register(url: string): Promise<Registration | undefined> {
    const { say, typed } = this.#options
    try {
      return await this.#register(url)
    } catch (error) {
      if (!isKoinonError(error)) {
        const { rpcUrl } = this.#options.network
        say(`Not registered: the ledger at ${rpcUrl} did not answer (${firstLine(error)}). The next start tries again.`)
      } else say(`Not registered: ${error.message}.${error.hint === undefined ? '' : ` ${typed(error.hint)}`}`)
      return undefined
    }
  }

  async #register(url: string): Promise<Registration> {
    const { network, key, wallet, say, typed } = this.#options
    requireReachable(url, network)
    const account = openMembership(network, key)
    const gas = await askForGas(network, account.reader, key.address)
    if (gas.state === 'given') say(`The faucet of ${network.gatewayUrl} gave ${key.address} gas.`)
    const { known } = this
    if (known === undefined && gas.state === 'none') throw noGas(network, key.address, gas)
    if (known === undefined) say(`Registering on chain ${network.chainId} by ${key.address} ...`)
    const uri = `${url}${registrationFilePath}`
    const { agentId, sent } = await keepAgent(account, {
      uri,
      ...(wallet === undefined ? {} : { walletKey: wallet.secretKey }),
      ...(known === undefined ? {} : { knownId: known.agentId }),
    })
    const note: Note = { chainId: network.chainId, registry: network.contracts.identity, agentId: `${agentId}` }
    writeFileDurably(this.#notePath, `${JSON.stringify(note)}\n`)
    const done = sent.includes('registered')
      ? 'Registered as'
      : sent.length > 0
        ? 'Registered as before, with another file or wallet:'
        : 'Registered as before:'
    const shown = typed(`See it: koinon agent show ${agentId}`)
    say(`${done} ${this.name} (ERC-8004), owner ${key.address}, file ${uri}. ${shown}`)
    return this.#registration(agentId)
  }

  get #notePath(): string {
    return join(this.#options.home.path, `${this.#options.key.name}.json`)
  }

  #registration(agentId: bigint): Registration {
    const { chainId, contracts } = this.#options.network
    return { agentId, agentRegistry: agentRegistryOf({ chainId, registry: contracts.identity }) }
  }
}

/** Keeps a second process from running the same agent. Throws `agents/already-running`. */
export function lockAgent(home: Pick<Home, 'path'>, name: string, waitMs?: number): Promise<() => void> {
  return holdLock(join(home.path, `${name}.lock`), alreadyRunning, waitMs)
}

function alreadyRunning(owner: number | 'unknown'): KoinonError {
  return new KoinonError({
    code: 'agents/already-running',
    message: `Process ${owner} runs this agent from this home already`,
    hint: 'Stop it, or run this one with a home of its own (--home).',
    retry: 'later',
  })
}

/** A registry is read by everybody, and everybody else asks https addresses only. */
function requireReachable(url: string, network: NetworkFile): void {
  if (isOneMachine(network) || (url.startsWith('https:') && !isLoopbackHost(new URL(url).host))) return
  throw new KoinonError({
    code: 'agents/not-public',
    message: `others cannot reach ${url}`,
    hint: 'Name the https address under which they can with --public-url, or leave the ledger alone with --no-register.',
  })
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
