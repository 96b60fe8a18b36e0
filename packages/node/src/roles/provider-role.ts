/** A miner of the inference subnet: the engine, the server that sells its answers, the commitments of its work. */
import { mkdirSync } from 'node:fs'
import { errorToJson, systemClock, systemRandom } from '@koinon/base'
import { createProviderGate, EmbeddedEngine, evidenceSchema, ProviderServer } from '@koinon/inference/provider'
import { InferenceEngine } from '@koinon/inference/provider/engine'
import { joinSubnet } from '@koinon/ledger'
import { withdrawDelayBounds } from '@koinon/payments'
import {
  createSubnetLedger,
  createSubnetLedgerWriter,
  createWorkListHandler,
  WorkCommitter,
  WorkStore,
  workStoreSchema,
} from '@koinon/subnets'
import {
  claimsOf,
  isAbout,
  keepBenchmark,
  type MachineBenchmark,
  measureMachine,
  readBenchmark,
} from '../benchmark/machine-benchmark.ts'
import type { Home } from '../home/home.ts'
import { createProviderMetrics } from '../provider/metrics.ts'
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import { keepPort, lastFreePort } from './last-port.ts'
import { createListedWork } from './listed-work.ts'
import { openPayee } from './payee.ts'
import { PermitBook } from './permit-book.ts'
import { providerLimits } from './provider-limits.ts'
import type { ProviderRoleConfig } from './role-config.ts'
import { openRoleLedger, roleLogger } from './role-tools.ts'
import { ensureTestMoney } from './test-money.ts'

const creditLimitAtomic = 20_000n
const commitPollMs = 1_500

export async function startProviderRole(config: ProviderRoleConfig, context: RoleContext): Promise<RunningRole> {
  const log = roleLogger(config.name)
  const role = await openRoleLedger(config)
  const { network, reader, sender, key, home } = role
  const engine = new InferenceEngine({ modelPath: config.modelPath, maxParallelSequences: config.maximumSequences })
  context.progress('loading the model')
  const [payee, benchmark] = await Promise.all([
    openPayee({ role, log, creditLimitAtomic, schema: `${evidenceSchema}\n${workStoreSchema}` }),
    startMeasured(config, engine, home, context),
    ensureTestMoney(role, config.netuid, log),
  ])
  const subnetLedger = createSubnetLedger(reader, network)
  const permits = new PermitBook({
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
    clock: systemClock,
    random: systemRandom,
  })
  const workList = createWorkListHandler({
    committer,
    gate,
    mayRead: async (account) => permits.has(account),
    receiptsOf: listed.receiptsOf,
  })
  const metrics = createProviderMetrics({ engine, watcher: payee.watcher, benchmark })
  const folder = home.role(config.name)
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
          engine: new EmbeddedEngine({ engine, model: config.modelId }),
          defaultTemperatureMicro: 0,
          ...(config.unsureBelow === undefined ? {} : { unsureBelow: config.unsureBelow }),
          ...(benchmark === undefined ? {} : { claims: claimsOf(benchmark) }),
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
        registerChannel: (channel) => payee.admission.admit(channel),
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
        (await metrics.serve(request, response)) || workList(request, response),
    },
  )
  const { port } = await server.start()
  keepPort(folder, port)
  const endpoint = config.publicUrl ?? `http://${config.host}:${port}`
  const seat = await joinSubnet({ network, reader, sender }, config.netuid, endpoint)
  permits.start()
  committer.start()
  log.info({ endpoint, account: key.address, uid: seat.uid, model: config.modelId }, 'serving')
  return {
    info: {
      url: endpoint,
      account: key.address,
      facts: { uid: seat.uid, model: config.modelId, netuid: config.netuid },
    },
    stop: async () => {
      await server.stop()
      await Promise.all([committer.stop(), permits.stop()])
      await payee.stop()
      await engine.stop()
    },
  }
}

/** Loads the model and returns the measurement that this start goes with; local networks, whose miners share a machine, make none. */
async function startMeasured(
  config: ProviderRoleConfig,
  engine: InferenceEngine,
  home: Home,
  context: RoleContext,
): Promise<MachineBenchmark | undefined> {
  const { name, benchmarkSinceMs, modelId, maximumSequences: slots } = config
  const begunAt = performance.now()
  await engine.start()
  const loadMs = performance.now() - begunAt
  if (benchmarkSinceMs === undefined) return undefined
  const kept = readBenchmark(home, name)
  if (
    kept !== undefined &&
    kept.measuredAtMs >= benchmarkSinceMs &&
    isAbout(kept, { modelHash: engine.modelHash, slots })
  )
    return kept
  context.progress('measuring this machine with the model')
  const measured = await measureMachine({
    engine,
    model: modelId,
    slots,
    loadMs,
    clock: systemClock,
    onProgress: (sentence) => context.progress(sentence),
  })
  mkdirSync(home.role(name), { recursive: true, mode: 0o700 })
  keepBenchmark(home, name, measured)
  return measured
}
