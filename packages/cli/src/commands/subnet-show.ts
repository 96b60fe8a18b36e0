import { createLedgerReader, readChallenges, readSubnet } from '@koinon/ledger'
import { viewSubnets } from '@koinon/node/views'
import { networkOf } from '@koinon/node/wallet'
import { createSubnetLedger, nextResult } from '@koinon/subnets'
import {
  marketJson,
  readEmissionShares,
  readLastResultEpoch,
  readMarket,
  readOwnership,
  readPendingChanges,
  readSplit,
  shareWords,
} from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { parseNetuid } from '../netuid.ts'
import { ownershipFacts, ownershipJson } from '../ownership-words.ts'
import { pendingFacts, pendingJson } from '../pending-words.ts'
import { runCommand } from '../runner.ts'
import { emissionJson, subnetFacts, subnetJson } from '../subnet-words.ts'
import { facts } from '../table.ts'
import { flowText, nextResultText, splitFacts } from '../view-words.ts'

/** `koinon subnet show`: what one is like, what a seat costs, and whose seat is claimed. */
export function defineSubnetShow(subnet: Command): void {
  subnet
    .command('show')
    .description(
      'one subnet: its seats, their price and rules, open challenges, what its alpha costs, how much of new KOIN it gets and why, how its new alpha is divided, what its owner announced, who could come to own it',
    )
    .argument('[netuid]', 'number of the subnet', '1')
    .action(
      runCommand(async ({ home, typed }, number: string) => {
        const netuid = parseNetuid(number)
        const network = networkOf(home)
        const view = { network, reader: createLedgerReader(network) }
        const found = await readSubnet(view, netuid)
        const ledger = createSubnetLedger(view.reader, network)
        const [clock, nowSeconds] = await Promise.all([ledger.clock(netuid), ledger.nowSeconds()])
        const [challenges, market, ownership, pending, { specHash, subnets }, split, signed, shown] = await Promise.all(
          [
            readChallenges(view, netuid),
            readMarket(view, netuid),
            readOwnership(view, netuid),
            readPendingChanges(view, netuid),
            readEmissionShares(view, [netuid]),
            readSplit(view, netuid, clock),
            readLastResultEpoch(view, netuid),
            viewSubnets(network).catch(() => undefined),
          ],
        )
        const flow = shown?.subnets.find((one) => one.netuid === netuid)?.flow
        const next = nextResult(clock, signed, nowSeconds)
        const isAlive = found.dissolvedAtSeconds === undefined
        const share = subnets.get(netuid)
        const newKoin = isAlive ? shareWords(specHash, share) : undefined
        return {
          data: {
            ...subnetJson(found),
            ...marketJson(market),
            ...(isAlive ? { pending: pendingJson(pending), ownership: ownershipJson(ownership) } : {}),
            ...emissionJson(specHash, share),
            ...(isAlive ? { split, nextResult: next } : {}),
            ...(flow === undefined ? {} : { flow }),
            ...(signed === undefined ? {} : { signedEpoch: signed }),
            challenges: challenges.map(({ deposit, ...rest }) => ({ ...rest, depositAtomic: `${deposit}` })),
          },
          text: typed(
            facts([
              ...subnetFacts(found, challenges, market, newKoin),
              ['flow', flowText(flow)],
              ...(isAlive ? [...splitFacts(split), resultFact(signed, nextResultText(next))] : []),
              ...(isAlive ? [...pendingFacts(netuid, found, pending), ...ownershipFacts(netuid, ownership)] : []),
            ]),
          ),
        }
      }),
    )
}

function resultFact(signed: number | undefined, next: string): readonly [string, string] {
  return signed === undefined
    ? ['first result', next]
    : ['results', `the last is of epoch ${signed}; the next: ${next}`]
}
