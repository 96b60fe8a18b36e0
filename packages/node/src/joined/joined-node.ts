/** One role on a network that others run: the same role processes as a local network, on this machine's own home. */
import { type Clock, KoinonError, systemRandom } from '@koinon/base'
import {
  createLedgerReader,
  createLedgerWriter,
  leaveSubnet,
  type Membership,
  type NetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { type Home, openHome } from '../home/home.ts'
import { lockHome } from '../home/lock.ts'
import { networkOf } from '../home/network-of.ts'
import { type AccountKey, accountKey } from '../home/secrets.ts'
import type { RoleConfig, RoleInfo } from '../roles/role-config.ts'
import { ControlServer, controlSocketPath } from '../supervisor/control.ts'
import type { RoleStatus } from '../supervisor/supervised-role.ts'
import { Supervisor } from '../supervisor/supervisor.ts'

export type JoinedNodeOptions = {
  readonly homePath: string
  readonly clock: Clock
  readonly onProgress: (role: string, text: string) => void
  /** The role to run, made from the home's paths and network. */
  readonly configure: (home: Home, network: NetworkFile) => RoleConfig
}

/** A joined role that serves. */
export type JoinedRole = { readonly info: RoleInfo; readonly network: NetworkFile; readonly name: string }

/** How somebody asked the node to end: to come back later, or to give up its seat. */
export type StopRequest = 'stop' | 'leave'

export class JoinedNode {
  readonly #options: JoinedNodeOptions
  readonly #home: Home
  readonly #supervisor: Supervisor
  #control: ControlServer | undefined
  #lock: { release(): void } | undefined
  #requestStop: (request: StopRequest) => void = () => undefined
  readonly stopRequested: Promise<StopRequest>

  constructor(options: JoinedNodeOptions) {
    this.#options = options
    this.#home = openHome(options.homePath)
    this.#supervisor = new Supervisor({
      home: this.#home,
      clock: options.clock,
      onProgress: options.onProgress,
      onAsk: async (_role, method) => {
        throw new KoinonError({ code: 'node/unknown-method', message: `A joined node does not answer "${method}"` })
      },
    })
    this.stopRequested = new Promise((resolve) => {
      this.#requestStop = resolve
    })
  }

  /** Starts the role; resolves when it serves. */
  async start(): Promise<JoinedRole> {
    const controlSocket = controlSocketPath(this.#home)
    const network = networkOf(this.#home)
    this.#lock = lockHome(this.#home, { pid: process.pid, startedAtMs: this.#options.clock.nowMs(), controlSocket })
    try {
      const config = this.#options.configure(this.#home, network)
      this.#control = new ControlServer(controlSocket, async (method) => this.#answer(method))
      await this.#control.start()
      return { info: await this.#supervisor.startRole(config), network, name: config.name }
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.#supervisor.stop()
    await this.#control?.stop()
    this.#control = undefined
    this.#lock?.release()
    this.#lock = undefined
  }

  async #answer(method: string): Promise<unknown> {
    if (method === 'roles') return this.#supervisor.status() satisfies readonly RoleStatus[]
    if (method !== 'stop' && method !== 'leave') {
      throw new KoinonError({ code: 'node/unknown-method', message: `The supervisor does not know "${method}"` })
    }
    this.#requestStop(method)
    return {}
  }
}

/** Gives a role's seat on a subnet back; call when the role has stopped. */
export async function giveUpSeat(home: Home, roleName: string, netuid: number): Promise<void> {
  const network = networkOf(home)
  const key = accountKey(home, roleName, systemRandom)
  await leaveSubnet(openMembership(network, key), netuid)
}

/** An account's view of a network, to join, leave and found subnets with. One per account and process (see `TransactionSender`). */
export function openMembership(network: NetworkFile, { privateKey }: AccountKey): Membership {
  const reader = createLedgerReader(network)
  return { network, reader, sender: new TransactionSender(reader, createLedgerWriter(network, privateKey)) }
}
