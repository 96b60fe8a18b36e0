/** Dollars that moved on the ledger, as far as reputation asks (specs/0023 section 5.1). */
import { type Address, type Hex, toAddress } from '@koinon/base'
import { type LedgerView, LogPager } from '@koinon/ledger'
import { batchSettlementAbi, testDollarAbi } from '@koinon/ledger/abis'
import type { Funding, RatedAgent, SettledPayment } from '../../rules/trust/trust-input.ts'

/** A channel in dollars with what its receiver has claimed for good, atomic units. */
export type ClaimedChannel = { readonly payer: Address; readonly receiver: Address; readonly claimedAtomic: bigint }

/** `transactions`: payments by EIP-3009, by `hash payer payee`. */
export type SettledMoney = {
  readonly payments: readonly SettledPayment[]
  readonly fundings: readonly Funding[]
  readonly channels: ReadonlyMap<Hex, ClaimedChannel>
  readonly transactions: ReadonlyMap<string, bigint>
}

type Transfer = Funding & { readonly transaction: Hex }

/** Addresses in one filter of logs. */
const addressesPerFilter = 100

/** Reads what the agents were paid, and what went out of their wallets and their owners', one step further for accounts of theirs. */
export async function readSettledMoney(view: LedgerView, agents: readonly RatedAgent[]): Promise<SettledMoney> {
  const { channels: escrow, depositCollector } = view.network.contracts
  const isEscrow = (account: Address): boolean => account === escrow || account === depositCollector
  const wallets = [...new Set(agents.map(({ wallet }) => wallet))]
  const hands = [...new Set(agents.flatMap(({ wallet, owner }) => [wallet, owner]))]
  const channels = await readChannels(view)
  const [incoming, outgoing] = await Promise.all([
    readTransfers(view, 'to', wallets),
    readTransfers(view, 'from', hands),
  ])
  const errands = [...new Set(outgoing.map(({ to }) => to))].filter((to) => !isEscrow(to) && !hands.includes(to))
  const [passed, funded, authorized] = await Promise.all([
    readTransfers(view, 'from', errands),
    // All that errands received, so that a bank is told from an errand.
    readTransfers(view, 'to', errands),
    readAuthorized(view, [...new Set(incoming.map(({ from }) => from))]),
  ])
  const direct = incoming.filter(
    ({ from, to, transaction }) => authorized.has(`${transaction} ${from}`) && !isEscrow(from) && !isEscrow(to),
  )
  const directKeys = new Set(direct.map(transferKey))
  const others = new Map(
    [...outgoing, ...passed, ...funded].map((transfer) => [`${transfer.transaction} ${transfer.logIndex}`, transfer]),
  )
  return {
    payments: [
      ...[...channels.values()].map(({ payer, receiver, claimedAtomic }) => ({
        payer,
        payee: receiver,
        amountAtomic: claimedAtomic,
      })),
      ...direct.map(({ from, to, amountAtomic }) => ({ payer: from, payee: to, amountAtomic })),
    ],
    fundings: [...others.values()].filter(
      (transfer) => !isEscrow(transfer.from) && !isEscrow(transfer.to) && !directKeys.has(transferKey(transfer)),
    ),
    channels,
    transactions: sumBy(direct),
  }
}

function transferKey({ transaction, logIndex }: IndexedTransfer): string {
  return `${transaction} ${logIndex}`
}

type IndexedTransfer = Transfer & { readonly logIndex: number }

function sumBy(transfers: readonly Transfer[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const { transaction, from, to, amountAtomic } of transfers) {
    const key = `${transaction} ${from} ${to}`
    sums.set(key, (sums.get(key) ?? 0n) + amountAtomic)
  }
  return sums
}

/** Only channels in this network's dollar: in a token of one's own everybody is rich. */
async function readChannels(view: LedgerView): Promise<ReadonlyMap<Hex, ClaimedChannel>> {
  const { channels: address, dollar } = view.network.contracts
  const channels = new Map<Hex, ClaimedChannel>()
  await eachPage(view, async (span) => {
    const logs = await view.reader.getLogs({ address, events: channelEvents, strict: true, ...span })
    for (const { eventName, args } of logs) {
      const known = channels.get(args.channelId)
      if (eventName === 'Claimed') {
        if (known !== undefined) channels.set(args.channelId, { ...known, claimedAtomic: args.newTotalClaimed })
      } else if (toAddress(args.config.token) === dollar) {
        const { payer, receiver } = args.config
        const claimedAtomic = known?.claimedAtomic ?? 0n
        channels.set(args.channelId, { payer: toAddress(payer), receiver: toAddress(receiver), claimedAtomic })
      }
    }
    return logs
  })
  return channels
}

async function readTransfers(
  view: LedgerView,
  side: 'from' | 'to',
  accounts: readonly Address[],
): Promise<readonly IndexedTransfer[]> {
  const transfers: IndexedTransfer[] = []
  for (const part of parts(accounts)) {
    await eachPage(view, async (span) => {
      const logs = await view.reader.getLogs({
        address: view.network.contracts.dollar,
        event: transferEvent,
        args: side === 'from' ? { from: part } : { to: part },
        strict: true,
        ...span,
      })
      for (const { args, transactionHash, logIndex } of logs) {
        transfers.push({
          from: toAddress(args.from),
          to: toAddress(args.to),
          amountAtomic: args.value,
          transaction: transactionHash,
          logIndex,
        })
      }
      return logs
    })
  }
  return transfers
}

/** Accounts that signed a transfer in a transaction, as `hash account`. */
async function readAuthorized(view: LedgerView, accounts: readonly Address[]): Promise<ReadonlySet<string>> {
  const authorized = new Set<string>()
  for (const part of parts(accounts)) {
    await eachPage(view, async (span) => {
      const logs = await view.reader.getLogs({
        address: view.network.contracts.dollar,
        event: authorizationEvent,
        args: { authorizer: part },
        strict: true,
        ...span,
      })
      for (const { args, transactionHash } of logs) authorized.add(`${transactionHash} ${toAddress(args.authorizer)}`)
      return logs
    })
  }
  return authorized
}

async function eachPage(
  { network, reader }: LedgerView,
  read: (span: { readonly fromBlock: bigint; readonly toBlock: bigint }) => Promise<readonly unknown[]>,
): Promise<void> {
  const pager = new LogPager()
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  for (let next = BigInt(network.startBlock); next <= head; ) {
    next = (await pager.next({ fromBlock: next, toBlock: head }, read)).toBlock + 1n
  }
}

function parts(accounts: readonly Address[]): readonly Address[][] {
  const count = Math.ceil(accounts.length / addressesPerFilter)
  return Array.from({ length: count }, (_, index) =>
    accounts.slice(index * addressesPerFilter, (index + 1) * addressesPerFilter),
  )
}

const channelEvents = batchSettlementAbi.filter(
  (item) => item.type === 'event' && (item.name === 'ChannelCreated' || item.name === 'Claimed'),
) as Extract<(typeof batchSettlementAbi)[number], { type: 'event'; name: 'ChannelCreated' | 'Claimed' }>[]
const transferEvent = eventOf('Transfer')
const authorizationEvent = eventOf('AuthorizationUsed')

function eventOf<const name extends 'Transfer' | 'AuthorizationUsed'>(name: name) {
  return testDollarAbi.find((item) => item.type === 'event' && item.name === name) as Extract<
    (typeof testDollarAbi)[number],
    { type: 'event'; name: name }
  >
}
