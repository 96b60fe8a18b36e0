/** The agent of one file, served for a home: its tasks, what it sells and buys, its name on the ledger and its place in the book. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AgentAnnouncer, type AgentDefinition, AgentServer, agentSchema, priceOf } from '@koinon/agents/provider'
import {
  formatUnits,
  isKoinonError,
  namingFetch,
  parseUnits,
  picoUsdDecimals,
  systemClock,
  systemRandom,
} from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import type { NetworkFile } from '@koinon/ledger'
import { type AccountKey, accountKey, type Home, noteRunningAgent } from '@koinon/node/home'
import { AgentListing, lockAgent, openAgentTill } from '@koinon/node/paywall'
import { createServicePayer, networkOf, type ServicePayer } from '@koinon/node/wallet'

export type HomeAgentOptions = {
  readonly home: Home
  readonly definition: AgentDefinition
  readonly host: string
  readonly port: number
  readonly publicUrl?: string
  /** Whether the gateway's book shall have it. */
  readonly isListed: boolean
  /** Whether the ledger shall have it (ERC-8004). */
  readonly isRegistered: boolean
  readonly say: (text: string) => void
  /** Our own text with the commands in it as they are typed here; never what handlers or gateways say. */
  readonly typed: (text: string) => string
}

/** What is told of an agent that is served. */
export type ServedAgent = {
  readonly url: string
  readonly services: readonly string[]
  /** Services that cost something, on a home that belongs to no network. */
  readonly left: readonly string[]
  readonly name: string
  readonly isJoined: boolean
  readonly account?: string
  readonly agent?: string
}

type Till = Awaited<ReturnType<typeof openAgentTill>>
type Parts = {
  readonly server: AgentServer
  readonly store: DurableStore
  readonly till: Till | undefined
  readonly payer: ServicePayer | undefined
  readonly listing: AgentListing | undefined
  readonly network: NetworkFile | undefined
  readonly key: AccountKey | undefined
  readonly unlock: () => void
}

export class HomeAgent {
  readonly #options: HomeAgentOptions
  readonly #parts: Parts
  #announcer: AgentAnnouncer | undefined
  #earned: string | undefined
  #forget: () => void = () => undefined

  /** Takes the agent's tasks for this process. Throws `agents/already-running`, `home/*`, `store/*` and as `openAgentTill`. */
  static async open(options: HomeAgentOptions): Promise<HomeAgent> {
    const { home, definition } = options
    const label = labelOf(definition)
    const unlock = await lockAgent(home, label)
    const network = existsSync(home.networkFile) ? networkOf(home) : undefined
    const till = network === undefined ? undefined : await openTill(options)
    const payer = network === undefined ? undefined : openPayer(options, label)
    const store = await DurableStore.open(join(home.path, `${label}.sqlite`), agentSchema)
    const server = createServer(options, store, till, payer)
    const key = network === undefined ? undefined : accountKey(home, label, systemRandom)
    const listing = network === undefined || key === undefined ? undefined : createListing(options, network, key, till)
    return new HomeAgent(options, { server, store, till, payer, listing, network, key, unlock })
  }

  private constructor(options: HomeAgentOptions, parts: Parts) {
    this.#options = options
    this.#parts = parts
  }

  /** Calls sold and what they earned; known once it has stopped, nothing where it does not sell. */
  get earned(): string | undefined {
    return this.#earned
  }

