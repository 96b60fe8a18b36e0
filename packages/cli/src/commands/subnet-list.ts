import { formatUnits, tokenDecimals } from '@koinon/base'
import { createLedgerReader, listSubnets, quoteLock, readSubnet } from '@koinon/ledger'
import { networkOf } from '@koinon/node'
import type { Command } from 'commander'
import { runCommand } from '../runner.ts'
import { subnetJson } from '../subnet-words.ts'
import { table } from '../table.ts'

/** `koinon subnet list`: the subnets that live, and what another would cost. */
export function defineSubnetList(subnet: Command): void {
  subnet
    .command('list')
    .description('the subnets of the network this home joined, and what another would cost')
    .action(
      runCommand(async ({ home }) => {
        const network = networkOf(home)
        const place = { network, reader: createLedgerReader(network) }
        const [netuids, lock] = await Promise.all([listSubnets(place), quoteLock(place)])
        const subnets = await Promise.all(netuids.map((netuid) => readSubnet(place, netuid)))
        const rows = subnets.map((item) => [
          `${item.netuid}`,
          item.name,
          `${item.neurons}/${item.maxNeurons}`,
          `${item.validators}/${item.maxValidators}`,
          koin(item.stake),
          koin(item.seatPrice),
        ])
        return {
          data: { subnets: subnets.map(subnetJson), lockAtomic: `${lock}` },
          text: `${table(['netuid', 'name', 'seats', 'validators', 'stake KOIN', 'seat KOIN'], rows)}\n\nAnother one costs ${koin(lock)} KOIN now.`,
        }
      }),
    )
}

function koin(amount: bigint): string {
  return formatUnits(amount, tokenDecimals)
}
