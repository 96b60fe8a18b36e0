/** A whole network on one machine: every role as a process, started in order, each start idempotent, so that any crash is mended by the next start. */
import { existsSync } from 'node:fs'
import { type Address, type Clock, KoinonError, systemRandom } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import type { CommandStyle } from '@koinon/work/dashboard'
import { readApiKeys, type StoredApiKey } from '../home/api-keys.ts'
import { type Home, openHome } from '../home/home.ts'
import { lockHome } from '../home/lock.ts'
import { accountKey } from '../home/secrets.ts'
import type { Prices } from '../roles/role-config.ts'
import { ControlServer, controlSocketPath } from '../supervisor/control.ts'
import { Supervisor } from '../supervisor/supervisor.ts'
import { ensureNetwork } from './contracts.ts'
import { type FaucetDoor, faucetByDefault } from './faucet.ts'
import { FoundedSubnets, memberNames } from './founded-subnets.ts'
import { gasMoneyOf } from './gas-money.ts'
import { type BeaconChoice, homeBeacon } from './home-beacon.ts'
import { LedgerKeeper } from './ledger-keeper.ts'
import { homeNetwork, type LedgerSource } from './ledger-source.ts'
import { LocalOperator } from './local-operator.ts'
import { LocalRoles } from './local-roles.ts'
import { type ModelFile, modelManifest, noteServedModel } from './model.ts'
import { PageDoor } from './page-door.ts'
import { localFunding, localKeyDeposits } from './parameters.ts'
import { requireFreePort } from './port.ts'
import { requirePublishedHost } from './published-host.ts'
import type { TemplateName } from './subnet-files.ts'
import { inferenceSpecHash } from './subnet-spec.ts'
import { fundAccount, type Treasury } from './treasury.ts'

export type LocalNetworkOptions = {
  readonly homePath: string
  /** One IPv4 address or name of this machine: all its servers bind it, and it is told to others as theirs. */
  readonly host: string
  readonly port: number
  readonly ledger: LedgerSource
  readonly model: ModelFile
  readonly miners: number
  readonly validators: number
  readonly postgresUrl?: string
  /** Template subnets to run beside subnet 1. */
  readonly templates?: readonly TemplateName[]
  /** Of subnets that are founded now, the first among them; subnets that stand keep theirs. Default 60. */
  readonly epochSeconds?: number
  /** Unless given, strangers get test money only where they are on this machine and gas is made from nothing. */
  readonly faucet?: FaucetDoor
  /** What validators seal their rows to; what the home has when left out, at first a stand-in of its own. */
  readonly beacon?: BeaconChoice
  /** Most that the gateway pays for single models, by id; beside the bounds that hold for all. */
  readonly maximumPrices?: Readonly<Record<string, Prices>>
  /** How the page writes commands; as `koinon` without a home unless given. */
  readonly command?: CommandStyle
  readonly clock: Clock
  readonly onStep: (step: NetworkStep) => void
  readonly onProgress: (role: string, text: string) => void
}

/** A named step of the start, told when it begins and when it ends. */
export type NetworkStep = {
  readonly name: string
  readonly state: 'begun' | 'done'
  readonly durationMs?: number
  readonly detail?: string
}

export type ReadyNetwork = {
  readonly gatewayUrl: string
  /** The page, with a code that lets one browser act for the owner. */
  readonly pageUrl: string
  readonly rpcUrl: string
  readonly network: NetworkFile
  readonly demoKey: StoredApiKey
  readonly home: Home
}

export class LocalNetwork {
  readonly #options: LocalNetworkOptions
  readonly #home: Home
  readonly #supervisor: Supervisor
  readonly #roles: LocalRoles
  readonly #page: PageDoor
  #operator: LocalOperator | undefined
  #founded: FoundedSubnets | undefined
  #control: ControlServer | undefined
  #lock: { release(): void } | undefined
  #keeper: LedgerKeeper | undefined
  #requestStop: () => void = () => undefined
  #giveUp: (error: KoinonError) => void = () => undefined
  /** Resolves when somebody asks the network to stop through the control socket; rejects when it cannot go on. */
  readonly stopRequested: Promise<void>

