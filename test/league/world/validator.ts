/** A validator put together from the same parts as the validator role: own questions through the gateway, replay, weights, results, claims. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, parseUnits, systemClock, systemRandom } from '@koinon/base'
import { DurableStore, verifySessionNative } from '@koinon/base/node'
import type { InferenceEngine } from '@koinon/inference/provider/engine'
import { joinSubnet } from '@koinon/ledger'
import { localDelegatingAccount, openSession } from '@koinon/payments/core'
import { ChannelDirectory } from '@koinon/payments/verifier'
import { type InferencePorts, inferenceSubnet } from '@koinon/subnet-files/inference'
import {
  createAttestationPort,
  createMinerPort,
  createPeerClient,
  createSubnetLedger,
  createSubnetLedgerWriter,
  type EvidenceLog,
  parseEvidenceLog,
  SigningStop,
  type ValidatorEvent,
  ValidatorLoop,
  ValidatorServer,
  ValidatorStore,
  validatorStoreSchema,
} from '@koinon/subnets'
import { ensurePermitSought, ensureRootStake } from '@koinon/subnets/pools'
import { createProber } from '../../../packages/node/src/validator/prober.ts'
import type { Gateway } from './gateway.ts'
import { type LedgerWorld, leagueSourceHash, leagueSpecHash, netuid } from './ledger-world.ts'
import { patiently } from './patience.ts'

const stake = parseUnits('5000', 18)
const keyDepositAtomic = 20_000_000n

export type Validator = {
  readonly name: string
  readonly account: Address
  readonly events: readonly ValidatorEvent[]
  /** Its published evidence of an epoch; undefined while it has assessed nothing. */
  evidenceLog(epoch: number): Promise<EvidenceLog | undefined>
  /** What the epoch's result on the ledger pays an account, 1e-18 KOIN; undefined when there is no such result. */
  paidIn(epoch: number, account: Address): Promise<bigint | undefined>
  start(): void
  stop(): Promise<void>
}

/** Takes its seat and stake; `start` begins the work, so that all seats can be taken first. */
export async function prepareValidator(options: {
  readonly world: LedgerWorld
  readonly gateway: Gateway
  readonly name: string
  readonly engine: InferenceEngine
  readonly probesPerMiner: number
}): Promise<Validator> {
  const { world, gateway, name, engine } = options
  const role = await world.member(name, { koin: parseUnits('5100', 18), dollar: 100_000_000n })
  const { network, reader, sender, key, home } = role
  mkdirSync(home.role(name), { recursive: true })
  const durable = await DurableStore.open(join(home.role(name), 'store.db'), validatorStoreSchema)
  const store = new ValidatorStore(durable)
  const account = localDelegatingAccount(key.secretKey)
  const session = await openSession({
    account,
    chainId: network.chainId,
    lifetimeSeconds: 86_400,
    clock: systemClock,
    random: systemRandom,
  })
  const peers = createPeerClient({
    session: () => session,
    clock: systemClock,
    random: systemRandom,
    timeoutMs: 10_000,
  })
  const ledger = createSubnetLedger(reader, network)
  const apiKey = await gateway.issueKey(role, keyDepositAtomic)
  const events: ValidatorEvent[] = []
  const directory = new ChannelDirectory({
    reader,
    escrow: network.contracts.channels,
    startBlock: network.startBlock,
    unsettledBlocks: 0,
  })
  const loop = new ValidatorLoop<unknown, unknown, InferencePorts>({
    netuid,
    subnet: inferenceSubnet as never,
    specHash: leagueSpecHash(),
    sourceHash: leagueSourceHash(),
    ledger,
    writer: createSubnetLedgerWriter(sender, network),
    account,
    store,
    signingStop: new SigningStop(join(home.role(name), 'signing-stopped.json')),
    miners: createMinerPort(peers),
    attestations: createAttestationPort(peers),
    prober: createProber({ gatewayUrl: gateway.url, apiKey, clock: systemClock }) as never,
    verifyPorts: {
      chainId: network.chainId,
      verifySession: verifySessionNative,
      engine,
      channels: { token: network.contracts.dollar, find: (ids) => directory.find(ids) },
    },
    clock: systemClock,
    random: systemRandom,
    timing: { pollMs: 700 * world.stretch, probesPerMiner: options.probesPerMiner },
    onEvent: (event) => events.push(event),
  })
  const server = new ValidatorServer({
    store,
    ledger,
    host: '127.0.0.1',
    port: 0,
    readiness: async () => ({ isReady: true }),
    metrics: async () => '',
  })
  const { port } = await server.start()
  await patiently(() => joinSubnet({ network, reader, sender }, netuid, `http://127.0.0.1:${port}`))
  await patiently(() => ensureRootStake({ network, reader, sender }, stake))
  await patiently(() => ensurePermitSought({ network, reader, sender }, netuid))
  return {
    name,
    account: key.address,
    events,
    async evidenceLog(epoch) {
      const assessment = await store.assessment(netuid, epoch)
      return assessment === undefined ? undefined : parseEvidenceLog(assessment.logText)
    },
    async paidIn(epoch, payee) {
      const root = (await ledger.roots(netuid)).find((item) => item.epoch === epoch)
      const attested = await store.attestation(netuid, epoch)
      if (root === undefined || attested?.result.root !== root.result.root) return undefined
      const { payouts } = JSON.parse(attested.recordText) as { payouts: { account: Address; asMiner: string }[] }
      return BigInt(payouts.find(({ account: name }) => name === payee)?.asMiner ?? 0)
    },
    start: () => loop.start(),
    async stop() {
      await loop.stop()
      await server.stop()
      await durable.close()
    },
  }
}
