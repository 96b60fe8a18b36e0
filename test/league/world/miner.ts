/** A miner put together from the same parts as the provider role, with places where a dishonest one may exchange one part. */
import { type Address, type Hex, systemClock, systemRandom } from '@koinon/base'
import { createProviderGate, type EnginePort, evidenceSchema, ProviderServer } from '@koinon/inference/provider'
import { joinSubnet } from '@koinon/ledger'
import type { FinalAnswer, ReceiptLedger } from '@koinon/payments/core'
import { withdrawDelayBounds } from '@koinon/payments/rules'
import {
  createSubnetLedgerWriter,
  createWorkListHandler,
  type EpochWindow,
  WorkCommitter,
  type WorkItem,
  WorkStore,
  workStoreSchema,
} from '@koinon/subnets'
import type { ReceiptBundle } from '@koinon/work'
import { pino } from 'pino'
import { createListedWork } from '../../../packages/node/src/roles/listed-work.ts'
import { openPayee, type Payee } from '../../../packages/node/src/roles/payee.ts'
import { PermittedAccounts } from '../../../packages/node/src/roles/permitted-accounts.ts'
import { providerLimits } from '../../../packages/node/src/roles/provider-limits.ts'
import { type LedgerWorld, netuid } from './ledger-world.ts'
import { patiently } from './patience.ts'

const creditLimitAtomic = 20_000n

/** Parts that a cheat exchanges; an honest miner has none of them. */
export type Dishonesty = {
  /** What the engine says and does. */
  readonly engine?: (honest: EnginePort) => EnginePort
  /** What the miner signs, of the answer as it was. */
  readonly sign?: (answer: FinalAnswer) => FinalAnswer
  /** What it commits, of what it signed. */
  readonly commit?: (items: readonly WorkItem[], window: EpochWindow) => Promise<readonly WorkItem[]>
  /** Which receipts it shows in its list. */
  readonly list?: (items: readonly WorkItem[], own: readonly unknown[]) => Promise<readonly unknown[]>
  /** Which receipts it shows for a request; undefined for none. */
  readonly show?: (requestId: Hex, own: ReceiptBundle | undefined) => Promise<ReceiptBundle | undefined>
  /** False: tells validators that it has no evidence. */
  readonly servesValidators?: boolean
  /** Called with the finished parts, for cheats that act on their own. */
  readonly started?: (miner: Miner) => Promise<() => Promise<void>>
}

export type Miner = {
  readonly name: string
  readonly account: Address
  readonly uid: number
  readonly url: string
  readonly payee: Payee
  stop(): Promise<void>
}

export async function startMiner(options: {
  readonly world: LedgerWorld
  readonly name: string
  readonly engine: EnginePort
  readonly dishonesty?: Dishonesty
}): Promise<Miner> {
  const { world, name, dishonesty = {} } = options
  const role = await world.member(name)
  const { network, reader, sender, key } = role
  const payee = await openPayee({
    role,
    log: pino({ level: 'silent' }),
    creditLimitAtomic,
    watchIntervalMs: 5_000 * world.stretch,
    schema: `${evidenceSchema}\n${workStoreSchema}`,
  })
  const { ledger } = world
  const permits = new PermittedAccounts({ ledger, netuid, onError: () => undefined })
  const listed = createListedWork(signsAsItIs(payee.ledger, dishonesty), key.address)
  const workOf = async (window: EpochWindow): Promise<readonly WorkItem[]> => {
    const items = await listed.workOf(window)
    return dishonesty.commit === undefined ? items : dishonesty.commit(items, window)
  }
  const committer = new WorkCommitter({
    netuid,
    ledger,
    writer: createSubnetLedgerWriter(sender, network),
    store: new WorkStore(payee.store),
    workOf,
    pollMs: 2_000 * world.stretch,
    onError: () => undefined,
  })
  const gate = createProviderGate({
    chainId: network.chainId,
    account: key.address,
    session: () => payee.ledger.session,
    book: payee.book,
    isValidator: (account) => permits.has(account),
    clock: systemClock,
    random: systemRandom,
  })
  const engine = dishonesty.engine?.(options.engine) ?? options.engine
  const server = new ProviderServer(
    {
      host: '127.0.0.1',
      port: 0,
      chainId: network.chainId,
      account: key.address,
      session: () => payee.ledger.session,
      token: network.contracts.dollar,
      minimumWithdrawDelaySeconds: withdrawDelayBounds.minimum,
      creditLimitAtomic,
      models: [
        {
          engine,
          defaultTemperatureMicro: 0,
          promptPricePicoUsdPerToken: 50_000n,
          outputPricePicoUsdPerToken: 200_000n,
        },
      ],
      limits: providerLimits(8),
    },
    {
      gate,
      payments: {
        ledger: signingAs(payee.ledger, dishonesty),
        book: payee.book,
        acceptVoucher: (voucher) => payee.desk.deliver(voucher),
        registerChannel: (channel) => payee.admission.admit(channel),
      },
      store: payee.store,
      clock: systemClock,
      random: systemRandom,
      isValidator: (account) => dishonesty.servesValidators !== false && permits.has(account),
      additionalRoutes: createWorkListHandler({
        committer,
        gate,
        mayRead: async (account) => permits.has(account),
        receiptsOf: async (items) => {
          const own = await listed.receiptsOf(items)
          return dishonesty.list === undefined ? own : dishonesty.list(items, own)
        },
      }),
    },
  )
  const { port } = await server.start()
  const url = `http://127.0.0.1:${port}`
  const seat = await patiently(() => joinSubnet({ network, reader, sender }, netuid, url))
  permits.start()
  committer.start()
  const parts = { name, account: key.address, uid: seat.uid, url, payee }
  const miner: Miner = { ...parts, stop: async () => undefined }
  const stopOwn = await dishonesty.started?.(miner)
  return {
    ...parts,
    async stop() {
      await stopOwn?.()
      await server.stop(200)
      await Promise.all([committer.stop(), permits.stop()])
      await payee.stop()
    },
  }
}

/** Whoever signs times of its own does not let its books correct them. */
function signsAsItIs(ledger: ReceiptLedger, { sign }: Dishonesty): Pick<ReceiptLedger, 'archive' | 'closeBefore'> {
  return sign === undefined ? ledger : { archive: ledger.archive, closeBefore: async () => undefined }
}

/** The receipt ledger with the dishonest parts before and behind it. */
function signingAs(ledger: ReceiptLedger, { sign, show }: Dishonesty): ReceiptLedger {
  if (sign === undefined && show === undefined) return ledger
  const archive = {
    isFinal: (requestId: Hex, payer: Address) => ledger.archive.isFinal(requestId, payer),
    endedBetween: (query: Parameters<ReceiptLedger['archive']['endedBetween']>[0]) =>
      ledger.archive.endedBetween(query),
    async byId(requestId: Hex, payer?: Address) {
      const own = await ledger.archive.byId(requestId, payer)
      return show === undefined ? own : show(requestId, own)
    },
  }
  const wrapped = {
    archive,
    get session() {
      return ledger.session
    },
    reserve: ledger.reserve.bind(ledger),
    release: ledger.release.bind(ledger),
    finalize: (answer: FinalAnswer) => ledger.finalize(sign?.(answer) ?? answer),
  }
  return wrapped as unknown as ReceiptLedger
}
