/** Miners and validators of one subnet file in one process: what `koinon miner start --file` and `koinon up --subnets` run. */
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import type { SubnetRoleConfig } from './role-config.ts'
import { roleLogger } from './role-tools.ts'
import { startSubnetMiner } from './subnet-miner.ts'
import { startSubnetValidator } from './subnet-validator.ts'

export async function startSubnetRole(config: SubnetRoleConfig, context: RoleContext): Promise<RunningRole> {
  const running: RunningRole[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((member) => member.stop()))
  }
  try {
    for (const [index, member] of config.members.entries()) {
      context.progress(`starting ${member.name} (${index + 1} of ${config.members.length})`)
      const log = roleLogger(member.name)
      const start = member.kind === 'miner' ? startSubnetMiner : startSubnetValidator
      running.push(await start(config, member, log))
    }
  } catch (error) {
    await stop()
    throw error
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
