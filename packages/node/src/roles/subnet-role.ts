/** Miners and validators of one subnet file in one process: what `koinon miner start --file` and `koinon up --subnets` run. */
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import type { SubnetRoleConfig } from './role-config.ts'
import { roleLogger } from './role-tools.ts'
import { startSubnetMiner } from './subnet-miner.ts'
import { shareOf } from './subnet-shared.ts'
import { startSubnetValidator } from './subnet-validator.ts'

export async function startSubnetRole(config: SubnetRoleConfig, context: RoleContext): Promise<RunningRole> {
  const shared = shareOf(config)
  let serving = 0
  const starts = await Promise.allSettled(
    config.members.map(async (member) => {
      const log = roleLogger(member.name)
      const started =
        member.kind === 'miner'
          ? await startSubnetMiner(config, member, shared, log)
          : await startSubnetValidator(config, member, shared, log, (text) => context.notice(`${member.name} ${text}`))
      context.progress(`${++serving} of ${config.members.length} are there`)
      return started
    }),
  )
  const running = starts.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((member) => member.stop()))
  }
  const failed = starts.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  const members = running.map(({ info }, index) => ({ ...config.members[index], ...info }))
  const [first] = running
  return {
    info: {
      ...(members.length === 1 ? first?.info : { facts: { netuid: config.netuid, members: members.length } }),
      members: members.flatMap(({ name, kind, account, url }) =>
        name === undefined || kind === undefined || account === undefined || url === undefined
          ? []
          : [{ name, kind, account, url }],
      ),
    },
    stop,
  }
}
