import type { Address, Clock, Hex, TypedDataDomain } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { secp256k1Engine } from '../../core/native-secp256k1.ts'
import { type BudgetGrant, budgetGrantHash, type SignedBudgetGrant } from '../../rules/budget/grant.ts'
import { type BudgetIntent, budgetIntentHash } from '../../rules/budget/intent.ts'
import { type BudgetApproval, type BudgetRevocation, budgetApprovalDigest } from '../../rules/budget/owner-words.ts'
import { badGrant } from '../../rules/budget/parse-grant.ts'
import { parseBudgetIntent } from '../../rules/budget/parse-intent.ts'
import { budgetRefused } from '../../rules/budget/refusal-words.ts'
import { type BudgetSpent, leftOfChain } from '../../rules/budget/spent.ts'
import type { EscrowDomain } from '../../rules/channel.ts'
import type { AllowancePermit } from '../../rules/terms.ts'
import { verifyGrantChain } from '../../verifier/budget/verify-grant-chain.ts'
import { verifyOwnerSignature } from '../../verifier/budget/verify-owner-signature.ts'
import type { BudgetChain } from './budget-chain.ts'
import { denied, full, idUsed, isOver, maximumProposals, notOwner, unknownIntent } from './budget-signer-errors.ts'
import { concludeEntry } from './conclude-entry.ts'
import { decideIntent, type IntentDecision } from './intent-decision.ts'
import { RevocationWatch } from './revocation-watch.ts'
import { type SignedIntent, signIntent, signPermit } from './sign-intent.ts'
import { type BudgetStore, type SpendEntry, SpendLedger } from './spend-ledger.ts'
import { channelOfIntent, intentFromText, intentToText } from './stored-intent.ts'

export type BudgetSignerOptions = {
  /** Opened with `budgetSchema`; this signer is the only one that writes for its key. */
  readonly store: BudgetStore
  /** The owner's grant first, the key's last. */
  readonly grants: readonly SignedBudgetGrant[]
  /** 32-byte secret key of the last grant's agent. */
  readonly sessionKey: Uint8Array
  readonly domain: EscrowDomain
  /** The asset's own EIP-712 domain, as the owner trusts it; what a server says of it is never used. */
  readonly assetDomain: TypedDataDomain
  readonly chain: BudgetChain
  /** For owners that are contracts; without it only plain keys can own. */
  readonly reader?: LedgerReader
  readonly clock: Clock
  /** How old the last look at on-chain revocations may be when a signature leaves; 30 s unless given. */
  readonly maxStalenessMs?: number
}

/** What an intent led to: something signed, or a proposal that waits for the owner. */
export type BudgetAnswer = SignedIntent | { readonly state: 'proposed'; readonly intentHash: Hex }

/** Batches signed for the owner's delegate hold this long. */
const batchSeconds = 600

/**
 * Holds a session key and signs typed intents that the grants allow, nothing else: no method takes text, bytes or digests. Each charge is
 * durable before its signature leaves, and is given back only when the ledger says that what was signed can never be used.
 */
export class BudgetSigner {
  readonly grantHash: Hex
  readonly #options: BudgetSignerOptions
  readonly #ledger: SpendLedger
  readonly #watch: RevocationWatch
  readonly #hashes: readonly Hex[]
  readonly #underWay = new Map<Hex, Promise<unknown>>()
  readonly #key: Uint8Array
  #isStarted = false

