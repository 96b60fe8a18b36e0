/** What hotkeys and accounts chose: takes, children, where gifts go (specs/0014-pools.md section 6). */
import type { Address } from '@koinon/base'
import type { EventOf, Tally } from '@koinon/ledger/audit'
import { childrenDelaySeconds, maximumTakeBps } from '../../../rules/pool/constants.ts'

export const delegationEventNames = [
  'AutoStakeSet',
  'TakeSet',
  'ChildTakeSet',
  'TakesParentSet',
  'ChildrenAnnounced',
] as const
export type DelegationEvent = EventOf<'delegation', (typeof delegationEventNames)[number]>

/** `bps` before second `from`, `nextBps` from then on. */
type Take = { readonly bps: bigint; readonly nextBps: bigint; readonly from: number }

export class DelegationBook {
  readonly #takes = new Map<Address, Take>()
  readonly #childTakes = new Map<Address, Take>()
  readonly #autoStakes = new Map<string, Address>()
  readonly #willing = new Map<string, boolean>()
  readonly #children = new Map<string, Extract<DelegationEvent, { readonly name: 'ChildrenAnnounced' }>['args']>()

  readonly #tally: Tally
  readonly #unbondingSeconds: number

  constructor(tally: Tally, { unbondingSeconds }: { readonly unbondingSeconds: number }) {
    this.#tally = tally
    this.#unbondingSeconds = unbondingSeconds
  }

  apply(event: DelegationEvent): void {
    switch (event.name) {
      case 'AutoStakeSet':
        return void this.#autoStakes.set(`${event.args.netuid}/${event.args.account}`, event.args.hotkey)
      case 'TakeSet':
        return this.#setTake(this.#takes, maximumTakeBps, event)
      case 'ChildTakeSet':
        return this.#setTake(this.#childTakes, 0n, event)
      case 'TakesParentSet':
        return void this.#willing.set(`${event.args.netuid}/${event.args.child}/${event.args.parent}`, event.args.takes)
      case 'ChildrenAnnounced':
        this.#tally.same(
          { netuid: event.args.netuid, account: event.args.parent },
          'second from which announced children may be applied',
          event.seconds + childrenDelaySeconds,
          event.args.appliesAt,
        )
        return void this.#children.set(`${event.args.netuid}/${event.args.parent}`, event.args)
    }
  }

  /** In 1/10,000 of dividends at a second: of its stakers', and of those of its parents' weight. */
  takesOf(hotkey: Address, seconds: number): { readonly takeBps: bigint; readonly childTakeBps: bigint } {
    return {
      takeBps: takeAt(this.#takes.get(hotkey), seconds) ?? maximumTakeBps,
      childTakeBps: takeAt(this.#childTakes.get(hotkey), seconds) ?? 0n,
    }
  }

  /** Where a gift to an account is staked. */
  autoStakeOf(netuid: number, account: Address): Address {
    const hotkey = this.#autoStakes.get(`${netuid}/${account}`)
    return hotkey === undefined || BigInt(hotkey) === 0n ? account : hotkey
  }

  /** Whether a child may be given a part of its parent now: announced, due, and agreed to by the child. */
  mayApply(edge: {
    readonly netuid: number
    readonly parent: Address
    readonly child: Address
    readonly proportion: bigint
    readonly seconds: number
  }): boolean {
    const { netuid, parent, child, proportion, seconds } = edge
    const announced = this.#children.get(`${netuid}/${parent}`)
    const place = announced?.children.indexOf(child) ?? -1
    return (
      announced !== undefined &&
      announced.appliesAt <= seconds &&
      announced.proportions[place] === proportion &&
      this.#willing.get(`${netuid}/${child}/${parent}`) === true
    )
  }

  /** What is no raise holds at once, a raise when whoever leaves now has left: a parent its child, too. */
  #setTake(
    takes: Map<Address, Take>,
    unset: bigint,
    { name, args, seconds }: Extract<DelegationEvent, { readonly name: 'TakeSet' | 'ChildTakeSet' }>,
  ): void {
    const bps = takeAt(takes.get(args.hotkey), seconds) ?? unset
    const leavingSeconds = this.#unbondingSeconds + (name === 'ChildTakeSet' ? childrenDelaySeconds : 0)
    const from = seconds + (args.takeBps > bps ? leavingSeconds : 0)
    this.#tally.same({ account: args.hotkey }, `second from which its take holds (${name})`, from, args.from)
    takes.set(args.hotkey, { bps, nextBps: args.takeBps, from })
  }
}

function takeAt(take: Take | undefined, seconds: number): bigint | undefined {
  return take === undefined || seconds >= take.from ? take?.nextBps : take.bps
}
