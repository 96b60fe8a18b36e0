import { resolve } from 'node:path'
import { KoinonError } from '@koinon/base'
import { askSupervisor, runningSupervisor } from '@koinon/node/home'
import type { FoundedSubnet } from '@koinon/node/local'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { runCommand } from '../runner.ts'

/** `koinon subnet deploy FILE`. */
export function defineSubnetDeploy(subnet: Command): void {
  subnet
    .command('deploy')
    .description(
      'make a subnet of a file on the network that "koinon up" runs here, with miners and validators that start at once; or announce a later version of one',
    )
    .argument('<file>', 'TypeScript file with one defineSubnet')
    .addHelpText(
      'after',
      '\nTry the file first: koinon subnet dev FILE. What runs is a copy in the home; it starts again with every "koinon up".\nTo change one that runs, raise "version" in the file and deploy it again: the change holds two epochs later.',
    )
    .action(
      runCommand(async ({ home, typed }, path: string) => {
        if (runningSupervisor(home) === undefined) {
          throw new KoinonError({
            code: 'node/not-running',
            message: `No network runs on the home ${home.path}`,
            hint: 'Start one with "koinon up" and deploy from another terminal.',
          })
        }
        const { netuid, name, members, update } = (await askSupervisor(home, 'subnet.deploy', {
          file: resolve(path),
        })) as FoundedSubnet
        if (update !== undefined) {
          const { version, fromEpoch, fromSeconds } = update
          return {
            data: { netuid, name, members, update },
            text: typed(`Version ${version} of subnet ${netuid} "${name}" is announced: it holds from epoch ${fromEpoch} on, which begins ${utcTime(fromSeconds)}.
Miners of this home answer by it from then on, and its validators go over when all before it is judged. The old file stays: its results can still be shown wrong.
Others who take part need the file by then; what it would have meant lately: koinon subnet what-if ${netuid}`),
          }
        }
        return {
          data: { netuid, name, members },
          text: `Subnet ${netuid} "${name}" runs with ${members.length} accounts of this home: ${members.join(', ')}.
Its miners answer from the next epoch on; the first payouts come about three epochs later.
${typed(`See: koinon epoch show --netuid ${netuid}`)}`,
        }
      }),
    )
}
