/** The payer of a home: its wallet's account pays for single calls in the network's dollar, within limits. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Address,
  dollarDecimals,
  formatUnits,
  isKoinonError,
  KoinonError,
  signDigest,
  systemRandom,
} from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerReader, type NetworkFile, readDollarDomain } from '@koinon/ledger'
import {
  type Challenge,
  durablePayerStore,
  type GrantedDelegation,
  localPaymentSigner,
  Payer,
  payerLedger,
  payerSchema,
} from '@koinon/payments/client'
import { createMppClientWire } from '@koinon/payments/mpp'
import { type AllowedAsset, delegationHash, type PayerChannel } from '@koinon/payments/rules'
import { createPayingFetch, type SignInSigner, signInHeaders } from '@koinon/payments/x402'
import type { Home } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'
import { type AccountKey, accountKey } from '../home/secrets.ts'
import { readBalances } from '../local/treasury.ts'
import { askFaucet } from './faucet.ts'
import { type HomeBudget, openHomeBudget } from './home-budget.ts'
import { openHomeDelegation } from './home-delegation.ts'
import { holdPayerStore } from './payer-lock.ts'
import { tellingFetch } from './telling-fetch.ts'
import { tellingSigner } from './telling-signer.ts'

/** Atomic units of the network's dollar. */
export type HomePayerLimits = {
  readonly maximumPerCallAtomic: bigint
  /** What this run may spend, beyond what was spent before it. */
  readonly maximumTotalAtomic?: bigint
  readonly maximumInChannelsAtomic: bigint
  /** Label or hash of the budget that all spending goes through; without it the wallet's account pays. */
  readonly budget?: string
  /** A smart account's delegation to the home's key: its account fills the channels, and nothing else is paid. Not beside a budget. */
  readonly delegation?: GrantedDelegation
  /** Streams are paid by the step where their sellers offer it; from a budget also without it where the whole is more than may be spent. */
  readonly takesSteps?: boolean
  /** Who paid for a page before shows it by a signature of the wallet, where its seller offers that. Not beside a budget or a delegation. */
  readonly signsIn?: boolean
  /** Hears of what takes long: money from the faucet, a channel's first deposit, sellers that are not ready. */
  readonly say?: (text: string) => void
}

export type HomePayer = {
  readonly account: Address
  readonly network: NetworkFile
  /** The network's dollar, as the payer knows it. */
  readonly asset: AllowedAsset
  readonly payer: Payer
  readonly fetch: typeof globalThis.fetch
  close(): Promise<void>
}

/** Whose store it is, and part of every channel's salt. */
export type PayerPurpose = 'pay' | 'proxy' | 'mcp' | 'sdk' | `agent-${string}`

/** Twenty calls, what a first deposit holds. */
const callsAhead = 20n
const timeouts = { maximumTimeoutSeconds: 3_600, maximumWithdrawDelaySeconds: 86_400 } as const

/**
 * Opens the payer of a home that belongs to a network; makes its account if there is none and, where dollars are worth nothing, asks the faucet when
 * a price is more than it holds. `purpose` names its store, or the budget does: one process at a time has it. With a budget the wallet's key signs
 * nothing but the transactions that carry the budget's deposits; with a delegation the same. Throws `home/*`, `ledger/*`, `wallet/payer-in-use` and as `openHomeBudget`.
 */
