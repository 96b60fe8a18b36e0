/** A role's seat on its subnet: taken at a price that is shown first, and looked after while the role runs. */
import { errorToJson, formatAmount, systemClock } from '@koinon/base'
import { joinSubnet, type NeuronRecord } from '@koinon/ledger'
import type { Logger } from 'pino'
import { MatchBook } from '../provider/match-book.ts'
import { challengeSentence, type SeatEvent, SeatWatcher } from '../provider/seat-watcher.ts'
import type { RoleContext } from '../supervisor/role-process.ts'
import type { SeatConfig } from './role-config.ts'
import type { RoleIdentity } from './role-identity.ts'
import type { RoleLedger } from './role-tools.ts'

export type RoleSeat = { readonly seat: NeuronRecord; stop(): Promise<void> }

/** Registers where that is needed and starts looking after the seat. Throws as `joinSubnet`. */
export async function takeRoleSeat(
  { network, reader, sender }: RoleLedger,
  options: {
    readonly netuid: number
    readonly endpoint: string
    readonly config: SeatConfig | undefined
    readonly log: Logger
    readonly context: Pick<RoleContext, 'progress' | 'notice'>
    /** The role's own. */
    readonly folder: string
    readonly identity: RoleIdentity
  },
): Promise<RoleSeat> {
  const { netuid, endpoint, config = {}, log, context, folder, identity } = options
  const membership = { network, reader, sender }
  const seat = await joinSubnet(membership, netuid, endpoint, {
    ...(config.maxBurn === undefined ? {} : { maxBurn: config.maxBurn }),
    onQuote: (price, maximum) => {
      log.info({ netuid, price: `${price}`, maximum: `${maximum}` }, 'registering')
      context.progress(
        `a seat on subnet ${netuid} costs ${formatAmount(price)} KOIN now, at most ${formatAmount(maximum)} is paid`,
      )
    },
  })
  // Nobody waits for it: a seat is a seat also while nobody can look its agent up.
  void identity.announce(endpoint, seat.agentId)
  const watcher = new SeatWatcher({
    membership,
    netuid,
    book: new MatchBook(folder, netuid),
    ...(config.matchUpTo === undefined ? {} : { matchUpTo: config.matchUpTo }),
    onEvent: (event) => tell(event, log, context),
  })
  watcher.start()
  return { seat, stop: () => watcher.stop() }
}

function tell(event: SeatEvent, log: Logger, { notice }: Pick<RoleContext, 'notice'>): void {
  if (event.kind === 'problem') return log.warn({ error: errorToJson(event.error) }, 'could not look after the seat')
  if (event.kind === 'settled') return notice('')
  if (event.kind === 'lost') {
    log.error('the seat is lost; start again to register anew')
    return notice('the seat is lost; start again to register anew')
  }
  const { uid, deposit, endsAtSeconds } = event.challenge
  const facts = { uid, deposit: `${deposit}`, endsAtSeconds }
  if (event.kind === 'kept') {
    log.info(facts, 'matched the newcomer and kept the seat')
    return notice('')
  }
  const sentence = challengeSentence(event.challenge, systemClock)
  log.warn(facts, sentence)
  notice(`${sentence}: ${event.willMatch ? 'matching it' : 'allow it with --match-up-to KOIN'}`)
}
