import { type Address, type Clock, type Hex, KoinonError } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { type BudgetRevocation, budgetRevocationDigest } from '../../rules/budget/owner-words.ts'
import { verifyOwnerSignature } from '../../verifier/budget/verify-owner-signature.ts'
import type { BudgetChain, RevocationFacts } from './budget-chain.ts'
import type { BudgetStore } from './spend-ledger.ts'

export type RevocationWatchOptions = {
  readonly store: BudgetStore
  readonly chain: BudgetChain
  readonly clock: Clock
  readonly maxStalenessMs: number
  readonly reader: LedgerReader | undefined
  readonly chainId: number
  readonly owner: Address
  /** Of the chain's grants, the owner's first, with the nonce that all of them name. */
  readonly hashes: readonly Hex[]
  readonly revocationNonce: number
}

/**
 * Which grants of a chain are revoked: by the owner's signed list, read each time, and by its account, at most `maxStalenessMs` ago. What
 * was seen revoked once stays so.
 */
export class RevocationWatch {
  readonly #options: RevocationWatchOptions
  #facts: (RevocationFacts & { readonly atMs: number }) | undefined
  #look: Promise<RevocationFacts> | undefined

  constructor(options: RevocationWatchOptions) {
    this.#options = options
  }

  /** By level. Throws `payments/revocations-unknown` when the account could not be looked at for too long. */
  async revokedLevels(): Promise<readonly boolean[]> {
    const { store, hashes, revocationNonce } = this.#options
    const facts = await this.#fresh()
    const rows = await store.read('select grant_hash, signature from budget_revocations')
    const listed = new Set(rows.map((row) => row['grant_hash']))
    return hashes.map(
      (hash) => facts.revocationNonce !== revocationNonce || facts.revoked.includes(hash) || listed.has(hash),
    )
  }

  /** Puts the owner's word on the list. Throws `payments/budget-not-owner`. */
  async revoke(revocation: BudgetRevocation, signature: Hex): Promise<void> {
    const { store, hashes, chainId, owner, reader } = this.#options
    const isOurs = hashes.includes(revocation.grant)
    const digest = isOurs ? budgetRevocationDigest(revocation, chainId) : undefined
    if (digest === undefined || !(await verifyOwnerSignature({ account: owner, digest, signature, reader }))) {
      throw new KoinonError({
        code: 'payments/budget-not-owner',
        message: 'This is not signed by the owner of the budget',
        hint: 'Approvals and revocations are signed with the account that signed the first grant.',
      })
    }
    const values = [revocation.grant, signature]
    await store.write([{ sql: 'insert or replace into budget_revocations values (?, ?)', values }])
  }

  async #fresh(): Promise<RevocationFacts> {
    const { clock, maxStalenessMs, chain, owner, hashes } = this.#options
    const nowMs = clock.nowMs()
    const known = this.#facts
    // A clock that ran back says nothing about age.
    if (known !== undefined && nowMs >= known.atMs && nowMs - known.atMs < maxStalenessMs) return known
    this.#look ??= chain.readRevocations(owner, hashes).finally(() => {
      this.#look = undefined
    })
    try {
      const facts = await this.#look
      const revoked = hashes.filter((hash) => facts.revoked.includes(hash) || known?.revoked.includes(hash) === true)
      this.#facts = { ...facts, revoked, atMs: nowMs }
      return this.#facts
    } catch (cause) {
      throw new KoinonError({
        code: 'payments/revocations-unknown',
        message: 'The ledger did not say whether the owner revoked the budget, so nothing is signed',
        hint: 'Try again when the ledger answers.',
        retry: 'later',
        cause,
      })
    }
  }
}
