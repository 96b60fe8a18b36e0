import { KoinonError } from '@koinon/base'
import { loadNetworkFile, type NetworkFile } from '@koinon/ledger'
import type { CheckReport, Difference, Open, Subject } from '@koinon/ledger/audit'
import { type AuditOutcome, auditCopy, auditNetwork, networkOf } from '@koinon/node'
import type { Command } from 'commander'
import { type CommandContext, type CommandResult, parseInteger, runCommand } from '../runner.ts'
import { table } from '../table.ts'

type AuditOptions = {
  readonly from?: string
  readonly to?: string
  readonly netuid?: string
  readonly rpc?: string
  readonly network?: string
  readonly data?: string
}

const mostEpochs = 1_000_000_000
/** Of each list; --json has all. */
const shownLines = 40

export function defineAudit(program: Command): void {
  const audit = program
    .command('audit')
    .description('compute a network again from public chain data: what agrees, what differs, what could not be checked')
    .option('--from <epoch>', 'first epoch to look at')
    .option('--to <epoch>', 'last epoch to look at')
    .option('--netuid <n>', 'one subnet only')
    .option('--rpc <url>', "any JSON-RPC server of the chain (default: the network file's)")
    .option('--network <file or url>', 'network file, or URL of a gateway (default: the network of this home)')
    .option('--data <dir>', 'audit a copy that "koinon audit export DIR" wrote, without any server')
    .action(
      runCommand(async (context, options: AuditOptions) => {
        const shared = { scope: scopeOf(options), onProgress: context.say }
        if (options.data === undefined) return describe(await auditNetwork(await networkFor(context, options), shared))
        if (options.rpc !== undefined || options.network !== undefined)
          throw new KoinonError({
            code: 'usage/bad-command-line',
            message: '--data audits a copy and asks no server',
            hint: 'Leave out --rpc and --network.',
          })
        return describe(await auditCopy(options.data, shared))
      }),
    )
  audit
    .command('export')
    .description('audit, and keep all that was read as JSON lines with their hashes')
    .argument('<dir>', 'folder to write; files of an earlier export in it are replaced')
    .action(
      runCommand(async (context, exportTo: string, options: AuditOptions) => {
        const network = await networkFor(context, options)
        const result = describe(
          await auditNetwork(network, { scope: scopeOf(options), onProgress: context.say, exportTo }),
        )
        return {
          ...result,
          text: `${result.text}\n\nwritten to ${exportTo}; audit it with: koinon audit --data ${exportTo}`,
        }
      }),
    )
}

function scopeOf({ from, to, netuid }: AuditOptions) {
  const number = (text: string | undefined, flag: string, fallback: number): number =>
    text === undefined ? fallback : parseInteger(text, flag, 0, mostEpochs)
  return {
    netuid: netuid === undefined ? undefined : parseInteger(netuid, '--netuid', 1, 65_535),
    fromEpoch: number(from, '--from', 0),
    toEpoch: number(to, '--to', mostEpochs),
  }
}

async function networkFor({ home }: CommandContext, { network, rpc }: AuditOptions): Promise<NetworkFile> {
  const file = network === undefined ? networkOf(home) : await loadNetworkFile(network)
  if (rpc === undefined) return file
  if (!/^https?:$/.test(URL.parse(rpc)?.protocol ?? ''))
    throw new KoinonError({
      code: 'usage/bad-rpc-url',
      message: `"${rpc}" is not the URL of a JSON-RPC server`,
      hint: 'Write it whole, as in --rpc https://rpc.example.org.',
    })
  return { ...file, rpcUrl: rpc }
}

function describe(outcome: AuditOutcome): CommandResult {
  const { network, head, checks, agreed, differs, open } = outcome
  const rows = checks.map((check) => [
    check.name,
    String(check.agreed),
    String(check.differences.length),
    String(check.open.length),
    check.compares,
  ])
  const parts = [
    `${network.name} (chain ${network.chainId}) up to block ${head.block}, ${new Date(head.seconds * 1_000).toISOString().slice(0, 19)}Z`,
    table(['check', 'agree', 'differ', 'not checked', 'what was compared'], rows),
    listed(
      'DIFFERENT',
      checks.flatMap((check) => check.differences.map((item) => differenceLine(check, item))),
    ),
    listed('not checked', checks.flatMap(openLines)),
    differs === 0
      ? `nothing differs: ${agreed} figures agree, ${open} could not be checked`
      : `${differs} FIGURES DIFFER; ${agreed} agree, ${open} could not be checked`,
  ]
  return { data: outcome, text: parts.filter((part) => part !== '').join('\n\n'), isBad: differs > 0 }
}

function differenceLine({ name }: CheckReport, item: Difference): string {
  return `  ${name}: ${subjectOf(item)}${item.what}: computed ${item.expected}, found ${item.found}`
}

/** One line for all that was left open for the same reason. */
function openLines({ name, open }: CheckReport): readonly string[] {
  const groups = Map.groupBy(
    open,
    (item: Open) => `${item.netuid ?? ''}/${item.account ?? ''}/${item.what}/${item.why}`,
  )
  return [...groups.values()].map((items) => {
    const [first] = items as [Open, ...Open[]]
    const epochs = items.flatMap(({ epoch }) => (epoch === undefined ? [] : [epoch])).sort((a, b) => a - b)
    const span = epochs.length > 1 ? `${epochs.length} epochs from ${epochs[0]} to ${epochs.at(-1)}, ` : ''
    const subject = subjectOf(span === '' ? first : withoutEpoch(first))
    return `  ${name}: ${subject}${span}${first.what}: ${first.why}`
  })
}

function withoutEpoch({ netuid, account }: Subject): Subject {
  return { ...(netuid === undefined ? {} : { netuid }), ...(account === undefined ? {} : { account }) }
}

function subjectOf({ netuid, epoch, account }: Subject): string {
  return [
    ...(netuid === undefined ? [] : [`subnet ${netuid}`]),
    ...(epoch === undefined ? [] : [`epoch ${epoch}`]),
    ...(account === undefined ? [] : [account]),
  ]
    .map((part) => `${part}, `)
    .join('')
}

function listed(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  const more = lines.length > shownLines ? [`  and ${lines.length - shownLines} more: see --json`] : []
  return [`${title}:`, ...lines.slice(0, shownLines), ...more].join('\n')
}
