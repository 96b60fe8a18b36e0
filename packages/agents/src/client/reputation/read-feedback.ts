import { type Address, type Hex, toAddress } from '@koinon/base'
import { type LedgerView, LogPager } from '@koinon/ledger'
import { reputationRegistryAbi } from '@koinon/ledger/abis'

/** One feedback as the ledger has it. */
export type LedgerFeedback = {
  readonly agentId: bigint
  readonly client: Address
  readonly index: bigint
  readonly value: bigint
  readonly valueDecimals: number
  readonly tag1: string
  readonly tag2: string
  readonly endpoint: string
  readonly uri: string
  readonly hash: Hex
  readonly isRevoked: boolean
}

/** All feedback, oldest first, or that about one agent. */
export async function readFeedback(
  { network, reader }: LedgerView,
  agentId?: bigint,
): Promise<readonly LedgerFeedback[]> {
  const pager = new LogPager()
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  const given = new Map<string, LedgerFeedback>()
  for (let next = BigInt(network.startBlock); next <= head; ) {
    const page = await pager.next({ fromBlock: next, toBlock: head }, (span) =>
      reader.getLogs({ address: network.contracts.reputation, events: feedbackEvents, strict: true, ...span }),
    )
    for (const { eventName, args } of page.logs) {
      const key = `${args.agentId} ${args.clientAddress} ${args.feedbackIndex}`
      const known = given.get(key)
      if (eventName === 'FeedbackRevoked') {
        if (known !== undefined) given.set(key, { ...known, isRevoked: true })
      } else if (agentId === undefined || args.agentId === agentId) {
        const { value, valueDecimals, tag1, tag2, endpoint, feedbackURI: uri, feedbackHash: hash } = args
        given.set(key, {
          agentId: args.agentId,
          client: toAddress(args.clientAddress),
          index: args.feedbackIndex,
          ...{ value, valueDecimals, tag1, tag2, endpoint, uri, hash },
          isRevoked: false,
        })
      }
    }
    next = page.toBlock + 1n
  }
  return [...given.values()]
}

const feedbackEvents = reputationRegistryAbi.filter(
  (item) => item.type === 'event' && (item.name === 'NewFeedback' || item.name === 'FeedbackRevoked'),
) as Extract<(typeof reputationRegistryAbi)[number], { type: 'event'; name: 'NewFeedback' | 'FeedbackRevoked' }>[]
