/** Which intent a payment is: the one that the owner approved, the one that a crash cut off, or a new one. */
import { bytesToHex, type Hex, sha256, utf8ToBytes } from '@koinon/base'
import type { DepositIntent, PayCallIntent } from '../../rules/budget/intent.ts'
import type { BudgetSigner } from './budget-signer.ts'
import { intentFromText, intentToText } from './stored-intent.ts'

type Nameless = Omit<PayCallIntent, 'id'> | Omit<DepositIntent, 'id'>

/** Times that one payment may be signed anew: terms changed, or its authorization ran out. */
const mostAttempts = 100

/** Finds intents again by what they pay for, so that a proposal is approved once and signed once. */
export class PaymentIntents {
  readonly #signer: BudgetSigner
  /** Claimed in this process and not signed or refused yet. */
  readonly #claimed = new Set<Hex>()

  constructor(signer: BudgetSigner) {
    this.#signer = signer
  }

  /**
   * The intent for a payment: a waiting proposal for the very same thing, else the one that `name` had before, else a new one. `isUsable`
   * says whether a stored one is still good. Call `done` when it was signed or not.
   */
  async claim<intent extends Nameless>(
    payment: intent,
    name: string,
    isUsable: (stored: intent) => boolean,
  ): Promise<{ readonly intent: intent & { readonly id: Hex }; readonly done: () => void }> {
    const wanted = sameness(payment)
    const usable = (text: string): (intent & { readonly id: Hex }) | undefined => {
      const stored = intentFromText(text) as unknown as intent & { readonly id: Hex }
      return sameness(stored) === wanted && isUsable(stored) ? stored : undefined
    }
    for (const proposal of await this.#signer.proposals()) {
      const stored = this.#claimed.has(proposal.id) ? undefined : usable(proposal.intent)
      if (stored !== undefined) return this.#hold(stored)
    }
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const id = bytesToHex(sha256(utf8ToBytes(JSON.stringify(['koinon budget payment', name, wanted, attempt]))))
      const entry = this.#claimed.has(id) ? undefined : await this.#signer.entry(id)
      if (entry === undefined && !this.#claimed.has(id)) return this.#hold({ ...payment, id })
      const stored = entry?.state === 'reserved' ? usable(entry.intent) : undefined
      if (stored !== undefined) return this.#hold(stored)
    }
    throw new Error('too many attempts at one payment')
  }

  #hold<held extends { readonly id: Hex }>(intent: held) {
    this.#claimed.add(intent.id)
    return { intent, done: () => void this.#claimed.delete(intent.id) }
  }
}

/** All members but the id and, of an authorization, who settles it and when it ends. */
function sameness(payment: Nameless): string {
  const { id: _, ...rest } = payment as Nameless & { readonly id?: Hex }
  const plain = rest.kind === 'payCall' && rest.rail.kind !== 'channel' ? { ...rest, rail: rest.rail.kind } : rest
  return intentToText(sorted(plain) as never)
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]))
}
