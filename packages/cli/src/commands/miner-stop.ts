import { KoinonError } from '@koinon/base'
import { askSupervisor, existingAccountKey, type RoleStatus, runningSupervisor } from '@koinon/node/home'
import { giveUpSeat } from '@koinon/node/joined'
import type { Command } from 'commander'
import { accountOf } from '../role-account.ts'
import { runCommand } from '../runner.ts'
import { stopRunning } from '../stop-running.ts'

type StopFlags = { readonly netuid?: string; readonly keepSeat?: boolean }

/** `koinon miner stop`: ends a miner of a subnet file and gives its seat back. */
export function defineMinerStop(miner: Command): void {
  miner
    .command('stop')
    .description('stop answering and give the seat on the subnet back; what was earned stays where it is')
    .option('--netuid <n>', 'subnet (default: the one that this home mines in)')
    .option('--keep-seat', 'stop only; come back later with the same seat')
    .action(
      runCommand(async ({ home, say, typed }, { netuid: number, keepSeat }: StopFlags) => {
        const name = accountOf(home, 'miner', number === undefined ? {} : { netuid: number })
        existingAccountKey(home, name)
        const netuid = Number(/^subnet-(\d+)-/.exec(name)?.[1])
        const isRunning = runningSupervisor(home) !== undefined
        if (isRunning) {
          const roles = await askSupervisor<readonly RoleStatus[]>(home, 'roles')
          if (!roles.some((role) => role.name === name)) throw otherRuns(name)
          await stopRunning(home, keepSeat === true ? 'stop' : 'leave', () => say('stopping ...'))
        }
        if (keepSeat !== true) await giveUpSeat(home, name, netuid)
        const seat = keepSeat === true ? 'the seat is kept' : 'the seat was given back'
        return {
          data: { name, netuid, stopped: isRunning, left: keepSeat !== true },
          text: typed(`Stopped; ${seat}.\nWhat it earned: koinon miner status --netuid ${netuid}`),
        }
      }),
    )
}

function otherRuns(name: string): KoinonError {
  return new KoinonError({
    code: 'node/not-running',
    message: `This home runs something else than ${name}`,
    hint: 'See what: koinon status',
  })
}
