/** What hotkeys and accounts chose: takes, children, where gifts go (specs/0014-pools.md section 6). */
import type { Address } from '@koinon/base'
import type { EventOf, Tally } from '@koinon/ledger/audit'

export const delegationEventNames = [
  'AutoStakeSet',
  'TakeSet',
  'ChildTakeSet',
  'TakesParentSet',
  'ChildrenAnnounced',
] as const
export type DelegationEvent = EventOf<'delegation', (typeof delegationEventNames)[number]>

const childrenDelaySeconds = 86_400
/** Of a hotkey that never said anything, in 1/10,000. */
const defaultTakeBps = 1_800n

export class DelegationBook {
  readonly #takes = new Map<Address, bigint>()
  readonly #childTakes = new Map<Address, bigint>()
  readonly #autoStakes = new Map<string, Address>()
  readonly #willing = new Map<string, boolean>()
  readonly #children = new Map<string, Extract<DelegationEvent, { readonly name: 'ChildrenAnnounced' }>['args']>()

  readonly #tally: Tally

  constructor(tally: Tally) {
    this.#tally = tally
  }

  apply(event: DelegationEvent): void {
    switch (event.name) {
      case 'AutoStakeSet':
        return void this.#autoStakes.set(`${event.args.netuid}/${event.args.account}`, event.args.hotkey)
      case 'TakeSet':
        return void this.#takes.set(event.args.hotkey, event.args.takeBps)
      case 'ChildTakeSet':
        return void this.#childTakes.set(event.args.hotkey, event.args.takeBps)
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

  /** In 1/10,000 of dividends: of its stakers', and of those of its parents' weight. */
  takesOf(hotkey: Address): { readonly takeBps: bigint; readonly childTakeBps: bigint } {
    return { takeBps: this.#takes.get(hotkey) ?? defaultTakeBps, childTakeBps: this.#childTakes.get(hotkey) ?? 0n }
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
}
