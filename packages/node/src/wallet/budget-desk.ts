/** What an owner does with budgets: grants, revokes, approves, asks what would happen. */
import { jobsOf } from '@koinon/agents/client'
import {
  bytesToHex,
  type Clock,
  type Hex,
  hexToBytes,
  KoinonError,
  type Random,
  secretKeyToAddress,
  signDigest,
  zeroHash,
} from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { budgetDelegateAbi } from '@koinon/ledger/abis'
import {
  budgetDelegateAddress,
  budgetSchema,
  createBudgetChain,
  delegateOf,
  deployBudgetDelegate,
  forecastIntent,
  fundByQuoteSelector,
  hireSelector,
  setDelegate,
} from '@koinon/payments/client/budget'
import {
  type BudgetGrant,
  budgetApprovalDigest,
  budgetGrantHash,
  budgetGrantToJson,
  budgetRevocationDigest,
  grantWords,
  parseBudgetGrant,
  parseGrantChain,
} from '@koinon/payments/rules'
import { budgetBooks, findBudget, type StoredBudget, saveBudget } from '../home/budgets.ts'
import type { Home } from '../home/home.ts'
import type { AccountKey } from '../home/secrets.ts'
import { ensureGas } from './ensure-gas.ts'

/** A grant holds from so long before now: the newest block, by whose time the ledger judges it, may be older than this clock. */
const ledgerLagSeconds = 60

/** A grant as a person asks for it; who owns and who spends is added. */
export type BudgetTerms = Omit<
  BudgetGrant,
  'owner' | 'agent' | 'parentGrant' | 'asset' | 'revocationNonce' | 'validFrom'
>

export type BudgetDeskOptions = {
  readonly home: Home
  readonly network: NetworkFile
  /** The owner. */
  readonly key: AccountKey
  readonly clock: Clock
  readonly random: Random
}

/** The owner's side of budgets in a home. Grants, approvals and revocations are signed here; what is spent the agent's signer signs. */
export class BudgetDesk {
  readonly #options: BudgetDeskOptions

  constructor(options: BudgetDeskOptions) {
    this.#options = options
  }

  /**
   * Makes a grant without signing it: with a new key, or for `agent`. The owner's present nonce is read from the ledger. Throws
   * `payments/bad-budget-grant` and `payments/ledger-unreachable`.
   */
  async draft(terms: BudgetTerms, agent?: Hex): Promise<{ readonly grant: BudgetGrant; readonly sessionKey?: Hex }> {
    const { network, key, clock, random } = this.#options
    const sessionKey = agent === undefined ? random(32) : undefined
    const chain = createBudgetChain({ reader: createLedgerReader(network), unsettledBlocks: 0 })
    const { revocationNonce } = await chain.readRevocations(key.address, [])
    const grant = parseBudgetGrant({
      ...terms,
      owner: key.address,
      agent: agent ?? secretKeyToAddress(sessionKey as Uint8Array),
      parentGrant: zeroHash,
      asset: network.contracts.dollar,
      validFrom: Math.floor(clock.nowMs() / 1000) - ledgerLagSeconds,
      revocationNonce,
    })
    return sessionKey === undefined ? { grant } : { grant, sessionKey: bytesToHex(sessionKey) }
  }

