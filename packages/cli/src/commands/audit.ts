import { KoinonError } from '@koinon/base'
import { loadNetworkFile, type NetworkFile } from '@koinon/ledger'
import { type AuditOutcome, auditCopy, auditNetwork, deployedFiles } from '@koinon/node/audit'
import { type Home, saveLastAudit } from '@koinon/node/home'
import { networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { describeAudit } from '../audit-words.ts'
import { parseNetuid } from '../netuid.ts'
import { shellWord } from '../next-step.ts'
import { type CommandContext, parseInteger, runCommand } from '../runner.ts'

type AuditOptions = {
  readonly from?: string
  readonly to?: string
  readonly netuid?: string
  readonly rpc?: string
  readonly network?: string
  readonly data?: string
  readonly file: readonly string[]
  readonly decentralization?: true
}

const mostEpochs = 1_000_000_000

export function defineAudit(audit: Command): void {
  audit
    .option('--from <epoch>', 'first epoch to look at')
    .option('--to <epoch>', 'last epoch to look at')
    .option('--netuid <n>', 'one subnet only')
    .option('--rpc <url>', "any JSON-RPC server of the chain (default: the network file's)")
    .option('--network <file or url>', 'network file, or URL of a gateway (default: the network of this home)')
    .option('--data <dir>', 'audit a copy that "koinon audit export DIR" wrote, without any server')
    .option(
      '--file <subnet.ts>',
      'file of a subnet, to judge the answers of its miners again; may be given several times (known: templates, and what was deployed from this home)',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option(
      '--decentralization',
      'also who holds how much of stake, emission and work sold, and what that makes the network',
    )
    .action(
      runCommand(async (context, options: AuditOptions) => {
        const shared = sharedOf(context, options)
        if (options.data === undefined) {
          const network = await networkFor(context, options)
          const outcome = await auditNetwork(network, shared)
          keepOutcome(context.home, network, options, outcome)
          return describeAudit(outcome)
        }
        if (options.rpc !== undefined || options.network !== undefined)
          throw new KoinonError({
            code: 'usage/bad-command-line',
            message: '--data audits a copy and asks no server',
            hint: 'Leave out --rpc and --network.',
          })
        return describeAudit(await auditCopy(options.data, shared))
      }),
    )
  audit
    .command('export')
    .description('audit, and keep all that was read as JSON lines with their hashes')
    .argument('<dir>', 'folder to write; files of an earlier export in it are replaced')
    .action(
      runCommand(async (context, exportTo: string, options: AuditOptions) => {
        if (options.data !== undefined)
          throw new KoinonError({
            code: 'usage/bad-command-line',
            message: 'A copy is exported from a network: --data names a copy that is there already',
            hint: 'Leave out --data; to audit the copy: koinon audit --data DIR',
          })
        const network = await networkFor(context, options)
        const outcome = await auditNetwork(network, { ...sharedOf(context, options), exportTo })
        keepOutcome(context.home, network, options, outcome)
        const result = describeAudit(outcome)
        return {
          ...result,
          text: `${result.text}\n\nwritten to ${exportTo}; audit it with: ${context.typed('koinon audit')} --data ${shellWord(exportTo)}`,
        }
      }),
    )
}

/** Of the network of this home only: whoever audits another one asks for what is printed. */
function keepOutcome(home: Home, network: NetworkFile, options: AuditOptions, outcome: AuditOutcome): void {
  if (options.network !== undefined) return
  const { head, agreed, differs, open, contradicted, unanswered, replay } = outcome
  saveLastAudit(home, {
    atMs: Date.now(),
    chainId: network.chainId,
    epochsContract: network.contracts.epochs,
    block: head.block,
    ...{ agreed, differs, open, contradicted, unanswered, outcome: replay },
    isWhole: options.from === undefined && options.to === undefined && options.netuid === undefined,
  })
}

function sharedOf({ say, home }: CommandContext, options: AuditOptions) {
  const extras = options.decentralization === true ? (['decentralization'] as const) : []
  return { scope: scopeOf(options), extras, files: [...options.file, ...deployedFiles(home)], onProgress: say }
}

function scopeOf({ from, to, netuid }: AuditOptions) {
  const number = (text: string | undefined, flag: string, fallback: number): number =>
    text === undefined ? fallback : parseInteger(text, flag, 0, mostEpochs)
  return {
    netuid: netuid === undefined ? undefined : parseNetuid(netuid, '--netuid'),
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
