/** Owns the role processes of one home: starts them, keeps their logs, answers what they ask, stops them in reverse order. */
import type { Clock } from '@koinon/base'
import { KoinonError } from '@koinon/base'
import type { Home } from '../home/home.ts'
import type { RoleConfig, RoleInfo } from '../roles/role-config.ts'
import { RoleLog } from './role-log.ts'
import { type RoleStatus, SupervisedRole } from './supervised-role.ts'

export type SupervisorOptions = {
  readonly home: Home
  readonly clock: Clock
  readonly onProgress: (role: string, text: string) => void
  readonly onAsk: (role: RoleConfig, method: string, params: unknown) => Promise<unknown>
}

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #roles: SupervisedRole[] = []
  readonly #logs: RoleLog[] = []

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Starts a role and waits until it is ready. */
  async startRole(config: RoleConfig): Promise<RoleInfo> {
    if (this.#roles.some((role) => role.name === config.name)) {
      throw new KoinonError({ code: 'node/role-exists', message: `The role ${config.name} already runs` })
    }
    const log = new RoleLog(this.#options.home.logs, config.name)
    const role = new SupervisedRole({
      config,
      log,
      clock: this.#options.clock,
      onProgress: (text) => this.#options.onProgress(config.name, text),
      onAsk: (method, params) => this.#options.onAsk(config, method, params),
    })
    this.#logs.push(log)
    this.#roles.push(role)
    return role.start()
  }

  /** State of every role, in the order they were started. */
  status(): readonly RoleStatus[] {
    return this.#roles.map((role) => role.status())
  }

  /** Stops all roles, those that depend on others first: all but the chain side by side, then the chain. */
  async stop(): Promise<void> {
    const isChain = (role: SupervisedRole): boolean => role.status().kind === 'chain'
    await Promise.all(this.#roles.filter((role) => !isChain(role)).map((role) => role.stop()))
    await Promise.all(this.#roles.filter(isChain).map((role) => role.stop()))
    for (const log of this.#logs) log.close()
    this.#roles.length = 0
    this.#logs.length = 0
  }
}
