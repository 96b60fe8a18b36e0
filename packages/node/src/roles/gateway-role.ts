/** The gateway: OpenAI door, channel hub, dashboard. Users pay it, it pays miners. */

import { feedbackSchema } from '@koinon/agents/client'
import { AgentBook, taskStoreSchema } from '@koinon/agents/provider'
import { readJobRequest } from '@koinon/agents/rules'
import { type Address, errorToJson, KoinonError, systemClock, systemRandom } from '@koinon/base'
import { defaultHttpLimits, isLoopbackHost, sha256Native } from '@koinon/base/node'
import {
  callPooledNode,
  defaultGatewayLimits,
  type GatewayEvent,
  GatewayServer,
  KeyRegistry,
  keysSchema,
  ProviderTable,
} from '@koinon/inference/client'
import { defaultPriceCeilings } from '@koinon/inference/rules'
import { ChannelOpener, VoucherCourier } from '@koinon/payments/client'
import { type ChannelState, createVoucherSigner, localDelegatingAccount } from '@koinon/payments/core'
import { SettlementBook, settlementsSchema } from '@koinon/payments/provider'
import { type SignedVoucher, unlimitedCreditPicoUsd, voucherToJson } from '@koinon/payments/rules'
import { createSubnetLedger } from '@koinon/subnets'
import { QuoteBook, quoteRoutes } from '@koinon/work/quotes'
import { createDashboard } from '../dashboard/dashboard.ts'
import { createAgentRoutes } from '../gateway/agent-routes.ts'
import { createBookLimits } from '../gateway/book-limits.ts'
import { createGatewayMetrics } from '../gateway/metrics.ts'
import { openMinerFeedback } from '../gateway/miner-feedback.ts'
import { openPaidDoor } from '../gateway/paid-door.ts'
import { PaymentLog } from '../gateway/payment-log.ts'
import { ProviderChannels } from '../gateway/provider-channels.ts'
import { ProviderFollower } from '../gateway/provider-follower.ts'
import { homeAt } from '../home/home.ts'
import { readLastAudit } from '../home/last-audit.ts'
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import { openPayee } from './payee.ts'
import type { GatewayRoleConfig } from './role-config.ts'
import { gatewayDescription, RoleIdentity } from './role-identity.ts'
import { openRoleLedger, roleLogger } from './role-tools.ts'

/** 0.1 dollars for a miner that has earned nothing here, never more than 2 dollars. */
const providerRoom = { firstAtomic: 100_000n, mostAtomic: 2_000_000n }
const connectionsPerProvider = 64
const offerRefreshMs = 5_000
const nodeCallTimeoutMs = 5_000
/** Keeps the secret of request ids apart from every other use of the account's key. */
const requestIdTag = Buffer.from('koinon request ids v1')
/** 1 % on top of what the miner asks. */
const marginBps = 100

