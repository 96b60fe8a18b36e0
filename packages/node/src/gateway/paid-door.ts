/** Builds what a gateway sells by the call, over the books that API keys use too. */
import { type Clock, errorToJson, type Random } from '@koinon/base'
import { sha256Native } from '@koinon/base/node'
import type { PaidCalls } from '@koinon/inference/client'
import { PaymentDoor, type PaymentDoorEvent } from '@koinon/payments/paywall'
import type { Logger } from 'pino'
import { openDesk } from '../paywall/open-desk.ts'
import type { Payee } from '../roles/payee.ts'
import type { RoleLedger } from '../roles/role-tools.ts'

/** Keeps the secret of challenges apart from every other use of the account's key. */
const challengeTag = Buffer.from('koinon payment challenges v1')

export type PaidDoorOptions = {
  readonly role: RoleLedger
  /** Opened with `settlementsSchema` among its tables. */
  readonly payee: Payee
  /** Under which payers know the gateway; scheme, host and port. */
  readonly origin: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly onEvent?: (event: PaymentDoorEvent) => void
}

export type PaidDoor = { readonly calls: PaidCalls; stop(): Promise<void> }

/** Takes up what an earlier process left unsettled. Throws `ledger/*` when the ledger does not answer. */
export async function openPaidDoor(options: PaidDoorOptions): Promise<PaidDoor> {
  const { role, payee, origin, clock, random, log, onEvent } = options
  const { network, reader, sender, key } = role
  const challengeKey = sha256Native(Buffer.concat([challengeTag, key.secretKey]))
  const opened = await openDesk({ network, reader, sender, payee, account: key.address, challengeKey, clock, random })
  const { desk, asset, backEnds } = opened
  const door = new PaymentDoor({
    desk,
    wires: opened.wiresAt(origin),
    onError: (error) => log.error({ error: errorToJson(error) }, 'a payment could not be held'),
    ...(onEvent === undefined ? {} : { onEvent }),
  })
  return { calls: { door, asset, origin, backEnds }, stop: () => desk.stop() }
}