export async function openHomePayer(home: Home, purpose: PayerPurpose, limits: HomePayerLimits): Promise<HomePayer> {
  const network = networkOf(home)
  const key = accountKey(home, 'wallet', systemRandom)
  const folder = join(home.path, 'payer')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const reader = createLedgerReader(network)
  const tellDeposit = () => limits.say?.('a deposit into a channel is sent, which takes as long as the chain does')
  const budget =
    limits.budget === undefined
      ? undefined
      : await openHomeBudget(home, network, reader, limits.budget, key, tellDeposit)
  const delegated =
    limits.delegation === undefined
      ? undefined
      : await openHomeDelegation(home, network, reader, limits.delegation, key, tellDeposit)
  const name = storeNameOf(purpose, budget, limits.delegation)
  const path = join(folder, `${name}.db`)
  let release: (() => void) | undefined
  let store: DurableStore | undefined
  try {
    release = await holdPayerStore(`${path}.lock`)
    const { name, version } = await readDollarDomain(reader, network.contracts.dollar)
    store = await DurableStore.open(path, payerSchema)
    const records = durablePayerStore(store)
    const asset = {
      chainId: network.chainId,
      token: network.contracts.dollar,
      name,
      version,
      decimals: dollarDecimals,
      escrow: network.contracts.channels,
      collector: network.contracts.depositCollector,
    }
    const {
      maximumTotalAtomic,
      maximumPerCallAtomic,
      maximumInChannelsAtomic,
      takesSteps = false,
      signsIn = false,
      say,
    } = limits
    const signer = budget?.signer ?? delegated?.signer ?? localPaymentSigner(key.secretKey)
    const payer = new Payer({
      signer: say === undefined ? signer : tellingSigner(signer, say),
      store: records,
      ledger: payerLedger(reader),
      purpose: budget !== undefined ? 'budget' : delegated === undefined ? purpose : 'delegation',
      policy: {
        ...timeouts,
        maximumPerCallAtomic,
        maximumInChannelsAtomic,
        ...(maximumTotalAtomic === undefined
          ? {}
          : { maximumTotalAtomic: (await spentBefore(records)) + maximumTotalAtomic }),
        assets: [asset],
      },
    })
    await payer.start()
    const [opened, unlock] = [store, release]
    return {
      account: payer.address,
      network,
      asset,
      payer,
      fetch: createPayingFetch({
        payer,
        wires: [createMppClientWire({ assets: [asset] })],
        ...(signsIn
          ? {
              beforePaying: async (challenge, url) => {
                const headers = await signInHeaders(challenge, url, network.chainId, walletSigner(key))
                if (headers !== undefined) say?.(`${url} may know ${key.address} as who paid before: signing in ...`)
                return headers
              },
            }
          : {}),
        ...(takesSteps ? { steps: 'always' } : budget === undefined ? {} : { steps: 'beyondLimits' }),
        ...(say === undefined ? {} : { fetch: tellingFetch(globalThis.fetch, say) }),
        onChallenge: async (challenge) => {
          const price = priceOf(challenge, network)
          if (price === undefined || price > limits.maximumPerCallAtomic || payer.address !== key.address) return
          if (hasRoom(payer.channels(), challenge, price)) return
          const { dollar } = await readBalances(reader, network, key.address)
          if (dollar >= price * callsAhead || !network.isTest) return
          say?.(`asking the faucet for test dollars for ${key.address} ...`)
          await askFaucet(network, key.address, home).catch((cause: unknown) => {
            if (dollar < price) throw noMoney(key.address, dollar, cause)
          })
        },
      }),
      async close() {
        await opened.close()
        unlock()
        await budget?.close()
      },
    }
  } catch (error) {
    await store?.close()
    release?.()
    await budget?.close()
    throw error
  }
}

function walletSigner({ address, secretKey }: AccountKey): SignInSigner {
  return { address, signDigest: async (digest) => signDigest(digest, secretKey) }
}

/** A store knows every commitment of its key. */
function storeNameOf(purpose: PayerPurpose, budget?: HomeBudget, delegation?: GrantedDelegation): string {
  if (budget !== undefined) return `budget-${budget.grantHash.slice(2)}`
  return delegation === undefined ? purpose : `delegation-${delegationHash(delegation.delegations[0]).slice(2)}`
}

/** Whether a channel to who asks holds the price: then no balance is needed, and no ledger asked for it. */
function hasRoom(channels: readonly PayerChannel[], { options }: Challenge, price: bigint): boolean {
  return channels.some(
    ({ config, isClosed, depositAtomic, owedAtomic }) =>
      !isClosed &&
      depositAtomic - owedAtomic >= price &&
      options.some(({ backEnd, terms }) => backEnd === 'channel' && terms.payTo === config.receiver),
  )
}

/** The lowest price asked in the network's dollar. */
function priceOf({ options }: Challenge, { chainId, contracts }: NetworkFile): bigint | undefined {
  const prices = options
    .filter(({ terms }) => terms.chainId === chainId && terms.asset.token === contracts.dollar)
    .map(({ terms }) => terms.maximumAtomic)
  return prices.length === 0 ? undefined : prices.reduce((least, price) => (price < least ? price : least))
}

async function spentBefore(records: ReturnType<typeof durablePayerStore>): Promise<bigint> {
  const { calls } = await records.load()
  return calls.reduce((sum, call) => sum + (call.state === 'open' ? call.maximumAtomic : call.chargedAtomic), 0n)
}

function noMoney(account: Address, dollarAtomic: bigint, cause: unknown): KoinonError {
  return new KoinonError({
    code: 'wallet/not-enough-dollars',
    message: `The account ${account} holds ${formatUnits(dollarAtomic, dollarDecimals)} dollars, less than the price, and the faucet gave nothing${isKoinonError(cause) ? `: ${cause.message}` : ''}`,
    hint: 'Have dollars sent to the account, then try again.',
    cause,
  })
}