  constructor(options: LocalNetworkOptions) {
    this.#options = options
    this.#home = openHome(options.homePath)
    this.#page = new PageDoor({ host: options.host, port: options.port, random: systemRandom })
    this.#supervisor = new Supervisor({
      home: this.#home,
      clock: options.clock,
      onProgress: options.onProgress,
      onAsk: (role, method, params) => this.#answer(role.name, method, params),
    })
    this.#roles = new LocalRoles(options, this.#home, this.#supervisor)
    this.stopRequested = new Promise((resolve, reject) => {
      this.#requestStop = resolve
      this.#giveUp = reject
    })
    this.stopRequested.catch(() => undefined)
  }

  /** Starts everything and resolves when a question would be answered. On failure everything is stopped again. */
  async start(): Promise<ReadyNetwork> {
    const { clock } = this.#options
    const controlSocket = controlSocketPath(this.#home)
    this.#lock = lockHome(this.#home, { pid: process.pid, startedAtMs: clock.nowMs(), controlSocket })
    try {
      return await this.#start(controlSocket)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Stops roles, then the ledger, then gives the home back. Safe to call at any time and more than once. */
  async stop(): Promise<void> {
    await this.#control?.stop()
    this.#control = undefined
    await this.#keeper?.stop()
    this.#keeper = undefined
    await this.#supervisor.stop()
    this.#lock?.release()
    this.#lock = undefined
  }

  async #start(controlSocket: string): Promise<ReadyNetwork> {
    const { host, port, ledger } = this.#options
    const beacon = await this.#step('ports and model', async () => {
      const known = homeNetwork(this.#home, ledger)
      await requirePublishedHost(host)
      await requireFreePort(host, port, '--port')
      if (ledger.kind === 'embedded') await requireFreePort(host, ledger.rpcPort, '--rpc-port')
      if (!existsSync(this.#options.model.path)) throw noModel(this.#options.model.path)
      noteServedModel(this.#home, this.#options.model)
      return homeBeacon(this.#home, host, known, this.#options.beacon)
    })
    const gatewayUrl = `http://${host}:${port}`
    const rpcUrl = ledger.kind === 'embedded' ? await this.#startLedger(ledger.rpcPort) : ledger.rpcUrl
    const { templates = [], epochSeconds } = this.#options
    const pace = epochSeconds === undefined ? {} : { epochSeconds }
    const accounts = [...this.#roles.accountNames(), ...memberNames(this.#home, templates)].map(
      (name) => accountKey(this.#home, name, systemRandom).address,
    )
    const treasury = await this.#step(
      'contracts and subnet 1',
      async () => {
        const { id, path } = this.#options.model
        const defaultModel = { model: id, manifest: await modelManifest(path) }
        const specHash = inferenceSpecHash()
        const deployed = {
          home: this.#home,
          source: ledger,
          rpcUrl,
          gatewayUrl,
          specHash,
          defaultModel,
          beacon,
          ...pace,
        }
        // Gas of an embedded ledger is made as it is needed.
        return ensureNetwork({ ...deployed, accounts: ledger.kind === 'embedded' ? [] : accounts })
      },
      ({ network }) => `chain ${network.chainId}`,
    )
    const indexer = this.#roles.startIndexer()
    indexer.catch(() => undefined)
    const rounds = this.#roles.startBeacon(treasury.network)
    rounds.catch(() => undefined)
    await this.#step('accounts', () => this.#fundRoles(treasury))
    this.#operator = new LocalOperator({
      home: this.#home,
      treasury,
      gatewayUrl,
      modelPath: this.#options.model.path,
      clock: this.#options.clock,
      page: this.#page,
      faucet: this.#options.faucet ?? faucetByDefault(host, ledger),
      roleAccounts: accounts.length,
      roles: () => this.#supervisor.status(),
    })
    await this.#step(
      'miners',
      () => this.#roles.startMiners(),
      (miners) => `${miners.length} miners`,
    )
    const indexerInfo = await this.#step('index', () => indexer)
    // It starts beside the others and is there long before them.
    await rounds
    await this.#step('gateway', () => this.#roles.startGateway(indexerInfo.url as string))
    const demoKey = await this.#step('API keys', () => this.#makeKeys())
    await this.#step(
      'validators',
      () => this.#roles.startValidators(gatewayUrl),
      (list) => `${list.length} validators`,
    )
    this.#founded = new FoundedSubnets({ home: this.#home, host, treasury, supervisor: this.#supervisor, ...pace })
    const founded = this.#founded
    await this.#step(
      'more subnets',
      () => founded.start(templates),
      (list) => list.map(({ netuid, name }) => `${netuid} ${name}`).join(', ') || 'none',
    )
    await this.#step('gateway finds miners', () => this.#waitUntilRouted(gatewayUrl))
    this.#control = new ControlServer(controlSocket, (method, params) => this.#answer('control', method, params))
    await this.#control.start()
    if (ledger.kind === 'external') this.#keepLedger(treasury, accounts)
    return { gatewayUrl, pageUrl: this.#page.link(), rpcUrl, network: treasury.network, demoKey, home: this.#home }
  }

  async #answer(from: string, method: string, params: unknown): Promise<unknown> {
    if (method === 'stop' && from === 'control') {
      this.#requestStop()
      return {}
    }
    if (method === 'roles') return this.#supervisor.status()
    if (method === 'subnet.deploy' && from === 'control' && this.#founded !== undefined) {
      return this.#founded.deploy(String((params as { readonly file?: unknown } | null)?.file))
    }
    if (this.#operator === undefined) {
      throw new KoinonError({ code: 'node/starting', message: 'The network is still starting', retry: 'later' })
    }
    return this.#operator.answer(method, params)
  }

  async #startLedger(rpcPort: number): Promise<string> {
    const chain = await this.#step(
      'ledger',
      () => this.#roles.startChain(rpcPort),
      (info) => `block ${info.facts?.['blockNumber']}`,
    )
    return chain.url as string
  }

  #keepLedger(treasury: Treasury, accounts: readonly Address[]): void {
    this.#keeper = new LedgerKeeper({
      treasury,
      accounts,
      clock: this.#options.clock,
      intervalMs: keeperIntervalMs,
      onGone: (error) => this.#giveUp(error),
      onNotice: (sentence) => this.#options.onProgress('ledger', sentence),
    })
    this.#keeper.start()
  }

  async #makeKeys(): Promise<StoredApiKey> {
    const operator = this.#operator as LocalOperator
    for (const name of this.#roles.validatorNames()) {
      await operator.ensureApiKey(name, name, localKeyDeposits.validator)
    }
    const demoKey = await operator.ensureApiKey('demo', 'wallet', localKeyDeposits.demo)
    await operator.finishApiKeys('wallet')
    return demoKey
  }

  async #fundRoles(treasury: Treasury): Promise<void> {
    const { roleWei } = await gasMoneyOf(treasury.reader, treasury.network)
    const isNew = readApiKeys(this.#home).length === 0
    // What its owner or a validator has spent since the first start is not given again.
    const onceOnly = (name: string): boolean => name === 'wallet' || name.startsWith('validator')
    const nothing = { koin: 0n, dollar: 0n }
    await Promise.all(
      this.#roles.accountNames().map((name) => {
        const { address } = accountKey(this.#home, name, systemRandom)
        const kind = name.replace(/-\d+$/, '') as keyof typeof localFunding
        const tokens = isNew || !onceOnly(name) ? localFunding[kind] : nothing
        return fundAccount(treasury, address, { nativeWei: roleWei, ...tokens })
      }),
    )
  }

  /** The gateway may be up before it has looked at every miner's offer. */
  async #waitUntilRouted(gatewayUrl: string): Promise<void> {
    const until = this.#options.clock.nowMs() + routeDeadlineMs
    while (this.#options.clock.nowMs() < until) {
      const response = await fetch(`${gatewayUrl}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(
        () => undefined,
      )
      await response?.body?.cancel()
      if (response?.status === 200) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new KoinonError({
      code: 'node/not-routed',
      message: 'The gateway reaches no miner',
      hint: 'See "koinon logs gateway" and "koinon logs miner-1".',
      retry: 'later',
    })
  }

  async #step<result>(
    name: string,
    work: () => Promise<result>,
    describe?: (result: result) => string,
  ): Promise<result> {
    const begunAtMs = this.#options.clock.nowMs()
    this.#options.onStep({ name, state: 'begun' })
    const result = await work()
    const detail = describe?.(result)
    this.#options.onStep({
      name,
      state: 'done',
      durationMs: this.#options.clock.nowMs() - begunAtMs,
      ...(detail === undefined ? {} : { detail }),
    })
    return result
  }
}

/** Channels to the miners are opened meanwhile: a few blocks of a slow chain. */
const routeDeadlineMs = 90_000
const keeperIntervalMs = 5_000

function noModel(path: string): KoinonError {
  return new KoinonError({
    code: 'node/no-model',
    message: `There is no model file at ${path}`,
    hint: 'Give a GGUF file with --model FILE.gguf.',
  })
}
