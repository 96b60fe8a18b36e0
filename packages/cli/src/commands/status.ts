import {
  askSupervisor,
  type LastAudit,
  type RoleStatus,
  readLastAudit,
  runningAgents,
  runningSupervisor,
} from '@koinon/node/home'
import { auditCounts, auditVerdict } from '@koinon/work/dashboard'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { agentsTable } from '../home-agents.ts'
import { runCommand } from '../runner.ts'
import { table } from '../table.ts'

export function defineStatus(status: Command): void {
  status.action(
    runCommand(async ({ home, typed }) => {
      const supervisor = runningSupervisor(home)
      const audit = readLastAudit(home)
      const agents = runningAgents(home)
      const kept = { agents, ...(audit === undefined ? {} : { lastAudit: audit }) }
      const served = agents.length === 0 ? '' : `\n\n${agentsTable(agents)}`
      if (supervisor === undefined) {
        const nothing = agents.length === 0 ? 'Nothing runs' : 'No network runs, only agents do,'
        return {
          data: { running: false, roles: [], ...kept },
          text: `${nothing} on the home ${home.path}. ${typed(`Start a network with "koinon up".\n${auditLine(audit)}`)}${served}`,
        }
      }
      const roles = await askSupervisor<readonly RoleStatus[]>(home, 'roles')
      // A joined node has no page, and a network that is still starting has none yet.
      const page = await askSupervisor<{ readonly url: string }>(home, 'page.link').catch(() => undefined)
      return {
        data: {
          running: true,
          pid: supervisor.pid,
          startedAtMs: supervisor.startedAtMs,
          page: page?.url,
          roles,
          ...kept,
        },
        text: `Supervisor: process ${supervisor.pid}, home ${home.path}\n${page === undefined ? '' : `Page: ${page.url}  (${page.url.includes('#/open/') ? 'lets one browser in; once used, ask again for another' : 'what everybody may see; nothing of the owner'})\n`}${typed(auditLine(audit))}\n\n${roleTable(roles)}${served}`,
      }
    }),
  )
}

/** When an audit was last run from this home, and what it came to. */
export function auditLine(audit: LastAudit | undefined): string {
  if (audit === undefined) return 'Last audit: none was run from this home ("koinon audit").'
  const { atMs, block, isWhole } = audit
  return `Last audit: ${utcTime(atMs / 1000)}, ${isWhole ? '' : 'of a part only, '}up to block ${block}: ${auditVerdict(audit).words} (${auditCounts(audit)}).`
}

function roleTable(roles: readonly RoleStatus[]): string {
  return table(
    ['role', 'state', 'process', 'memory', 'restarts', 'account', 'address', 'note'],
    roles.flatMap((role) => [
      [
        role.name,
        role.state,
        role.pid === undefined ? '' : String(role.pid),
        role.rssBytes === undefined ? '' : `${Math.round(role.rssBytes / 2 ** 20)} MiB`,
        String(role.restarts),
        role.info?.account?.slice(0, 12) ?? '',
        role.info?.url ?? '',
        role.state === 'ready' ? (role.notice ?? '') : (role.lastError ?? ''),
      ],
      // A single member is the role itself.
      ...(role.info?.account === undefined ? (role.info?.members ?? []) : []).map(({ name, account, url }) => [
        `  ${name}`,
        ...['', '', '', ''],
        account.slice(0, 12),
        url,
        '',
      ]),
    ]),
  )
}
