/** Miners and validators of one subnet file in one process: what `koinon miner start --file` and `koinon up --subnets` run. */
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import { createNoticeBoard, type NoticeBoard } from './notice-board.ts'
import type { SubnetRoleConfig } from './role-config.ts'
import { roleLogger } from './role-tools.ts'
import { startSubnetMiner } from './subnet-miner.ts'
import { type MemberContext, shareOf } from './subnet-shared.ts'
import { startSubnetValidator } from './subnet-validator.ts'

export async function startSubnetRole(config: SubnetRoleConfig, context: RoleContext): Promise<RunningRole> {
  const shared = shareOf(config)
  const notices = createNoticeBoard(context.notice)
  let serving = 0
  const starts = await Promise.allSettled(
    config.members.map(async (member) => {
      const log = roleLogger(member.name)
      const start = member.kind === 'miner' ? startSubnetMiner : startSubnetValidator
      const started = await start(config, member, shared, log, memberContext(member.name, context, notices))
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

/** What a member says is told under its name, each of its parts for itself. */
function memberContext(name: string, { progress }: RoleContext, notices: NoticeBoard): MemberContext {
  const named = (part: string) => {
    const notice = notices.of(`${name} ${part}`)
    return (text: string) => notice(text === '' ? '' : `${name} ${text}`)
  }
  return { progress: (text) => progress(`${name}: ${text}`), noticeOf: named }
}
