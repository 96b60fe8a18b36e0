/** A miner of the inference subnet: the engine, the server that sells its answers, the commitments of its work. */
import { errorToJson, systemClock, systemRandom } from '@koinon/base'
import { createProviderGate, evidenceSchema, ProviderServer } from '@koinon/inference/provider'
import { withdrawDelayBounds } from '@koinon/payments/rules'
import {
  createSubnetLedger,
  createSubnetLedgerWriter,
  createWorkListHandler,
  WorkCommitter,
  WorkStore,
  workStoreSchema,
} from '@koinon/subnets'
import { claimsOf } from '../benchmark/machine-benchmark.ts'
import { startAnsweringEngine } from '../provider/answering-engine.ts'
import { createProviderMetrics } from '../provider/metrics.ts'
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import { keepPort, lastFreePort } from './last-port.ts'
import { createListedWork } from './listed-work.ts'
import { openPayee } from './payee.ts'
import { PermittedAccounts } from './permitted-accounts.ts'
import { providerLimits } from './provider-limits.ts'
import type { ProviderRoleConfig } from './role-config.ts'
import { memberDescription, RoleIdentity } from './role-identity.ts'
import { takeRoleSeat } from './role-seat.ts'
import { openRoleLedger, roleLogger } from './role-tools.ts'
import { ensureTestMoney } from './test-money.ts'

const creditLimitAtomic = 20_000n
const commitPollMs = 1_500

export async function startProviderRole(config: ProviderRoleConfig, context: RoleContext): Promise<RunningRole> {
  const log = roleLogger(config.name)
  const role = await openRoleLedger(config)
  const { network, reader, sender, key, home } = role
  const [payee, engine] = await Promise.all([
    openPayee({ role, log, creditLimitAtomic, schema: `${evidenceSchema}\n${workStoreSchema}` }),
    startAnsweringEngine(config.engine, {
      role: config,
      home,
      env: process.env,
      progress: (sentence) => context.progress(sentence),
    }),
    ensureTestMoney(role, config.netuid, log),
  ])
  const subnetLedger = createSubnetLedger(reader, network)
  const permits = new PermittedAccounts({
    ledger: subnetLedger,
    netuid: config.netuid,
    onError: (error) => log.warn({ error: errorToJson(error) }, 'could not read the validators'),
  })
  const listed = createListedWork(payee.ledger, key.address)
  const committer = new WorkCommitter({
    netuid: config.netuid,
    ledger: subnetLedger,
    writer: createSubnetLedgerWriter(sender, network),
    store: new WorkStore(payee.store),
    workOf: listed.workOf,
    pollMs: commitPollMs,
    onError: (error) => log.warn({ error: errorToJson(error) }, 'could not commit work; trying again'),
    onCommitted: (epoch, count) => log.info({ epoch, count }, 'committed the work of an epoch'),
  })
  const gate = createProviderGate({
    chainId: network.chainId,
    account: key.address,
    session: () => payee.ledger.session,
    book: payee.book,
    isValidator: (account) => permits.has(account),
    clock: systemClock,
    random: systemRandom,
  })
  const workList = createWorkListHandler({
    committer,
    gate,
    mayRead: async (account) => permits.has(account),
    receiptsOf: listed.receiptsOf,
  })
  const metrics = createProviderMetrics({ engine, watcher: payee.watcher, benchmark: engine.benchmark })
  const folder = home.role(config.name)
  const identity = new RoleIdentity(role, memberDescription(network.name, 'miner', config.netuid), log)
  const server = new ProviderServer(
    {
      host: config.host,
      port: config.port === 0 ? await lastFreePort(folder, config.host) : config.port,
      chainId: network.chainId,
      account: key.address,
      session: () => payee.ledger.session,
      token: network.contracts.dollar,
      minimumWithdrawDelaySeconds: withdrawDelayBounds.minimum,
      creditLimitAtomic,
      models: [
        {
          engine: engine.port,
          defaultTemperatureMicro: 0,
          ...(engine.unsureBelow === undefined ? {} : { unsureBelow: engine.unsureBelow }),
          ...(engine.benchmark === undefined ? {} : { claims: claimsOf(engine.benchmark) }),
          ...config.prices,
        },
      ],
      limits: providerLimits(config.maximumSequences),
    },
    {
      gate,
      payments: {
        ledger: payee.ledger,
        book: payee.book,
        acceptVoucher: (voucher) => payee.desk.deliver(voucher),
        registerChannel: (channel) => payee.admission.register(channel),
      },
      store: payee.store,
      clock: systemClock,
      random: systemRandom,
      isValidator: (account) => permits.has(account),
      onEvent: (event) => {
        metrics.observe(event)
        log.debug(event)
      },
      additionalRoutes: async (request, response) =>
        identity.serve(request, response) || (await metrics.serve(request, response)) || workList(request, response),
    },
  )
  const { port } = await server.start()
  keepPort(folder, port)
  const endpoint = config.publicUrl ?? `http://${config.host}:${port}`
  const { netuid, seat: seatConfig } = config
  const { seat, stop: leaveSeatAlone } = await takeRoleSeat(role, {
    netuid,
    endpoint,
    config: seatConfig,
    log,
    context,
    folder,
    identity,
  })
  permits.start()
  committer.start()
  log.info({ endpoint, account: key.address, uid: seat.uid, model: config.modelId }, 'serving')
  return {
    info: {
      url: endpoint,
      account: key.address,
      facts: { uid: seat.uid, model: config.modelId, netuid: config.netuid, engine: config.engine.kind },
    },
    stop: async () => {
      await server.stop()
      await Promise.all([committer.stop(), permits.stop(), leaveSeatAlone()])
      await payee.stop()
      await engine.stop()
    },
  }
}