export async function startGatewayRole(config: GatewayRoleConfig, context: RoleContext): Promise<RunningRole> {
  const log = roleLogger(config.name)
  const role = await openRoleLedger(config)
  const { network, reader, sender, key } = role
  if (config.isLocal && !isLoopbackHost(config.host)) {
    log.warn('the page of a public bind may not act for the owner')
  }
  let courier: VoucherCourier | undefined
  const payee = await openPayee({
    role,
    log,
    creditLimitAtomic: 0n,
    schema: `${keysSchema}${taskStoreSchema}${settlementsSchema}${feedbackSchema}`,
    onSettled: (settlements) => settlements.forEach(({ channelId }) => courier?.noticeDebt(channelId)),
  })
  const { book, ledger, admission } = payee
  const table = new ProviderTable({
    chainId: network.chainId,
    clock: systemClock,
    unit: Math.random,
    defaultModel: network.defaultModel,
    priceCeilings: { ...defaultPriceCeilings, models: config.maximumPrices ?? {} },
    connectionsPerProvider,
    refreshIntervalMs: offerRefreshMs,
  })
  const caller = { session: () => ledger.session, clock: systemClock, random: systemRandom }
  const post = (account: Address, path: string, json: unknown, timeoutMs = nodeCallTimeoutMs): Promise<unknown> => {
    const link = table.get(account)
    if (link === undefined) {
      return Promise.reject(
        new KoinonError({ code: 'gateway/provider-gone', message: 'The provider is not connected', retry: 'later' }),
      )
    }
    return callPooledNode(caller, {
      dispatcher: link.pool,
      recipient: account,
      method: 'POST',
      path,
      body: JSON.stringify(json),
      timeoutMs,
    })
  }
  courier = new VoucherCourier({
    book,
    signer: createVoucherSigner(key.secretKey, book.domain),
    send: async (channel: ChannelState, voucher: SignedVoucher) => {
      await post(channel.config.receiver, '/v1/vouchers', { voucher: voucherToJson(voucher) })
    },
    unit: Math.random,
  })
  const subnetLedger = createSubnetLedger(reader, network)
  const channels = new ProviderChannels({
    book,
    opener: new ChannelOpener({
      reader,
      sender,
      payer: localDelegatingAccount(key.secretKey),
      domain: book.domain,
      token: network.contracts.dollar,
      collector: network.contracts.depositCollector,
      clock: systemClock,
      random: systemRandom,
    }),
    account: key.address,
    clock: systemClock,
    random: systemRandom,
    log,
    announce: async (account, channel) => {
      await post(account, '/v1/channels', { config: channel })
      await server.reconcile(account)
    },
    refresh: (channelId) => admission.refresh(channelId),
    policy: providerRoom,
  })
  const follower = new ProviderFollower({ ledger: subnetLedger, netuid: config.netuid, table, channels, log })
  const keys = new KeyRegistry({
    store: payee.store,
    book,
    chainId: network.chainId,
    clock: systemClock,
    admitChannel: (channel) => admission.admit(channel, unlimitedCreditPicoUsd),
  })
  await keys.start()
  const metrics = createGatewayMetrics({ table, watcher: payee.watcher })
  const paymentLog = new PaymentLog(systemClock)
  const identity = new RoleIdentity(role, gatewayDescription(network.name), log)
  const agentBook = new AgentBook({ chainId: network.chainId, clock: systemClock })
  const { jobs } = network.contracts
  const quoteBook =
    jobs === undefined
      ? undefined
      : new QuoteBook({ chainId: network.chainId, contracts: [jobs], readTerms: readJobRequest }, systemClock)
  const serveQuotes = quoteBook === undefined ? undefined : quoteRoutes(quoteBook)
  const areBooksRefused = createBookLimits(systemClock)
  const dashboard = createDashboard({
    agentBook,
    quoteBook,
    identity: identity.serve,
    config,
    network,
    account: key.address,
    ask: context.ask,
    keys,
    book,
    archive: ledger.archive,
    settlements: new SettlementBook(payee.store),
    paymentLog,
    table,
    metrics,
    clock: systemClock,
    refreshChannel: (channelId) => admission.refresh(channelId),
    lastAudit: () => readLastAudit(homeAt(config.homePath), network),
  })
  const agents = createAgentRoutes({
    book: agentBook,
    store: payee.store,
    clock: systemClock,
    url: network.gatewayUrl ?? `http://${config.host}:${config.port}`,
    ownUrl: `http://127.0.0.1:${config.port}`,
  })
  const paid = await openPaidDoor({
    role,
    payee,
    origin: network.gatewayUrl ?? `http://${config.host}:${config.port}`,
    clock: systemClock,
    random: systemRandom,
    log,
    onEvent: (event) => {
      metrics.observePayment(event)
      paymentLog.observe(event)
    },
  })
  const { archive } = ledger
  const { netuid } = config
  const feedback = openMinerFeedback({ role, store: payee.store, archive, ledger: subnetLedger, netuid, log })
  const server = new GatewayServer(
    {
      host: config.host,
      port: config.port,
      chainId: network.chainId,
      account: key.address,
      requestIdKey: sha256Native(Buffer.concat([requestIdTag, key.secretKey])),
      marginBps,
      hosts: [config.port === 80 ? config.host : `${config.host}:${config.port}`],
      allowedOrigins: [],
      limits: { ...defaultGatewayLimits, http: defaultHttpLimits },
    },
    {
      payments: {
        ledger,
        book,
        voucherFor: (channelId) => courier.voucherFor(channelId),
        confirmVoucher: (voucher) => courier.confirm(voucher),
        refreshChannel: (channelId) => admission.refresh(channelId),
        channelTo: (provider, neededPicoUsd) => channels.channelTo(provider, neededPicoUsd),
      },
      keys,
      providers: table,
      paidCalls: paid.calls,
      session: () => ledger.session,
      clock: systemClock,
      random: systemRandom,
      unit: Math.random,
      onEvent: (event) => {
        metrics.observe(event)
        if (event.kind === 'attemptFailed' && event.reason !== undefined) {
          feedback.noteFailure(`${event.requestId} ${event.provider}`, event.provider)
        }
        log[event.kind === 'attemptFailed' || event.kind === 'reconciled' ? 'warn' : 'debug'](loggable(event))
      },
      additionalRoutes: async (request, response) =>
        areBooksRefused(request, response) ||
        (await agents.serve(request, response)) ||
        (await serveQuotes?.(request, response)) === true ||
        dashboard.serve(request, response),
    },
  )
  await follower.start()
  courier.start()
  await server.start()
  await agents.recover()
  const url = `http://${config.host}:${config.port}`
  feedback.start()
  // Nobody waits for it: answers do not depend on being found.
  void identity.announce(network.gatewayUrl ?? url)
  log.info({ url, account: key.address }, 'the gateway answers')
  return {
    info: { url, account: key.address },
    stop: async () => {
      await server.stop()
      await follower.stop()
      await courier.stop()
      await table.stop()
      await paid.stop()
      await feedback.stop()
      await payee
        .stop()
        .catch((error: unknown) => log.error({ error: errorToJson(error) }, 'could not close the books'))
    },
  }
}

/** Amounts as text: JSON knows no bigint. */
function loggable(event: GatewayEvent): Record<string, unknown> {
  return event.kind === 'reconciled' ? { ...event, recoveredPicoUsd: `${event.recoveredPicoUsd}` } : event
}