  constructor(options: BudgetSignerOptions) {
    const { grants, store, domain, chain, clock, maxStalenessMs = 30_000, reader } = options
    // Copies: whoever made the options may change them later.
    this.#options = structuredCloneExceptParts(options)
    this.#key = Uint8Array.from(options.sessionKey)
    this.#hashes = grants.map(({ grant }) => budgetGrantHash(grant, domain.chainId))
    this.grantHash = this.#hashes.at(-1) as Hex
    this.#ledger = new SpendLedger(
      store,
      this.grantHash,
      this.#options.grants.map(({ grant }) => grant),
    )
    this.#watch = new RevocationWatch({
      store,
      chain,
      clock,
      maxStalenessMs,
      reader,
      chainId: domain.chainId,
      owner: this.#options.grants[0]?.grant.owner as Address,
      hashes: this.#hashes,
      revocationNonce: this.#options.grants[0]?.grant.revocationNonce as number,
    })
  }

  /** Checks the grants and the key, and takes up what was spent. Throws `payments/bad-budget-grant` and `payments/ledger-unreachable`. */
  async start(): Promise<void> {
    const { grants, domain, reader } = this.#options
    await verifyGrantChain(grants, domain.chainId, reader)
    if (secp256k1Engine.addressOf(this.#key) !== this.agent) throw badGrant('the session key is not that of its agent')
    await this.#ledger.start()
    this.#isStarted = true
  }

  /** Charged so far by level, the owner's grant first. */
  get spent(): readonly BudgetSpent[] {
    return [...this.#ledger.spent]
  }

  /** Account of the session key. */
  get agent(): Address {
    return this.#options.grants.at(-1)?.grant.agent as Address
  }

  /** Whose money the grants are about. */
  get owner(): Address {
    return this.#options.grants[0]?.grant.owner as Address
  }

  /** Copies of the grants, the owner's first. */
  get grants(): readonly BudgetGrant[] {
    return this.#options.grants.map(({ grant }) => structuredClone(grant) as BudgetGrant)
  }

  /** What may still be charged now, at every level; atomic units. */
  get leftAtomic(): bigint {
    const levels = this.#options.grants.map(({ grant }, level) => ({
      grant,
      spent: this.#ledger.spent[level] as BudgetSpent,
    }))
    return leftOfChain(levels, this.#nowSeconds())
  }

  /**
   * Signs what an intent asks for, or keeps it as a proposal. The same intent again gives the same signature and costs nothing more.
   * Throws `payments/bad-budget-intent`, `payments/budget-refused`, `payments/budget-id-used`, `payments/budget-full`,
   * `payments/revocations-unknown`.
   */
  async sign(intent: unknown): Promise<BudgetAnswer> {
    const parsed = parseBudgetIntent(intent)
    return this.#inTurn(parsed.id, () => this.#sign(parsed))
  }

  /** Throws what `sign` would throw for a new intent that the grants do not allow now; signs and keeps nothing. */
  async check(intent: unknown): Promise<void> {
    const parsed = parseBudgetIntent(intent)
    const intentHash = budgetIntentHash(parsed, this.#options.domain.chainId)
    const decision = this.#decide(parsed, intentHash, await this.#watch.revokedLevels(), undefined, false)
    if (decision.kind === 'refused') throw decision.error
  }

  /** What was asked for under an id. */
  entry(id: Hex): Promise<SpendEntry | undefined> {
    return this.#ledger.entry(id)
  }

  /** The same by the hash of its intent. */
  entryOf(intentHash: Hex): Promise<SpendEntry | undefined> {
    return this.#ledger.entryOf(intentHash)
  }

  /**
   * Finds out what became of a signature; gives its charge back when it can never be used, and of an `upTo` payment what `transaction` left of
   * it, as the ledger shows. Throws `payments/budget-unknown-intent`.
   */
  async conclude(id: Hex, transaction?: Hex): Promise<SpendEntry['state']> {
    return this.#inTurn(id, async () => {
      const entry = await this.#ledger.entry(id)
      if (entry === undefined) throw unknownIntent()
      const { owner, agent } = this
      const { chain, domain } = this.#options
      const parts = { chain, domain, owner, agent, ledger: this.#ledger, batchDigest: this.#batchDigest.bind(this) }
      return concludeEntry(parts, entry, transaction)
    })
  }

  /**
   * Lets Permit2 move exactly the ceiling of an `upTo` payment that was signed under this id, until its end (EIP-2612, `permitNonce` of the key's
   * own account). Throws `payments/budget-unknown-intent`, `payments/budget-refused`.
   */
  async permit(id: Hex, permitNonce: bigint): Promise<AllowancePermit> {
    const entry = await this.#ledger.entry(id)
    const intent = entry?.state === 'reserved' ? intentFromText(entry.intent) : undefined
    if (intent?.kind !== 'payCall' || intent.rail.kind !== 'upTo') throw unknownIntent()
    const level = (await this.#watch.revokedLevels()).findIndex((isRevoked) => isRevoked)
    if (level >= 0) throw budgetRefused('revoked', level)
    const { domain, assetDomain } = this.#options
    return signPermit(intent, permitNonce, { key: this.#key, agent: this.agent, domain, assetDomain })
  }

  /** What is reserved and not concluded, oldest first, at most `limit`. */
  open(limit = 1_000): Promise<readonly SpendEntry[]> {
    return this.#ledger.entries(['reserved'], limit)
  }

  /** The same without what can never be concluded: vouchers and grants below. */
  ending(limit = 1_000): Promise<readonly SpendEntry[]> {
    return this.#ledger.entries(['reserved'], limit, 'ending')
  }

  /** What waits for the owner, oldest first. */
  proposals(): Promise<readonly SpendEntry[]> {
    return this.#ledger.entries(['proposed'], maximumProposals)
  }

  /** Takes the owner's word on a proposal; ask again with the intent then. Throws `payments/budget-not-owner`. */
  async approve(approval: BudgetApproval, signature: Hex): Promise<void> {
    const { domain, reader, store } = this.#options
    if (approval.grant !== this.grantHash) throw notOwner()
    const word = { ...approval, isApproved: approval.isApproved === true }
    const digest = budgetApprovalDigest(word, domain.chainId)
    if (!(await verifyOwnerSignature({ account: this.owner, digest, signature, reader }))) throw notOwner()
    await store.write([
      {
        sql: 'insert or replace into budget_approvals values (?, ?, ?, ?)',
        values: [this.grantHash, word.intent, word.isApproved ? 1 : 0, signature],
      },
    ])
  }

  /** Takes the owner's revocation of a grant of this chain; in force when it resolves, for good. Throws `payments/budget-not-owner`. */
  async revoke(revocation: BudgetRevocation, signature: Hex): Promise<void> {
    await this.#watch.revoke(revocation, signature)
  }

  async #sign(intent: BudgetIntent): Promise<BudgetAnswer> {
    if (!this.#isStarted) throw badGrant('the signer has not started')
    const { domain } = this.#options
    const intentHash = budgetIntentHash(intent, domain.chainId)
    const entry = await this.#ledger.entry(intent.id)
    if (entry !== undefined && (entry.intentHash !== intentHash || isOver(entry))) throw idUsed(entry)
    const word = entry?.state === 'proposed' ? await this.#ownersWord(intentHash) : undefined
    if (entry !== undefined && word === false) {
      await this.#ledger.note({ ...entry, state: 'denied' })
      throw denied()
    }
    const waiting = entry === undefined ? (await this.proposals()).length : 0
    const revoked = await this.#watch.revokedLevels()
    // From here to the charge nothing waits: two intents never see the same rest.
    const decision = this.#decide(intent, intentHash, revoked, entry, word === true)
    if (decision.kind === 'refused') throw decision.error
    if (decision.kind === 'proposed') {
      if (entry === undefined && waiting >= maximumProposals) throw full()
      await this.#ledger.note(decision.entry)
      return { state: 'proposed', intentHash }
    }
    if (decision.kind === 'charged') {
      await (intent.kind === 'grantChild'
        ? this.#ledger.allocate(decision.entry)
        : this.#ledger.reserve(decision.entry, decision.channel))
    }
    // The charge is on the disk. What was revoked while it was written stays unsigned, and counted.
    const revokedNow = await this.#watch.revokedLevels()
    const level = revokedNow.findIndex((isRevoked) => isRevoked)
    if (level >= 0) throw budgetRefused('revoked', level)
    const { grants, assetDomain } = this.#options
    return signIntent(
      intent,
      { key: this.#key, agent: this.agent, grants, domain, assetDomain, intentHash },
      decision.entry,
    )
  }

  #nowSeconds(): number {
    return this.#ledger.notBefore(Math.floor(this.#options.clock.nowMs() / 1000))
  }

  #decide(
    intent: BudgetIntent,
    intentHash: Hex,
    revoked: readonly boolean[],
    entry: SpendEntry | undefined,
    isApproved: boolean,
  ): IntentDecision {
    const { grants, domain } = this.#options
    const nowSeconds = this.#nowSeconds()
    const levels = grants.map(({ grant }, level) => ({
      grant,
      spent: this.#ledger.spent[level] as BudgetSpent,
      isRevoked: revoked[level] === true,
    }))
    const channelId = channelOfIntent(intent, domain)
    return decideIntent({
      intent,
      levels,
      nowSeconds,
      leafHash: this.grantHash,
      channel: channelId === undefined ? undefined : { id: channelId, spend: this.#ledger.channel(channelId) },
      earlier: entry?.state === 'reserved' || entry?.state === 'spent' ? entry : undefined,
      isApproved,
      draft: {
        id: intent.id,
        intentHash,
        kind: intent.kind,
        intent: intentToText(intent),
        state: 'proposed',
        chargeAtomic: 0n,
        chargedAt: nowSeconds,
        deadline: nowSeconds + batchSeconds,
      },
    })
  }

  /** What the owner said of a proposal; checked here again, because another process may have written the row. */
  async #ownersWord(intentHash: Hex): Promise<boolean | undefined> {
    const { store, domain, reader } = this.#options
    const sql = 'select is_approved, signature from budget_approvals where leaf = ? and intent_hash = ?'
    const [row] = await store.read(sql, [this.grantHash, intentHash])
    if (row === undefined) return undefined
    const word = { grant: this.grantHash, intent: intentHash, isApproved: row['is_approved'] === 1 }
    const digest = budgetApprovalDigest(word, domain.chainId)
    const signature = row['signature'] as Hex
    const isOwners = await verifyOwnerSignature({ account: this.owner, digest, signature, reader })
    return isOwners ? word.isApproved : undefined
  }

  #batchDigest(intent: BudgetIntent, entry: SpendEntry): Hex {
    const { grants, domain, assetDomain } = this.#options
    const { intentHash } = entry
    const signed = signIntent(
      intent,
      { key: this.#key, agent: this.agent, grants, domain, assetDomain, intentHash },
      entry,
    )
    if (signed.kind !== 'batch') throw unknownIntent()
    return signed.digest
  }

  /** One at a time a payment; others go on. */
  #inTurn<value>(id: Hex, work: () => Promise<value>): Promise<value> {
    const before = this.#underWay.get(id) ?? Promise.resolve()
    const turn = before.catch(() => undefined).then(work)
    this.#underWay.set(id, turn)
    const forget = (): void => {
      if (this.#underWay.get(id) === turn) this.#underWay.delete(id)
    }
    turn.then(forget, forget)
    return turn
  }
}

function structuredCloneExceptParts(options: BudgetSignerOptions): BudgetSignerOptions {
  return {
    ...options,
    sessionKey: new Uint8Array(),
    grants: structuredClone(options.grants) as readonly SignedBudgetGrant[],
    domain: { ...options.domain },
    assetDomain: { ...options.assetDomain },
  }
}
