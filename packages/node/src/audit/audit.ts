/** All checks of a network over what a JSON-RPC server gives, or over a copy of it (specs/0019-audit.md). */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jobsCheck } from '@koinon/agents/verifier'
import { KoinonError } from '@koinon/base'
import { checkChain, createLedgerReader, type NetworkFile } from '@koinon/ledger'
import {
  type AuditCheck,
  type AuditFiles,
  type AuditScope,
  type AuditSource,
  auditFileNames,
  type CheckReport,
  createCopySource,
  createRpcSource,
  type Disagreement,
  eventsOf,
  recordSource,
  runChecks,
} from '@koinon/ledger/audit'
import { channelsCheck } from '@koinon/payments/verifier'
import {
  createSubnetChecks,
  type DecentralizationReport,
  decentralizationFacts,
  decentralizationReport,
  type ReplayState,
} from '@koinon/subnets'
import { writeFileDurably } from '../home/home.ts'
import { namedDefinitions, openDefinitions } from './definitions.ts'

export type AuditOutcome = {
  readonly network: { readonly name: string; readonly chainId: number }
  readonly head: AuditSource['head']
  readonly checks: readonly CheckReport[]
  readonly agreed: number
  readonly differs: number
  readonly open: number
  /** Answers that validators disagree about, of `open`. */
  readonly contradicted: number
  readonly unanswered: number
  /** All of it in a word; what only could not be judged again as its evidence is gone does not count as open. */
  readonly replay: Exclude<ReplayState, 'notRun'>
  /** Where it was asked for. */
  readonly decentralization?: DecentralizationReport
}

/** All of it is public. */
const publicMode = 0o644

type AuditOptions = {
  readonly scope: AuditScope
  /** What is looked at besides the figures. */
  readonly extras: readonly 'decentralization'[]
  /** Subnet files whose definitions are at hand, besides the inference subnet and the templates. */
  readonly files: readonly string[]
  readonly onProgress: (text: string) => void
}

/**
 * Audits what the network's JSON-RPC server gives. With `exportTo` all that was read lies in that folder afterwards. Throws
 * `ledger/wrong-chain`, `ledger/rpc-unreachable`, `ledger/audit-unreadable`, `ledger/no-subnet`, and of the files `subnets/no-file`, `subnets/bad-definition`.
 */
export async function auditNetwork(
  network: NetworkFile,
  { exportTo, ...options }: AuditOptions & { readonly exportTo?: string },
): Promise<AuditOutcome> {
  const reader = createLedgerReader(network)
  await checkChain(reader, network)
  // Who funded whom is told by all transfers.
  const transfers = options.extras.includes('decentralization') ? 'all' : 'supply'
  const { onProgress } = options
  const source = await createRpcSource({ reader, network, transfers, onProgress })
  // Documents are up to 16 MiB each: they are kept for a copy only.
  if (exportTo === undefined) return await runAll(source, [], options)
  const recording = recordSource(source)
  const outcome = await runAll(recording.source, [], options)
  writeFiles(exportTo, recording.files())
  return outcome
}

/** Audits a folder that an export wrote. Throws `node/no-audit-copy`, `ledger/bad-audit-copy`, `ledger/no-subnet`. */
export async function auditCopy(folder: string, options: AuditOptions): Promise<AuditOutcome> {
  const { source, check } = createCopySource(readFiles(folder))
  return await runAll(source, [check], options)
}

async function runAll(
  source: AuditSource,
  first: readonly AuditCheck[],
  { scope, extras, files, onProgress }: AuditOptions,
): Promise<AuditOutcome> {
  checkSubnet(source, scope.netuid)
  const { definitionOf, close } = await openDefinitions(namedDefinitions(source), files, onProgress)
  const checks = [...first, ...createSubnetChecks(definitionOf), channelsCheck, jobsCheck]
  const reports = await runChecks(source, checks, scope, ({ name, agreed, differences, open }) =>
    onProgress(`${name}: ${agreed} agree, ${differences.length} differ, ${open.length} not checked`),
  ).finally(close)
  const sum = (count: (report: CheckReport) => number): number =>
    reports.reduce((all, report) => all + count(report), 0)
  const differs = sum(({ differences }) => differences.length)
  return {
    network: { name: source.network.name, chainId: source.network.chainId },
    head: source.head,
    checks: reports,
    agreed: sum(({ agreed }) => agreed),
    differs,
    open: sum(({ open }) => open.length),
    contradicted: sum(answersOf('contradiction')),
    unanswered: sum(answersOf('noAnswer')),
    replay: replayOf(reports),
    ...(extras.includes('decentralization')
      ? { decentralization: decentralizationReport(await decentralizationFacts(source, replayOf(reports))) }
      : {}),
  }
}

function answersOf(kind: Disagreement['kind']): (report: CheckReport) => number {
  return ({ open }) =>
    open.reduce((all, { disagreement }) => all + (disagreement?.kind === kind ? disagreement.answers : 0), 0)
}

/** What was never created has nothing that could differ. Dissolved subnets are audited too. */
function checkSubnet(source: AuditSource, netuid: number | undefined): void {
  const created = eventsOf(source, 'subnets', 'SubnetCreated').map(({ args }) => args.netuid)
  if (netuid === undefined || created.includes(netuid)) return
  throw new KoinonError({
    code: 'ledger/no-subnet',
    message: `There is no subnet ${netuid} on this network`,
    hint: 'See which there are: koinon subnet list',
    details: { netuid, status: 404 },
  })
}

/** Scores that a validator no longer publishes are no figure of the ledger. */
function replayOf(reports: readonly CheckReport[]): AuditOutcome['replay'] {
  if (reports.some(({ differences }) => differences.length > 0)) return 'differs'
  return reports.some(({ name, open }) => name !== 'evidence' && open.length > 0) ? 'open' : 'agrees'
}

function writeFiles(folder: string, files: AuditFiles): void {
  mkdirSync(folder, { recursive: true })
  // The manifest last: without it there is no copy.
  for (const name of auditFileNames) writeFileDurably(join(folder, name), files[name], publicMode)
}

function readFiles(folder: string): AuditFiles {
  return Object.fromEntries(auditFileNames.map((name) => [name, readText(folder, name)])) as AuditFiles
}

function readText(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8')
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const why = existsSync(folder)
      ? `its file ${name} ${isMissing ? 'is missing' : 'cannot be read'}`
      : 'there is no such folder'
    throw new KoinonError({
      code: 'node/no-audit-copy',
      message: `There is no copy of a network in ${folder}: ${why}`,
      hint: 'Write one first: koinon audit export DIR.',
      cause,
    })
  }
}
