import { type Address, isKoinonError, zeroAddress } from '@koinon/base'
import {
  type AuditCheck,
  type AuditSource,
  type EventOf,
  eventsOf,
  inOrder,
  isInScope,
  type Question,
  type Tally,
  viewOf,
} from '@koinon/ledger/audit'
import { ConvictionBook, type ConvictionTally, countedOf, freeOf, type OwnershipFacts } from '../../rules/conviction.ts'
import { asText } from './answer-text.ts'

export const ownershipEventNames = ['Locked', 'Unlocked', 'Withdrawn', 'ContestOpened', 'ContestEnded'] as const
type LockEvent = EventOf<'conviction', (typeof ownershipEventNames)[number]>
type Change =
  | LockEvent
  | EventOf<'subnets', 'SubnetCreated' | 'SubnetDissolved' | 'OwnerChanged'>
  | EventOf<'pools', 'PoolOpened' | 'Injected' | 'AlphaMinted' | 'AlphaBurned'>
  | EventOf<'emission', 'OwnerPaid'>

/** Who locked what for whom, who contested, and that no subnet changed hands in another way (specs/0021-conviction.md). */
export const ownershipCheck: AuditCheck = {
  name: 'ownership',
  compares:
    'locks, their conviction, contests and changes of owner, from what was locked before, and who was paid as the owner',
  async run(source, tally, scope) {
    const books = new Map<number, SubnetOwnership>()
    for (const change of changesOf(source)) {
      if (change.name === 'SubnetCreated') {
        const { netuid, owner, genesis } = change.args
        books.set(netuid, new SubnetOwnership(tally, netuid, owner, genesis))
      } else if (change.name === 'PoolOpened') {
        // Its subnet is told first.
        books.get(change.args.netuid)?.apply(change)
      } else {
        const book = books.get(change.args.netuid)
        if (book === undefined) tally.holds({ netuid: change.args.netuid }, 'subnet', false, 'created before', 'never')
        else book.apply(change)
      }
    }
    const questions = [...books.values()]
      .filter(({ netuid }) => isInScope(scope, netuid))
      .flatMap((book) => book.questions(source))
    await tally.answers(questions)
  },
}

function changesOf(source: AuditSource): readonly Change[] {
  return inOrder<Change>(
    eventsOf(source, 'subnets', 'SubnetCreated', 'SubnetDissolved', 'OwnerChanged'),
    eventsOf(source, 'pools', 'PoolOpened', 'Injected', 'AlphaMinted', 'AlphaBurned'),
    eventsOf(source, 'conviction', ...ownershipEventNames),
    eventsOf(source, 'emission', 'OwnerPaid'),
  )
}

/** One subnet, followed through its events. */
class SubnetOwnership {
  readonly netuid: number
  readonly #tally: Tally
  readonly #book = new ConvictionBook()
  readonly #genesisSeconds: number
  #owner: Address
  #supply = 0n
  #subnet: 'lives' | 'dissolved' = 'lives'
  /** A contest that is over by what was just told, and has to be told as ended. */
  #over: Address | undefined

  constructor(tally: Tally, netuid: number, owner: Address, genesisSeconds: number) {
    this.#tally = tally
    this.netuid = netuid
    this.#owner = owner
    this.#genesisSeconds = genesisSeconds
  }

  apply(change: Exclude<Change, { readonly name: 'SubnetCreated' }>): void {
    const { netuid } = this
    switch (change.name) {
      case 'PoolOpened':
      case 'Injected':
        this.#supply += change.args.alpha
        return
      case 'AlphaMinted':
        this.#supply += change.args.amount
        return
      case 'AlphaBurned':
        this.#supply -= change.args.amount
        return
      case 'SubnetDissolved':
        this.#subnet = 'dissolved'
        return
      case 'OwnerPaid':
        this.#tally.same({ netuid }, `owner paid in block ${change.block}`, this.#owner, change.args.owner)
        return
      case 'OwnerChanged':
        return this.#onOwnerChanged(change)
      default:
        return this.#onLock(change)
    }
  }

