import { KoinonError } from '@koinon/base'
import { askSupervisor, type RoleStatus, runningSupervisor } from '@koinon/node/home'
import { findSeatChallenge } from '@koinon/node/joined'
import { networkOf, readEarnings } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { earningsFacts } from '../earnings-words.ts'
import { type AccountOptions, accountOf, withAccountOptions } from '../role-account.ts'
import { runCommand } from '../runner.ts'
import { facts } from '../table.ts'

/** `koinon miner status`: how a miner of a subnet file is doing, and what it earned. */
export function defineMinerStatus(miner: Command): void {
  withAccountOptions(
    miner.command('status').description('how a miner of this home is doing, and what it earned'),
    'miner',
  ).action(
    runCommand(async ({ home, typed }, options: AccountOptions) => {
      const name = accountOf(home, 'miner', options)
      const earnings = await readEarnings(home, name)
      if (earnings === undefined)
        throw new KoinonError({
          code: 'home/no-key',
          message: `The home ${home.path} has no key called "${name}"`,
          hint: 'Start the miner first: koinon miner start --file FILE --netuid N',
        })
      const netuid = Number(/^subnet-(\d+)-/.exec(name)?.[1] ?? 0)
      const challenge = netuid === 0 ? undefined : await findSeatChallenge(home, name, netuid).catch(() => undefined)
      const role = runningSupervisor(home) === undefined ? undefined : await runningRole(home, name)
      const { unclaimedAtomic: _, ...earned } = earnings
      return {
        data: { name, running: role !== undefined, ...(role === undefined ? {} : { role }), earnings: earned },
        text: typed(
          facts([
            ['miner', name],
            ['state', role?.state ?? 'does not run; koinon miner start --file FILE --netuid N starts it'],
            ...(role?.info?.url === undefined ? [] : [['endpoint', role.info.url] as const]),
            ...(challenge === undefined ? [] : [['challenged', challenge] as const]),
            ...earningsFacts(earned, networkOf(home).isTest, {
              role: 'miner',
              command: `koinon miner withdraw ${options.account === undefined ? `--netuid ${netuid}` : `--account ${name}`}`,
            }),
          ]),
        ),
      }
    }),
  )
}

/** The role whose account it is; of several that share a process, theirs. */
async function runningRole(home: Parameters<typeof askSupervisor>[0], name: string): Promise<RoleStatus | undefined> {
  const roles = await askSupervisor<readonly RoleStatus[]>(home, 'roles')
  return roles.find((role) => role.name === name || role.info?.members?.some((member) => member.name === name))
}