  /** A grant in sentences. */
  words(grant: BudgetGrant): readonly string[] {
    return grantWords(grant, this.#options.network.contracts)
  }

  /** Signs a drafted grant and keeps it. */
  grant(label: string, draft: { readonly grant: BudgetGrant; readonly sessionKey?: Hex }): StoredBudget {
    const { network, key, clock, home } = this.#options
    const { grant, sessionKey } = draft
    const grantHash = budgetGrantHash(grant, network.chainId)
    const signature = signDigest(hexToBytes(grantHash), key.secretKey)
    const grants = [{ grant: budgetGrantToJson(grant), signature }]
    const createdAtMs = clock.nowMs()
    const budget = { label, grantHash, grants, createdAtMs, ...(sessionKey === undefined ? {} : { sessionKey }) }
    saveBudget(home, budget)
    return budget
  }

  /** Sees that the owner's account can pay for what goes to the ledger. Throws `wallet/no-gas`. */
  ensureGas(): Promise<void> {
    const { network, key, home } = this.#options
    return ensureGas(network, createLedgerReader(network), key.address, home)
  }

  /** Whether keys can put money of the owner's account into channels. Throws `payments/ledger-unreachable`, `payments/not-a-key-account`. */
  async keysCanDeposit(): Promise<boolean> {
    const { network, key } = this.#options
    const delegate = await delegateOf(createLedgerReader(network), key.address)
    return delegate === budgetDelegateAddress(network.contracts.channels)
  }

  /** Lets the owner's account delegate to the budgets' code, so that keys can deposit. Throws `wallet/no-gas`, `ledger/*`, `payments/other-delegate`. */
  async delegate(): Promise<Hex> {
    const { network, key } = this.#options
    const reader = createLedgerReader(network)
    await this.ensureGas()
    const writer = createLedgerWriter(network, key.privateKey)
    const present = await delegateOf(reader, key.address)
    const delegate = await deployBudgetDelegate(
      reader,
      new TransactionSender(reader, writer),
      network.contracts.channels,
    )
    if (present === delegate) return delegate
    if (present !== undefined) {
      throw new KoinonError({
        code: 'payments/other-delegate',
        message: `The account already delegates to other code, ${present}`,
        hint: 'Use an account of its own for budgets.',
      })
    }
    await setDelegate(reader, writer, delegate)
    return delegate
  }

  /** Ends a budget: for signers of this home at once, and with `isOnChain` for everybody. Throws `home/no-budget` and `ledger/*`. */
  async revoke(name: string, isOnChain: boolean): Promise<StoredBudget> {
    const { home, network, key, clock } = this.#options
    const budget = findBudget(home, name)
    const grant = budget.grantHash
    const signature = signDigest(budgetRevocationDigest({ grant }, network.chainId), key.secretKey)
    await this.#write('insert or replace into budget_revocations values (?, ?)', [grant, signature])
    const revoked = { ...budget, revokedAtMs: budget.revokedAtMs ?? clock.nowMs() }
    saveBudget(home, revoked)
    if (isOnChain) {
      await this.delegate()
      const reader = createLedgerReader(network)
      const sender = new TransactionSender(reader, createLedgerWriter(network, key.privateKey))
      await sender.call({ address: key.address, abi: budgetDelegateAbi, functionName: 'revokeBudget', args: [grant] })
    }
    return revoked
  }

  /** Whether the ledger refuses its key too. Throws `home/no-budget` and `payments/ledger-unreachable`. */
  async isRevokedOnLedger(name: string): Promise<boolean> {
    const { home, network } = this.#options
    const { grantHash, grants } = findBudget(home, name)
    const [top] = parseGrantChain(grants).map(({ grant }) => grant)
    const { owner, revocationNonce } = top as BudgetGrant
    const chain = createBudgetChain({ reader: createLedgerReader(network), unsettledBlocks: 0 })
    const now = await chain.readRevocations(owner, [grantHash])
    return now.revoked.length > 0 || now.revocationNonce !== revocationNonce
  }

  /** Says yes or no to a proposal by its intent's hash. The agent asks again then. Throws `home/no-budget`. */
  async approve(name: string, intent: Hex, isApproved: boolean): Promise<void> {
    const { home, network, key } = this.#options
    const grant = findBudget(home, name).grantHash
    const signature = signDigest(budgetApprovalDigest({ grant, intent, isApproved }, network.chainId), key.secretKey)
    const values = [grant, intent, isApproved ? 1 : 0, signature]
    await this.#write('insert or replace into budget_approvals values (?, ?, ?, ?)', values)
  }

  /** What the budget's signer would do with an intent now. Throws `home/no-budget`. */
  async forecast(name: string, intent: unknown): ReturnType<typeof forecastIntent> {
    const { home, network, clock } = this.#options
    const budget = findBudget(home, name)
    const grants = parseGrantChain(budget.grants).map(({ grant }) => grant)
    const store = await DurableStore.open(budgetBooks(home), budgetSchema)
    try {
      return await forecastIntent({
        store,
        grants,
        domain: { chainId: network.chainId, escrow: network.contracts.channels },
        isRevoked: grants.map(() => budget.revokedAtMs !== undefined),
        nowMs: clock.nowMs(),
        intent,
      })
    } finally {
      await store.close()
    }
  }

  async #write(sql: string, values: readonly (string | number)[]): Promise<void> {
    const store = await DurableStore.open(budgetBooks(this.#options.home), budgetSchema)
    try {
      await store.write([{ sql, values }])
    } finally {
      await store.close()
    }
  }
}

/** What a grant lists so that its key can take quotes for jobs: open ones, and those that are opened with it. Throws `agents/no-jobs`. */
export function jobContractCalls(network: NetworkFile): BudgetTerms['contractCalls'] {
  const target = jobsOf(network)
  return [fundByQuoteSelector, hireSelector].map((selector) => ({ target, selector }))
}
