/** Who a role says it is (specs/0023 section 1.3): its registration file, at its door and on the ledger. */
import { findAgentOf, readAgent, registerAgent, setAgentUri } from '@koinon/agents/client'
import { createIdentityDoor, type IdentityDoor } from '@koinon/agents/provider'
import {
  type AgentService,
  agentRegistryOf,
  buildRegistrationFile,
  type RegistrationFile,
  registrationFilePath,
} from '@koinon/agents/rules'
import { errorToJson } from '@koinon/base'
import type { Logger } from 'pino'
import { readDocument } from '../home/documents.ts'
import type { RoleLedger } from './role-tools.ts'

export type RoleDescription = Pick<RegistrationFile, 'name' | 'description' | 'supportedTrust'> & {
  readonly services: (url: string) => readonly AgentService[]
}

/** The role's file as it is now; it names its agent as soon as that is known. */
export class RoleIdentity {
  readonly #role: RoleLedger
  readonly #describe: RoleDescription
  readonly #log: Logger
  #url = ''
  #agentId: bigint | undefined
  /** Serves the file, and documents of this home by their hash. */
  readonly serve: IdentityDoor

  constructor(role: RoleLedger, describe: RoleDescription, log: Logger) {
    this.#role = role
    this.#describe = describe
    this.#log = log
    const shelf = { get: (cid: string) => readDocument(role.home, cid) }
    this.serve = createIdentityDoor({ registrationFile: () => this.#file(), shelf })
  }

  /**
   * From now on the role is reached at `url`; the ledger is told where that is news. Without an agent of the account one is registered.
   * Never throws: a role does its work also while nobody can look it up, and the next start tries again.
   */
  async announce(url: string, agentId?: bigint): Promise<void> {
    this.#url = url
    this.#agentId = agentId
    const uri = `${url}${registrationFilePath}`
    try {
      this.#agentId ??= await findAgentOf(this.#role, this.#role.key.address)
      if (this.#agentId === undefined) this.#agentId = await registerAgent(this.#role, uri)
      else if ((await readAgent(this.#role, this.#agentId)).uri !== uri) {
        await setAgentUri(this.#role, this.#agentId, uri)
      }
      this.#log.info({ agentId: `${this.#agentId}`, uri }, 'the ledger names the registration file')
    } catch (error) {
      this.#log.warn({ error: errorToJson(error), uri }, 'could not tell the ledger where the registration file is')
    }
  }

  #file(): Uint8Array {
    const { network } = this.#role
    const { name, description, supportedTrust, services } = this.#describe
    const agentRegistry = agentRegistryOf({ chainId: network.chainId, registry: network.contracts.identity })
    return buildRegistrationFile({
      name,
      description,
      image: '',
      services: services(this.#url),
      x402Support: false,
      active: true,
      registrations: this.#agentId === undefined ? [] : [{ agentId: this.#agentId, agentRegistry }],
      supportedTrust,
    })
  }
}

/** A gateway: what users pay. */
export function gatewayDescription(network: string): RoleDescription {
  return {
    name: `Koinon gateway of ${network}`,
    description: 'Inference by independent miners with signed receipts, through an OpenAI-compatible API.',
    services: (url) => [
      { name: 'web', endpoint: `${url}/` },
      { name: 'OpenAI', endpoint: `${url}/v1` },
      { name: 'A2A', endpoint: `${url}/.well-known/agent-card.json` },
    ],
    supportedTrust: ['reputation', 'crypto-economic'],
  }
}

/** A miner or validator of a subnet. */
export function memberDescription(network: string, kind: 'miner' | 'validator', netuid: number): RoleDescription {
  return {
    name: `Koinon ${kind} of subnet ${netuid} on ${network}`,
    description:
      kind === 'miner'
        ? 'Does the work of a subnet and signs a receipt for each piece of it.'
        : 'Checks the work of a subnet and votes on what it earns; its records and evidence are public.',
    services: (url) => [{ name: 'Koinon', endpoint: `${url}/` }],
    supportedTrust: ['reputation', 'crypto-economic'],
  }
}
