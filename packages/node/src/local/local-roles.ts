import { systemRandom } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import type { CommandStyle } from '@koinon/work/dashboard'
import { readApiKeys } from '../home/api-keys.ts'
import type { Home } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import type { Prices, RoleInfo } from '../roles/role-config.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import { beaconKeyName } from './home-beacon.ts'
import type { ModelFile } from './model.ts'
import { localChainId, localPrices } from './parameters.ts'

/** As of `LocalNetworkOptions`. */
export type LocalRolesOptions = {
  readonly host: string
  readonly port: number
  readonly model: ModelFile
  readonly miners: number
  readonly validators: number
  readonly postgresUrl?: string
  readonly maximumPrices?: Readonly<Record<string, Prices>>
  readonly command?: CommandStyle
}

const netuid = 1

/** What each process of subnet 1 is started with. */
export class LocalRoles {
  readonly #options: LocalRolesOptions
  readonly #home: Home
  readonly #supervisor: Supervisor

  constructor(options: LocalRolesOptions, home: Home, supervisor: Supervisor) {
    this.#options = options
    this.#home = home
    this.#supervisor = supervisor
  }

  startChain(rpcPort: number): Promise<RoleInfo> {
    const founder = accountKey(this.#home, 'founder', systemRandom)
    return this.#supervisor.startRole({
      ...this.#common('chain'),
      kind: 'chain',
      chainId: localChainId,
      rpcPort,
      genesisAccounts: [{ address: founder.address, balanceWei: 10n ** 24n }],
    })
  }

  startIndexer(): Promise<RoleInfo> {
    const { postgresUrl } = this.#options
    return this.#supervisor.startRole({
      ...this.#common('indexer'),
      kind: 'indexer',
      ...(postgresUrl === undefined ? {} : { postgresUrl }),
    })
  }

  /** Only a stand-in runs here. */
  async startBeacon({ beacon, rpcUrl, chainId, contracts }: NetworkFile): Promise<void> {
    if (beacon?.kind !== 'local') return
    const { genesisSeconds, periodSeconds, endpoints } = beacon
    const port = Number(new URL(endpoints[0] as string).port)
    await this.#supervisor.startRole({
      ...this.#common('beacon'),
      kind: 'beacon',
      keyName: beaconKeyName,
      port,
      rpcUrl,
      chainId,
      epochsContract: contracts.epochs,
      genesisSeconds,
      periodSeconds,
    })
  }

  startMiners(): Promise<readonly RoleInfo[]> {
    const { model } = this.#options
    return Promise.all(
      this.#names('miner', this.#options.miners).map((name) =>
        this.#supervisor.startRole({
          ...this.#common(name),
          kind: 'provider',
          netuid,
          engine: {
            kind: 'embedded',
            modelPath: model.path,
            ...(model.unsureBelow === undefined ? {} : { unsureBelow: model.unsureBelow }),
          },
          modelId: model.id,
          prices: localPrices,
          port: 0,
          maximumSequences: 4,
        }),
      ),
    )
  }

  startGateway(indexerUrl: string): Promise<RoleInfo> {
    const { maximumPrices, command } = this.#options
    return this.#supervisor.startRole({
      ...this.#common('gateway'),
      kind: 'gateway',
      port: this.#options.port,
      indexerUrl,
      isLocal: true,
      netuid,
      ...(maximumPrices === undefined ? {} : { maximumPrices }),
      ...(command === undefined ? {} : { command }),
    })
  }

  startValidators(gatewayUrl: string): Promise<readonly RoleInfo[]> {
    const keys = readApiKeys(this.#home)
    return Promise.all(
      this.validatorNames().map((name) =>
        this.#supervisor.startRole({
          ...this.#common(name),
          kind: 'validator',
          netuid,
          modelPath: this.#options.model.path,
          port: 0,
          gatewayUrl,
          isLocal: true,
          apiKey: keys.find((key) => key.label === name && key.revokedAtMs === undefined)?.apiKey ?? '',
        }),
      ),
    )
  }

  /** Everyone who holds money here, besides the treasury. */
  accountNames(): readonly string[] {
    const { miners } = this.#options
    return ['gateway', 'wallet', ...this.#names('miner', miners), ...this.validatorNames()]
  }

  validatorNames(): readonly string[] {
    return this.#names('validator', this.#options.validators)
  }

  #common(name: string): { readonly name: string; readonly homePath: string; readonly host: string } {
    return { name, homePath: this.#home.path, host: this.#options.host }
  }

  #names(prefix: string, count: number): readonly string[] {
    return Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`)
  }
}