  questions(source: AuditSource): readonly Question[] {
    const { netuid } = this
    const { head } = source
    const book = this.#book
    const owner = {
      subject: { netuid },
      what: 'owner at the head',
      expected: this.#owner,
      answer: asText(viewOf(source, 'subnets', 'ownerOf', [netuid]), (account) => account.toLowerCase()),
    }
    const contest = {
      subject: { netuid },
      what: 'contest at the head',
      expected: `${book.contest?.candidate ?? zeroAddress} until ${book.contest?.endsAtSeconds ?? 0}`,
      answer: asText(
        viewOf(source, 'conviction', 'contestOf', [netuid]),
        ({ candidate, endsAt }) => `${candidate.toLowerCase()} until ${endsAt}`,
      ),
    }
    const locks = book.parties.map(([holder, candidate]): Question => {
      const lock = book.lockAt(holder, candidate, head.seconds)
      const isReleased = lock.endsAtSeconds !== 0 && head.seconds >= lock.endsAtSeconds
      const nothing = { locked: 0n, conviction: 0n }
      return {
        subject: { netuid, account: holder },
        what: `lock for ${candidate} at the head`,
        expected: `${partsText(isReleased ? { ...lock, leaving: nothing } : lock)}, ${lock.held} held, ${this.#subnet === 'lives' ? freeOf(lock) : lock.held} free`,
        answer: asText(
          viewOf(source, 'conviction', 'lockOf', [netuid, holder, candidate]),
          ([found, free]) => `${partsText(found)}, ${found.held} held, ${free} free`,
        ),
      }
    })
    const tallies = book.candidates.map((candidate): Question => {
      const found = book.tallyAt(candidate, head.seconds)
      return {
        subject: { netuid, account: candidate },
        what: 'locked for it at the head',
        expected: `${partsText(found)}, ${countedOf(found)} counts`,
        answer: asText(
          viewOf(source, 'conviction', 'tallyOf', [netuid, candidate]),
          ([all, counted]) => `${partsText(all)}, ${counted} counts`,
        ),
      }
    })
    const held: Question = {
      subject: { netuid },
      what: 'alpha that the contract has for the locks',
      expected: true,
      answer: viewOf(source, 'pools', 'balanceOf', [source.network.contracts.conviction, BigInt(netuid)]).then(
        (answer) =>
          // Anybody may send it more.
          'value' in answer ? { value: answer.value >= book.held } : answer,
      ),
    }
    return [owner, contest, held, ...locks, ...tallies]
  }

  get #facts(): OwnershipFacts & { readonly genesisSeconds: number } {
    return { owner: this.#owner, supply: this.#supply, genesisSeconds: this.#genesisSeconds }
  }

  #onOwnerChanged({ args, seconds }: EventOf<'subnets', 'OwnerChanged'>): void {
    const subject = { netuid: this.netuid, account: args.to }
    this.#tally.same(subject, 'owner before', this.#owner, args.from)
    this.#allowed(subject, 'change of owner', () => this.#book.takeOver(args.to, this.#facts, seconds))
    this.#owner = args.to
  }

  #onLock(event: LockEvent): void {
    const { seconds } = event
    if (event.name === 'ContestEnded') return this.#onEnded(event.args.candidate, seconds)
    if (event.name === 'ContestOpened') return this.#onOpened(event)
    const { holder, candidate, amount } = event.args
    const subject = { netuid: this.netuid, account: holder }
    this.#allowed(subject, `${event.name} in block ${event.block}`, () => {
      if (event.name === 'Locked') {
        const before = this.#book.contest?.candidate
        this.#book.lock(holder, candidate, amount, this.#facts, seconds)
        if (before !== undefined && this.#book.contest === undefined) this.#over = before
      } else if (event.name === 'Unlocked') {
        const { endsAtSeconds } = this.#book.unlock(holder, candidate, amount, seconds)
        this.#tally.same(subject, 'end of what was unlocked', endsAtSeconds, event.args.endsAt)
      } else {
        const paid = this.#book.withdraw(holder, candidate, this.#subnet, seconds)
        this.#tally.same(subject, `paid in block ${event.block}`, paid, amount)
      }
    })
  }

  #onEnded(candidate: Address, seconds: number): void {
    const subject = { netuid: this.netuid, account: candidate }
    if (this.#over !== undefined) {
      this.#tally.same(subject, 'contest that ended', this.#over, candidate)
      this.#over = undefined
      return
    }
    this.#tally.same(subject, 'contest that ended', this.#book.contest?.candidate ?? 'none', candidate)
    const isOver = this.#subnet === 'dissolved' || this.#book.isVoid(this.#facts, seconds)
    // One that still stands gives way to another, which is told next and looked at there.
    if (isOver && this.#subnet === 'lives') this.#book.endContest(this.#facts, seconds)
  }

  #onOpened({ args, seconds }: EventOf<'conviction', 'ContestOpened'>): void {
    const { candidate, owner, counted, locked, endsAt } = args
    const subject = { netuid: this.netuid, account: candidate }
    const found = this.#book.compare(candidate, this.#facts, seconds)
    this.#tally.same(subject, 'contested owner', this.#owner, owner)
    this.#tally.same(subject, 'conviction that counts', found.counted, counted)
    this.#tally.same(subject, 'locked for the owner', found.locked, locked)
    this.#allowed(subject, 'contest', () => this.#book.openContest(candidate, this.#facts, seconds))
    this.#tally.same(subject, 'end of the notice', this.#book.contest?.endsAtSeconds ?? 0, endsAt)
  }

  #allowed(subject: { readonly netuid: number; readonly account: Address }, what: string, move: () => void): void {
    try {
      move()
      this.#tally.holds(subject, what, true, 'allowed', 'done')
    } catch (error) {
      if (!isKoinonError(error)) throw error
      this.#tally.holds(subject, what, false, error.message, 'done')
    }
  }
}

function partsText({ kept, leaving }: Pick<ConvictionTally, 'kept' | 'leaving'>): string {
  return `${kept.locked} kept of conviction ${kept.conviction}, ${leaving.locked} leaving of ${leaving.conviction}`
}
