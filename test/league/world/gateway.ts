/** A gateway put together from the same parts as the gateway role, without page and indexer. */
import { type Address, systemClock, systemRandom } from '@koinon/base'
import { defaultHttpLimits } from '@koinon/base/node'
import {
  callPooledNode,
  defaultGatewayLimits,
  type GatewayEvent,
  GatewayServer,
  KeyRegistry,
  keysSchema,
  ProviderTable,
} from '@koinon/inference/client'
import { ChannelOpener, createApiKey, VoucherCourier } from '@koinon/payments/client'
import { createVoucherSigner, localDelegatingAccount } from '@koinon/payments/core'
import { keyGrantDigest, unlimitedCreditPicoUsd, voucherToJson } from '@koinon/payments/rules'
import { createSubnetLedger } from '@koinon/subnets'
import { pino } from 'pino'
import { ProviderChannels } from '../../../packages/node/src/gateway/provider-channels.ts'
import { ProviderFollower } from '../../../packages/node/src/gateway/provider-follower.ts'
import { openPayee } from '../../../packages/node/src/roles/payee.ts'
import type { RoleLedger } from '../../../packages/node/src/roles/role-tools.ts'
import { type LedgerWorld, netuid } from './ledger-world.ts'

const log = pino({ level: 'silent' })
const callTimeoutMs = 5_000

export type Gateway = {
  readonly url: string
  readonly account: Address
  readonly events: readonly GatewayEvent[]
  /** Accounts of the miners whose offer is known; a channel is opened at the first question, if not before. */
  connected(): readonly Address[]
  /** An API key on a channel that `payer` funds with `depositAtomic` (1e-6 dollar). */
  issueKey(payer: RoleLedger, depositAtomic: bigint): Promise<string>
  stop(): Promise<void>
}

export async function startGateway(world: LedgerWorld): Promise<Gateway> {
  const role = await world.member('gateway', { dollar: 1_000_000_000n })
  const { network, reader, key } = role
  let courier: VoucherCourier | undefined
  const payee = await openPayee({
    role,
    log,
    creditLimitAtomic: 0n,
    schema: keysSchema,
    onSettled: (settlements) => {
      for (const { channelId } of settlements) courier?.noticeDebt(channelId)
    },
  })
  const { book, ledger, admission } = payee
  const table = new ProviderTable({
    chainId: network.chainId,
    clock: systemClock,
    unit: Math.random,
    defaultModel: undefined,
    connectionsPerProvider: 64,
    refreshIntervalMs: 5_000,
  })
  const caller = { session: () => ledger.session, clock: systemClock, random: systemRandom }
  const post = async (account: Address, path: string, json: unknown): Promise<void> => {
    const link = table.get(account)
    if (link === undefined) throw new Error(`${account} is not connected`)
    const body = JSON.stringify(json)
    await callPooledNode(caller, {
      dispatcher: link.pool,
      recipient: account,
      method: 'POST',
      path,
      body,
      timeoutMs: callTimeoutMs,
    })
  }
  courier = new VoucherCourier({
    book,
    signer: createVoucherSigner(key.secretKey, book.domain),
    send: (channel, voucher) => post(channel.config.receiver, '/v1/vouchers', { voucher: voucherToJson(voucher) }),
    unit: Math.random,
  })
  const openerFor = (owner: RoleLedger): ChannelOpener =>
    new ChannelOpener({
      reader: owner.reader,
      sender: owner.sender,
      payer: localDelegatingAccount(owner.key.secretKey),
      domain: book.domain,
      token: network.contracts.dollar,
      collector: network.contracts.depositCollector,
      clock: systemClock,
      random: systemRandom,
    })
  const channels = new ProviderChannels({
    book,
    opener: openerFor(role),
    account: key.address,
    clock: systemClock,
    random: systemRandom,
    log,
    announce: (account, channel) => post(account, '/v1/channels', { config: channel }),
    refresh: (channelId) => admission.refresh(channelId),
    policy: { firstAtomic: 2_000_000n, mostAtomic: 2_000_000n },
  })
  const follower = new ProviderFollower({ ledger: createSubnetLedger(reader, network), netuid, table, channels, log })
  const keys = new KeyRegistry({
    store: payee.store,
    book,
    chainId: network.chainId,
    clock: systemClock,
    admitChannel: (channel) => admission.admit(channel, unlimitedCreditPicoUsd),
  })
  await keys.start()
  const events: GatewayEvent[] = []
  const server = new GatewayServer(
    {
      host: '127.0.0.1',
      port: 0,
      chainId: network.chainId,
      account: key.address,
      requestIdKey: key.secretKey,
      marginBps: 100,
      hosts: [],
      allowedOrigins: [],
      limits: {
        ...defaultGatewayLimits,
        http: defaultHttpLimits,
        requestsPerMinute: 1_000_000,
        requestsPerMinutePerPayer: 1_000_000,
      },
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
      session: () => ledger.session,
      clock: systemClock,
      random: systemRandom,
      unit: Math.random,
      onEvent: (event) => events.push(event),
    },
  )
  await follower.start()
  courier.start()
  const { port } = await server.start()
  return {
    url: `http://127.0.0.1:${port}`,
    account: key.address,
    events,
    connected: () => table.list().flatMap((link) => (link.offer === undefined ? [] : [link.account])),
    async issueKey(payer, depositAtomic) {
      const apiKey = createApiKey(systemRandom)
      const opened = await openerFor(payer).open({
        receiver: key.address,
        payerAuthorizer: apiKey.authorizer,
        depositAtomic,
      })
      const channel = await admission.admit(opened.config, unlimitedCreditPicoUsd)
      const grant = {
        keyHash: apiKey.keyHash,
        channelId: channel.channelId,
        label: payer.key.name,
        validUntil: 4_000_000_000,
      }
      const signature = await localDelegatingAccount(payer.key.secretKey).signDigest(
        keyGrantDigest(grant, network.chainId),
      )
      await keys.register(grant, signature, opened.config)
      return apiKey.text
    },
    async stop() {
      await server.stop(200)
      await follower.stop()
      await courier.stop()
      await table.stop()
      await payee.stop()
    },
  }
}
