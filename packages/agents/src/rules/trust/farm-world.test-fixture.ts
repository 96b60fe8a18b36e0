/** Seeded markets with a farm of fake reviewers in them (specs/0023 section 6). */
import { type Address, bytesToHex, sha256, utf8ToBytes } from '@koinon/base'
import type { Funding, RatedAgent, Rating, SettledPayment, TrustInput, TrustSeed } from './trust-input.ts'

export type FarmStrategy =
  /** Fakes pay the farm's own agent with its own money and praise it. */
  | 'praise'
  /** Fakes pay the farm's own agent and name that payment in ratings of a rival. */
  | 'defame'
  /** Every fake is an agent too and pays the next: one sum goes round and everybody praises everybody. */
  | 'ring'
  /** Fakes buy from the rival what counts, for `budgetAtomic` together, and call it bad. */
  | 'buyAndDefame'
  /** Fakes buy all over the market for `budgetAtomic` together and praise the farm's own agent. */
  | 'buyAndPraise'

export type FarmWorldOptions = {
  readonly seed: string
  readonly reviewers: number
  readonly agents: number
  readonly fakes: number
  /** Purchases of one honest reviewer. */
  readonly purchases: number
  /** Who is believed to begin with: the first honest reviewer, or the first ten by stake. */
  readonly seeds: 'reader' | 'stake'
  /** False: the farm pays its fakes from accounts that nobody can link to it. */
  readonly isLinked: boolean
  /** What the farm may really spend at honest sellers. */
  readonly budgetAtomic: bigint
}

/** A market before and after the farm comes. `rival` is the best honest agent's id, `own` the farm's. */
export type FarmWorld = {
  readonly before: TrustInput
  readonly after: TrustInput
  readonly rival: string
  readonly own: string
}

const cent = 10_000n
const washAtomic = 1_000_000n

export function farmWorld(options: FarmWorldOptions, strategy: FarmStrategy): FarmWorld {
  const draw = drawer(options.seed)
  const honest = honestMarket(options, draw)
  const own: RatedAgent = { agentId: `${options.agents}`, wallet: account('farm wallet'), owner: account('farm owner') }
  const before: TrustInput = { ...honest.market, agents: [...honest.market.agents, own] }
  const fakes = Array.from({ length: options.fakes }, (_, index) => account(`fake ${index}`))
  const move = moves[strategy]({ ...options, honest: before, rival: honest.best, own, fakes, draw })
  return {
    before,
    after: {
      ...before,
      agents: [...before.agents, ...(move.agents ?? [])],
      payments: [...before.payments, ...move.payments],
      fundings: [...before.fundings, ...(options.isLinked ? move.fundings : [])],
      ratings: [...before.ratings, ...move.ratings],
    },
    rival: honest.best.agentId,
    own: own.agentId,
  }
}

/** What was settled to one account, atomic units. */
export function revenueOf({ payments }: Pick<TrustInput, 'payments'>, wallet: Address): bigint {
  return payments.reduce((sum, { payee, amountAtomic }) => (payee === wallet ? sum + amountAtomic : sum), 0n)
}

type Draw = (below: number) => number

function honestMarket({ reviewers, agents, purchases, seeds }: FarmWorldOptions, draw: Draw) {
  const sellers = Array.from({ length: agents }, (_, index) => ({
    agent: { agentId: `${index}`, wallet: account(`wallet ${index}`), owner: account(`owner ${index}`) },
    qualityMicro: 300_000 + draw(650_000),
  }))
  const payments: SettledPayment[] = []
  const ratings: Rating[] = []
  for (let index = 0; index < reviewers; index += 1) {
    const reviewer = account(`reviewer ${index}`)
    for (let purchase = 0; purchase < purchases; purchase += 1) {
      const { agent, qualityMicro } = sellers[draw(agents)] as (typeof sellers)[number]
      // From one cent to about ten dollars, small ones often.
      const amountAtomic = cent * BigInt(1 + draw(2 ** (1 + draw(10))))
      payments.push({ payer: reviewer, payee: agent.wallet, amountAtomic })
      const noisy = qualityMicro + draw(200_001) - 100_000
      ratings.push({ reviewer, agentId: agent.agentId, valueMicro: Math.min(1_000_000, Math.max(0, noisy)) })
    }
  }
  const trusted: TrustSeed[] = Array.from({ length: seeds === 'reader' ? 1 : 10 }, (_, index) => ({
    account: account(`reviewer ${index}`),
    weight: BigInt(1 + draw(100)),
  }))
  const [best] = [...sellers].sort((a, b) => b.qualityMicro - a.qualityMicro)
  const market: TrustInput = {
    agents: sellers.map(({ agent }) => agent),
    payments,
    fundings: [],
    ratings,
    seeds: trusted,
  }
  return { market, best: (best as (typeof sellers)[number]).agent }
}

