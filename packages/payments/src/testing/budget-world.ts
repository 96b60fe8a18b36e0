/** A ledger and a store that faults can be put into, and a count of what everything signed could take; for the tests of budgets. */
import { type Hex, KoinonError } from '@koinon/base'
import type { BudgetChain, SignedOutcome } from '../client/budget/budget-chain.ts'
import type { SignedIntent } from '../client/budget/sign-intent.ts'
import type { BudgetStore } from '../client/budget/spend-ledger.ts'
import type { BudgetIntent } from '../rules/budget/intent.ts'
import { channelIdOf } from '../rules/channel.ts'
import { budgetStart } from './budget.ts'
import { testDomain } from './fixtures.ts'

export type WriteFault = 'none' | 'lost before' | 'lost after'

/** Time, blocks and faults as an adversary sets them. */
export class BudgetWorld implements BudgetChain {
  hostMs = budgetStart * 1000
  chainSeconds = budgetStart
  isReachable = true
  revocationNonce = 0
  revoked: readonly Hex[] = []
  nextWrite: WriteFault = 'none'
  /** A write was lost: whoever was at work is dead. */
  hasDied = false
  readonly used = new Set<Hex>()
  readonly #batches = new Map<Hex, { readonly deadline: number; readonly take: Taken }>()
  readonly #exact = new Map<Hex, { readonly validBefore: number; readonly take: Taken }>()
  /** What payments up to a ceiling came to. */
  readonly #settled = new Map<Hex, bigint>()
  readonly #upTo = new Map<Hex, { readonly lastSecond: number; readonly take: Taken }>()
  readonly #vouchers = new Map<Hex, bigint>()

  readonly clock = { nowMs: (): number => this.hostMs }

  async readRevocations(): Promise<{ readonly revocationNonce: number; readonly revoked: readonly Hex[] }> {
    this.#reach()
    return { revocationNonce: this.revocationNonce, revoked: this.revoked }
  }

  async batchOutcome(_owner: Hex, digest: Hex, deadline: number): Promise<SignedOutcome> {
    return this.#outcome(digest, deadline)
  }

  async upToOutcome(_account: Hex, nonce: Hex, lastSecond: number): Promise<SignedOutcome> {
    return this.#outcome(nonce, lastSecond)
  }

  /** What moved, whatever transaction is named. */
  async upToCharge(_account: Hex, nonce: Hex): Promise<bigint | undefined> {
    this.#reach()
    return this.used.has(nonce) ? this.#settled.get(nonce) : undefined
  }

  async authorizationOutcome(_token: Hex, _account: Hex, nonce: Hex, validBefore: number): Promise<SignedOutcome> {
    return this.#outcome(nonce, validBefore - 1)
  }

  /** The store, whose next write may be lost: not done, or done and not told. */
  storeOf(store: BudgetStore): BudgetStore {
    return {
      read: (sql, values) => store.read(sql, values),
      write: async (statements) => {
        const fault = this.nextWrite
        this.nextWrite = 'none'
        if (fault !== 'none') this.hasDied = true
        if (fault === 'lost before') throw new Error('the process died')
        await store.write(statements)
        if (fault === 'lost after') throw new Error('the process died')
      },
    }
  }

  /** Takes note of what left the signer. */
  heard(intent: BudgetIntent, answer: SignedIntent): void {
    if (answer.kind === 'voucher') {
      const { channelId, maxClaimableAtomic } = answer.voucher
      const before = this.#vouchers.get(channelId) ?? 0n
      if (maxClaimableAtomic > before) this.#vouchers.set(channelId, maxClaimableAtomic)
    }
    if (intent.kind === 'grantChild') return
    const amountAtomic = intent.amountAtomic
    if (answer.kind === 'exact') {
      const { nonce, validBefore } = answer.authorization
      this.#exact.set(nonce, { validBefore, take: { amountAtomic } })
    }
    if (answer.kind === 'upTo') {
      const { nonce, validBefore } = answer.authorization
      this.#upTo.set(nonce, { lastSecond: Number(validBefore), take: { amountAtomic } })
    }
    if (answer.kind === 'batch') {
      const channelId = intent.kind === 'deposit' ? channelIdOf(intent.channel, testDomain) : undefined
      this.#batches.set(answer.digest, { deadline: answer.deadline, take: { amountAtomic, channelId } })
    }
  }

  /** Somebody sends everything that was signed and still holds; of payments up to a ceiling so much of it. */
  landAll(percent = 100n): void {
    for (const [nonce, { lastSecond, take }] of this.#upTo) {
      if (this.used.has(nonce) || this.chainSeconds > lastSecond) continue
      this.used.add(nonce)
      this.#settled.set(nonce, (take.amountAtomic * percent) / 100n)
    }
    for (const [digest, { deadline }] of this.#batches) if (this.chainSeconds <= deadline) this.used.add(digest)
    for (const [nonce, { validBefore }] of this.#exact) if (this.chainSeconds < validBefore) this.used.add(nonce)
  }

  /** The most that everything signed so far can still take or has taken: dead signatures take nothing, deposits cover vouchers. */
  get atRiskAtomic(): bigint {
    const deposits = new Map<Hex, bigint>()
    let sum = 0n
    for (const [digest, { deadline, take }] of this.#batches) {
      if (!this.used.has(digest) && this.chainSeconds > deadline) continue
      if (take.channelId === undefined) sum += take.amountAtomic
      else deposits.set(take.channelId, (deposits.get(take.channelId) ?? 0n) + take.amountAtomic)
    }
    for (const [nonce, { validBefore, take }] of this.#exact) {
      if (this.used.has(nonce) || this.chainSeconds < validBefore) sum += take.amountAtomic
    }
    for (const [nonce, { lastSecond, take }] of this.#upTo) {
      if (this.used.has(nonce)) sum += this.#settled.get(nonce) ?? take.amountAtomic
      else if (this.chainSeconds <= lastSecond) sum += take.amountAtomic
    }
    for (const id of new Set([...deposits.keys(), ...this.#vouchers.keys()])) {
      const [deposited = 0n, voucher = 0n] = [deposits.get(id), this.#vouchers.get(id)]
      sum += deposited > voucher ? deposited : voucher
    }
    return sum
  }

  #outcome(name: Hex, lastSecond: number): SignedOutcome {
    this.#reach()
    if (this.used.has(name)) return 'done'
    return this.chainSeconds > lastSecond ? 'dead' : 'unknown'
  }

  #reach(): void {
    if (!this.isReachable) throw new KoinonError({ code: 'payments/ledger-unreachable', message: 'The ledger is away' })
  }
}

type Taken = { readonly amountAtomic: bigint; readonly channelId?: Hex | undefined }
