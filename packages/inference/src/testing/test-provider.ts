/** A provider on a loopback socket with a till of its own. */
import { join } from 'node:path'
import { type Address, systemClock, systemRandom } from '@koinon/base'
import { defaultHttpLimits } from '@koinon/base/node'
import { VoucherDesk } from '@koinon/payments/provider'
import type { EnginePort } from '../provider/engine-port.ts'
import { evidenceSchema } from '../provider/evidence.ts'
import { createProviderGate } from '../provider/provider-gate.ts'
import type { ProviderEvent, ProviderLimits } from '../provider/provider-options.ts'
import { ProviderServer } from '../provider/provider-server.ts'
import { openTill, type TestParty, type Till, testChannel, testDomain, testParty, testToken } from './parties.ts'

export const providerCreditPicoUsd = 1_000_000_000_000n

export const testPrices = { promptPricePicoUsdPerToken: 50_000n, outputPricePicoUsdPerToken: 200_000n }

export type TestProviderOptions = {
  readonly name: string
  readonly engine: EnginePort
  readonly gateway: Address
  readonly folder: string
  readonly limits?: Partial<ProviderLimits>
  readonly prices?: typeof testPrices
  readonly creditLimitPicoUsd?: bigint
  readonly validators?: readonly Address[]
  readonly port?: number
}

export type TestProvider = {
  readonly party: TestParty
  readonly till: Till
  readonly server: ProviderServer
  readonly port: number
  readonly url: string
  readonly events: ProviderEvent[]
  close(): Promise<void>
}

export const testProviderLimits: ProviderLimits = {
  http: defaultHttpLimits,
  capacity: 64,
  queue: 64,
  answerTimeoutMs: 30_000,
  unpaidTokensPerHour: 10_000,
  evidenceRetentionMs: 86_400_000,
  answerBytes: 16 << 20,
  unsentBytes: 1 << 20,
}

export async function startTestProvider(options: TestProviderOptions): Promise<TestProvider> {
  const party = testParty(options.name)
  const till = await openTill(party, { path: join(options.folder, `${options.name}.db`), schema: evidenceSchema })
  const credit = options.creditLimitPicoUsd ?? providerCreditPicoUsd
  await till.add(testChannel(options.gateway, options.gateway, party.account), 'inbound', credit)
  const desk = new VoucherDesk({ book: till.book, refresh: async (channelId) => till.book.require(channelId) })
  const events: ProviderEvent[] = []
  const server = new ProviderServer(
    {
      host: '127.0.0.1',
      port: options.port ?? 0,
      chainId: testDomain.chainId,
      account: party.account,
      session: () => till.session,
      token: testToken,
      minimumWithdrawDelaySeconds: 900,
      creditLimitAtomic: credit / 1_000_000n,
      models: [{ engine: options.engine, defaultTemperatureMicro: 0, ...(options.prices ?? testPrices) }],
      limits: { ...testProviderLimits, ...options.limits },
    },
    {
      gate: createProviderGate({
        chainId: testDomain.chainId,
        account: party.account,
        session: () => till.session,
        book: till.book,
        isValidator: (account) => options.validators?.includes(account) ?? false,
        clock: systemClock,
        random: systemRandom,
      }),
      payments: {
        ledger: till.ledger,
        book: till.book,
        acceptVoucher: async (voucher) => desk.deliver(voucher),
        registerChannel: (config) => till.add(config, 'inbound', credit),
      },
      store: till.store,
      clock: systemClock,
      random: systemRandom,
      isValidator: (account) => options.validators?.includes(account) ?? false,
      onEvent: (event) => events.push(event),
    },
  )
  const { port } = await server.start()
  return {
    party,
    till,
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    events,
    async close() {
      await server.stop(100)
      await till.close()
    },
  }
}