type Scene = Omit<FarmWorldOptions, 'fakes'> & {
  readonly honest: TrustInput
  readonly rival: RatedAgent
  readonly own: RatedAgent
  readonly fakes: readonly Address[]
  readonly draw: Draw
}
type Move = {
  readonly agents?: readonly RatedAgent[]
  readonly payments: readonly SettledPayment[]
  readonly fundings: readonly Funding[]
  readonly ratings: readonly Rating[]
}

const moves: Readonly<Record<FarmStrategy, (scene: Scene) => Move>> = {
  praise: ({ fakes, own }) => ({ ...wash(fakes, own), ratings: all(fakes, own, 1_000_000) }),
  defame: ({ fakes, own, rival }) => ({ ...wash(fakes, own), ratings: all(fakes, rival, 0) }),
  ring: ({ fakes, own, agents }) => {
    const members = fakes.map((fake, index) => ({ agentId: `${agents + 1 + index}`, wallet: fake, owner: fake }))
    const next = (index: number): RatedAgent => members[(index + 1) % members.length] as RatedAgent
    return {
      agents: members,
      payments: [
        ...fakes.map((payer, index) => ({ payer, payee: next(index).wallet, amountAtomic: washAtomic })),
        ...fakes.map((payer) => ({ payer, payee: own.wallet, amountAtomic: washAtomic })),
      ],
      fundings: fakes.map((to) => ({ from: own.wallet, to, amountAtomic: washAtomic })),
      ratings: [
        ...fakes.map((reviewer, index) => ({ reviewer, agentId: next(index).agentId, valueMicro: 1_000_000 })),
        ...all(fakes, own, 1_000_000),
      ],
    }
  },
  buyAndDefame: ({ fakes, rival, budgetAtomic }) => ({
    payments: spend(budgetAtomic, fakes, () => rival.wallet),
    fundings: [],
    ratings: all(fakes, rival, 0),
  }),
  buyAndPraise: ({ fakes, own, honest, budgetAtomic, draw }) => {
    const washed = wash(fakes, own)
    const sellers = honest.agents.filter(({ agentId }) => agentId !== own.agentId)
    const bought = spend(budgetAtomic, fakes, () => (sellers[draw(sellers.length)] as RatedAgent).wallet)
    return { ...washed, payments: [...washed.payments, ...bought], ratings: all(fakes, own, 1_000_000) }
  },
}

function wash(fakes: readonly Address[], own: RatedAgent): Pick<Move, 'payments' | 'fundings'> {
  return {
    payments: fakes.map((payer) => ({ payer, payee: own.wallet, amountAtomic: washAtomic })),
    fundings: fakes.map((to) => ({ from: own.owner, to, amountAtomic: washAtomic })),
  }
}

/** Purchases of at least a cent each, by as many fakes as the money is enough for. */
function spend(budgetAtomic: bigint, fakes: readonly Address[], choose: () => Address): readonly SettledPayment[] {
  const affordable = Number(budgetAtomic / cent)
  const buyers = fakes.slice(0, affordable)
  if (buyers.length === 0) return []
  const amountAtomic = budgetAtomic / BigInt(buyers.length)
  return buyers.map((payer) => ({ payer, payee: choose(), amountAtomic }))
}

function all(fakes: readonly Address[], { agentId }: RatedAgent, valueMicro: number): readonly Rating[] {
  return fakes.map((reviewer) => ({ reviewer, agentId, valueMicro }))
}

function account(name: string): Address {
  return bytesToHex(sha256(utf8ToBytes(`koinon farm world ${name}`)).subarray(0, 20)) as Address
}

/** Whole numbers below a bound from SHA-256 in counter mode; the bias of the remainder is below 2^-20. */
function drawer(seed: string): Draw {
  let counter = 0
  let block: DataView = new DataView(new ArrayBuffer(0))
  let at = 0
  return (below) => {
    if (at >= block.byteLength) {
      const bytes = sha256(utf8ToBytes(`${seed} ${counter++}`))
      block = new DataView(bytes.buffer, bytes.byteOffset, 32)
      at = 0
    }
    const value = block.getUint32(at)
    at += 4
    return value % below
  }
}
