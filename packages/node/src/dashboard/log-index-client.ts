import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import { openLogIndex } from '@koinon/ledger/log-index'
import type { IndexClient, Indexed } from './index-client.ts'

/** The questions of an index, answered from the ledger's logs up to its newest block now, where no index can be asked. */
export async function createLogIndexClient(network: NetworkFile): Promise<IndexClient> {
  const index = await openLogIndex({ network, reader: createLedgerReader(network) })
  const { asOfBlock } = index
  const indexed = async <result>(answer: Promise<result>): Promise<Indexed<result>> => ({
    asOfBlock,
    result: await answer,
  })
  return {
    position: () => indexed(Promise.resolve({ blockNumber: asOfBlock })),
    events: (filter) => indexed(index.events(filter)),
    newest: (filter) => indexed(index.newest(filter)),
    first: (filter) => indexed(index.first(filter)),
    sums: (filter) => indexed(index.sums(filter)),
    jobs: (token) => indexed(index.jobs(token)),
    async transfers({ contract, account, limit }) {
      const sides = ['from', 'to'].map((side) =>
        index.events({ contract, names: ['Transfer'], where: { [side]: account }, order: 'newest', limit }),
      )
      const all = (await Promise.all(sides)).flat()
      return indexed(Promise.resolve(all.sort((a, b) => b.blockNumber - a.blockNumber).slice(0, limit)))
    },
  }
}
