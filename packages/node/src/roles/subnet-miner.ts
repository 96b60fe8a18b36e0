/** A miner of a subnet file: answers the questions of every epoch, commits to the answers, shows them to validators. */
import { mkdirSync } from 'node:fs'
import { errorToJson, type Hex, KoinonError, systemClock } from '@koinon/base'
import { defaultHttpLimits, HttpListener, sendError, sendText } from '@koinon/base/node'
import {
  createSubnetLedgerWriter,
  createTaskEvidenceHandler,
  createWorkListHandler,
  ReopeningSandbox,
  SubnetSandbox,
  TaskAnswerer,
  TaskAnswerStore,
  taskAnswerStoreSchema,
  WorkCommitter,
  WorkStore,
  workStoreSchema,
} from '@koinon/subnets'
import { RequestGate } from '@koinon/work/node'
import type { Logger } from 'pino'
import type { RunningRole } from '../supervisor/role-process.ts'
import { noServe, type VersionFile } from './epoch-files.ts'
import { keepPort, lastFreePort } from './last-port.ts'
import { PermittedAccounts } from './permitted-accounts.ts'
import type { SubnetMember, SubnetRoleConfig } from './role-config.ts'
import { memberDescription, RoleIdentity } from './role-identity.ts'
import { takeRoleSeat } from './role-seat.ts'
import { openRoleLedger, openRoleStore } from './role-tools.ts'
import type { MemberContext, SubnetShared } from './subnet-shared.ts'
import { ensureTestMoney } from './test-money.ts'

const pollMs = 1_500
const stopGraceMs = 500

export async function startSubnetMiner(
  config: SubnetRoleConfig,
  member: SubnetMember,
  { ledger, files }: SubnetShared,
  log: Logger,
  context: MemberContext,
): Promise<RunningRole> {
  const role = await openRoleLedger({ ...config, name: member.name })
  const { network, sender, key, home } = role
  const folder = home.role(member.name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const first = await files.first()
  const sandboxes = new Map<Hex, ReopeningSandbox>()
  const sandboxOf = ({ file, specHash }: VersionFile): ReopeningSandbox => {
    const open = () => SubnetSandbox.open(file, { onLog: (line) => log.info({ line }, 'the subnet file says') })
    const sandbox = sandboxes.get(specHash) ?? new ReopeningSandbox(open)
    sandboxes.set(specHash, sandbox)
    return sandbox
  }
  /** A miner's own copy is none that the ledger names: then it is the one that answers. */
  const sandboxAt = async (epoch: number): Promise<ReopeningSandbox> => sandboxOf((await files.at(epoch)) ?? first)
  const closeSandboxes = () => Promise.all([...sandboxes.values()].map((sandbox) => sandbox.close()))
  const { hasServe, name } = first.description
  if (!hasServe) throw noServe(config.file)
  await ensureTestMoney(role, config.netuid, log)
  const store = await openRoleStore(folder, `${workStoreSchema}\n${taskAnswerStoreSchema}`, log)
  const answers = new TaskAnswerStore(store)
  const { netuid } = config
  const warn = (what: string) => (error: unknown) => log.warn({ error: errorToJson(error) }, what)
  const writer = createSubnetLedgerWriter(sender, network)
  const answerer = new TaskAnswerer({
    netuid,
    hotkey: key.address,
    ledger,
    writer,
    store: answers,
    file: {
      tasks: async (input) => (await sandboxAt(input.epoch)).use((open) => open.tasks(input)),
      serve: async (input) => (await sandboxAt(input.epoch)).use((open) => open.serve(input)),
    },
    answerBytes: async (epoch) => (await sandboxAt(epoch)).use(async ({ description }) => description.answerBytes),
    pollMs,
    onError: warn('could not answer; going on'),
    onAnswered: (epoch, count, questions) =>
      log.info({ epoch, count, questions }, 'answered the questions of an epoch'),
  })
  const committer = new WorkCommitter({
    netuid,
    ledger,
    writer,
    store: new WorkStore(store),
    workOf: (window) => answerer.workOf(window),
    pollMs,
    onError: warn('could not commit answers; trying again'),
    onCommitted: (epoch, count) => log.info({ epoch, count }, 'committed the answers of an epoch'),
  })
  const permits = new PermittedAccounts({ ledger, netuid, onError: warn('could not read the validators') })
  const gate = new RequestGate({ chainId: network.chainId, recipient: key.address, clock: systemClock })
  const mayRead = async (account: `0x${string}`): Promise<boolean> => permits.has(account)
  const workList = createWorkListHandler({ committer, gate, mayRead })
  const evidence = createTaskEvidenceHandler({ netuid, store: answers, ledger, gate, mayRead })
  const identity = new RoleIdentity(role, memberDescription(network.name, 'miner', netuid), log)
  const listener = new HttpListener({
    host: config.host,
    port: member.port === 0 ? await lastFreePort(folder, config.host) : member.port,
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      if (request.url === '/healthz' || request.url === '/readyz') return sendText(response, 200, 'text/plain', 'ok\n')
      if (identity.serve(request, response)) return
      if ((await workList(request, response)) || (await evidence(request, response))) return
      sendError(response, new KoinonError({ code: 'http/not-found', message: 'There is nothing here' }), 404)
    },
  })
  const port = await listener.start()
  keepPort(folder, port)
  const endpoint = member.publicUrl ?? `http://${config.host}:${port}`
  const { seat, stop: leaveSeatAlone } = await takeRoleSeat(role, {
    netuid,
    endpoint,
    config: config.seat,
    log,
    context: { progress: context.progress, notice: context.noticeOf('seat') },
    folder,
    identity,
  })
  permits.start()
  answerer.start()
  committer.start()
  log.info({ endpoint, account: key.address, uid: seat.uid, subnet: name }, 'answering')
  return {
    info: { url: endpoint, account: key.address, facts: { uid: seat.uid, netuid } },
    stop: async () => {
      await listener.stop(stopGraceMs)
      await Promise.all([answerer.stop(), committer.stop(), permits.stop(), leaveSeatAlone()])
      await closeSandboxes()
      await store.close()
    },
  }
}