  async start(): Promise<ServedAgent> {
    const { definition } = this.#options
    const { server, listing, network, key } = this.#parts
    const url = await server.start()
    const startedAtMs = systemClock.nowMs()
    this.#forget = noteRunningAgent(this.#options.home, labelOf(definition), {
      name: definition.name,
      url,
      startedAtMs,
    })
    this.#register(url)
    this.#announce()
    const services = server.services.map(({ name }) => name)
    const left = definition.services.map(({ name }) => name).filter((name) => !services.includes(name))
    const agent = listing?.name
    if (network === undefined) {
      const { say, typed } = this.#options
      say(`${withoutNetwork(definition, left)} ${typed('Join one and run it again: koinon join URL')}`)
    }
    return {
      url,
      services,
      left,
      name: definition.name,
      isJoined: network !== undefined,
      ...(key === undefined ? {} : { account: key.address }),
      ...(agent === undefined ? {} : { agent }),
    }
  }

  async stop(): Promise<void> {
    const { server, till, payer, store, unlock } = this.#parts
    await this.#announcer?.stop()
    await server.stop()
    if (till !== undefined) this.#earned = await earnedSentence(till)
    await till?.stop()
    await payer?.close()
    await store.close()
    this.#forget()
    unlock()
  }

  /** Serving does not wait for the ledger. */
  #register(url: string): void {
    const { server, listing } = this.#parts
    if (listing?.known !== undefined) server.nameRegistrations([listing.known])
    void listing?.register(url).then((registration) => {
      if (registration !== undefined) server.nameRegistrations([registration])
    })
  }

  #announce(): void {
    const { server, network, key } = this.#parts
    if (network?.gatewayUrl === undefined || key === undefined || !this.#options.isListed) return
    this.#announcer = new AgentAnnouncer({
      gatewayUrl: network.gatewayUrl,
      chainId: network.chainId,
      secretKey: key.secretKey,
      content: () => server.documents().content,
      clock: systemClock,
      fetch: namingFetch(fetch),
      onAttempt: changesOf(network.gatewayUrl, this.#options.say),
    })
    this.#announcer.start()
  }
}

/** What does not work where the home belongs to no network. */
function withoutNetwork(definition: AgentDefinition, left: readonly string[]): string {
  const lacks = [
    'it is not registered and in no book',
    ...(left.length === 0 ? [] : [`what it sells is not served (${left.join(', ')})`]),
    ...(definition.budget === undefined ? [] : ['its handlers can buy nothing']),
  ]
  return `This home belongs to no network, so ${definition.name} runs alone: ${lacks.join('; ')}.`
}

/** The till of the home's account, where anything costs something. */
async function openTill({ home, definition }: HomeAgentOptions): Promise<Till | undefined> {
  if (!definition.services.some((service) => priceOf(service) > 0n)) return undefined
  accountKey(home, 'wallet', systemRandom)
  return openAgentTill(home, systemClock)
}

/** Who pays for what handlers buy, where the file allows it anything. */
function openPayer({ home, definition }: HomeAgentOptions, purpose: `agent-${string}`): ServicePayer | undefined {
  const totalPicoUsd = parseUnits(definition.budget?.maxTotalDollars ?? '0', picoUsdDecimals)
  return totalPicoUsd > 0n ? createServicePayer(home, totalPicoUsd, { purpose }) : undefined
}

function createServer(
  { definition, host, port, publicUrl, say }: HomeAgentOptions,
  store: DurableStore,
  till: Till | undefined,
  payer: ServicePayer | undefined,
): AgentServer {
  return new AgentServer({
    definition,
    host,
    port,
    store,
    clock: systemClock,
    random: systemRandom,
    fetch: namingFetch(fetch),
    onError: (error) => say(failureWords(error)),
    ...(till === undefined ? {} : { till }),
    ...(payer === undefined ? {} : { payer }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
  })
}

function createListing(
  { home, isRegistered, say, typed }: HomeAgentOptions,
  network: NetworkFile,
  key: AccountKey,
  till: Till | undefined,
): AgentListing | undefined {
  if (!isRegistered) return undefined
  const paid = till === undefined ? {} : { wallet: accountKey(home, 'wallet', systemRandom) }
  return new AgentListing({ home, network, key, say, typed, ...paid })
}

/** Says when the agent comes into the book, and each new reason why it is not there. */
function changesOf(gatewayUrl: string, say: (text: string) => void): (problem: string | undefined) => void {
  let problem: string | undefined
  let isListed = false
  return (next) => {
    if (next !== undefined && next !== problem) say(`not in the book of ${gatewayUrl}: ${next}`)
    if (next === undefined && !isListed) say(`in the book of ${gatewayUrl}, for as long as it runs`)
    isListed = next === undefined
    problem = next
  }
}

async function earnedSentence(till: Till): Promise<string> {
  const { calls, earnedAtomic } = await till.earnings()
  return `${calls} calls sold for ${formatUnits(BigInt(earnedAtomic), 6)} dollars`
}

function labelOf({ name }: AgentDefinition): `agent-${string}` {
  return `agent-${slug(name)}`
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
}

/** What a call ended with: what a buyer asks amiss is no fault of the agent's. */
function failureWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return isRefusal(error) ? `refused a call: ${text}` : `a handler failed: ${text}`
}

function isRefusal(error: unknown): boolean {
  const status = isKoinonError(error) ? Number(error.details?.['status']) : 0
  return status >= 400 && status < 500
}
