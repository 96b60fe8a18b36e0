/** A validator of the inference subnet: probes miners, replays what they signed, sets weights, signs results, claims for everybody. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { errorToJson, systemClock, systemRandom } from '@koinon/base'
import { DurableStore, verifySessionNative } from '@koinon/base/node'
import { InferenceEngine } from '@koinon/inference/provider/engine'
import { ensureOwnStake, joinSubnet } from '@koinon/ledger'
import { subnetsAbi } from '@koinon/ledger/abis'
import { ChannelDirectory, localDelegatingAccount, openSession, type SigningSession } from '@koinon/payments'
import { inferenceSubnet } from '@koinon/subnet-files/inference'
import {
  createAttestationPort,
  createMinerPort,
  createPeerClient,
  createSubnetLedger,
  createSubnetLedgerWriter,
  type ValidatorEvent,
  ValidatorLoop,
  ValidatorServer,
  ValidatorStore,
  validatorStoreSchema,
} from '@koinon/subnets'
import { Counter, collectDefaultMetrics, Registry } from 'prom-client'
import { localValidatorStake } from '../local/parameters.ts'
import { inferenceSourceHash, inferenceSpecHash } from '../local/subnet-spec.ts'
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import { createProber } from '../validator/prober.ts'
import { keepPort, lastFreePort } from './last-port.ts'
import type { ValidatorRoleConfig } from './role-config.ts'
import { openRoleLedger, type RoleLedger, roleLogger } from './role-tools.ts'
import { ensureTestMoney } from './test-money.ts'

const sessionLifetimeSeconds = 24 * 3600
const sessionRenewalMs = (sessionLifetimeSeconds * 1000) / 2
const peerTimeoutMs = 10_000
/** About a minute of blocks on the usual second layers. */
const externalUnsettledBlocks = 32

export async function startValidatorRole(config: ValidatorRoleConfig, context: RoleContext): Promise<RunningRole> {
  const log = roleLogger(config.name)
  const role = await openRoleLedger(config)
  const { network, reader, sender, key, home } = role
  const folder = home.role(config.name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const engine = new InferenceEngine({ modelPath: config.modelPath, maxParallelSequences: 2 })
  context.progress('loading the model')
  const [store] = await Promise.all([
    DurableStore.open(join(folder, 'store.db'), validatorStoreSchema),
    engine.start(),
    ensureTestMoney(role, config.netuid, log),
  ])
  const ledger = createSubnetLedger(reader, network)
  const account = localDelegatingAccount(key.secretKey)
  let session = await newSession(role)
  const renewal = setInterval(() => {
    newSession(role).then(
      (fresh) => {
        session = fresh
      },
      (error: unknown) => log.warn({ error: errorToJson(error) }, 'could not renew the session key'),
    )
  }, sessionRenewalMs)
  const peers = createPeerClient({
    session: () => session,
    clock: systemClock,
    random: systemRandom,
    timeoutMs: peerTimeoutMs,
  })
  const metrics = createValidatorMetrics()
  const validatorStore = new ValidatorStore(store)
  const directory = new ChannelDirectory({
    reader,
    escrow: network.contracts.channels,
    startBlock: network.startBlock,
    unsettledBlocks: network.chainKind === 'embedded' ? 0 : externalUnsettledBlocks,
  })
  const loop = new ValidatorLoop({
    netuid: config.netuid,
    subnet: inferenceSubnet,
    specHash: inferenceSpecHash(),
    sourceHash: inferenceSourceHash(),
    ledger,
    writer: createSubnetLedgerWriter(sender, network),
    account,
    store: validatorStore,
    miners: createMinerPort(peers),
    attestations: createAttestationPort(peers),
    prober: createProber({ gatewayUrl: config.gatewayUrl, apiKey: config.apiKey, clock: systemClock }),
    verifyPorts: {
      chainId: network.chainId,
      verifySession: verifySessionNative,
      engine,
      channels: { token: network.contracts.dollar, find: (ids) => directory.find(ids) },
    },
    clock: systemClock,
    random: systemRandom,
    onEvent: (event) => {
      metrics.observe(event)
      if (event.kind === 'problem')
        log.warn({ step: event.step, error: errorToJson(event.error) }, 'a step failed; trying again')
      else log.info(event)
    },
  })
  const server = new ValidatorServer({
    store: validatorStore,
    ledger,
    host: config.host,
    port: config.port === 0 ? await lastFreePort(folder, config.host) : config.port,
    readiness: async () => {
      const permitted = await ledger.permittedAt(config.netuid, (await ledger.nowSeconds()) - 1)
      return permitted.some(({ hotkey }) => hotkey === key.address)
        ? { isReady: true }
        : { isReady: false, reason: 'no validator permit: the stake is below what the subnet asks' }
    },
    metrics: metrics.text,
  })
  const { port } = await server.start()
  keepPort(folder, port)
  const endpoint = config.publicUrl ?? `http://${config.host}:${port}`
  const seat = await joinSubnet({ network, reader, sender }, config.netuid, endpoint)
  const subnet = await reader.readContract({
    address: network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'subnet',
    args: [config.netuid],
  })
  const stake = config.isLocal ? localValidatorStake : subnet.minValidatorStake
  await ensureOwnStake({ network, reader, sender }, config.netuid, stake)
  // The first look goes through all of the ledger; later ones see new blocks only.
  directory.find([]).catch((error: unknown) => log.warn({ error: errorToJson(error) }, 'could not read the channels'))
  loop.start()
  log.info({ endpoint, account: key.address, uid: seat.uid }, 'validating')
  return {
    info: { url: endpoint, account: key.address, facts: { uid: seat.uid, netuid: config.netuid } },
    stop: async () => {
      clearInterval(renewal)
      await loop.stop()
      await server.stop()
      await store.close()
      await engine.stop()
    },
  }
}

function newSession({ network, key }: RoleLedger): Promise<SigningSession> {
  return openSession({
    account: localDelegatingAccount(key.secretKey),
    chainId: network.chainId,
    lifetimeSeconds: sessionLifetimeSeconds,
    clock: systemClock,
    random: systemRandom,
  })
}

function createValidatorMetrics(): { observe(event: ValidatorEvent): void; text(): Promise<string> } {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'koinon_validator_' })
  const steps = new Counter({
    name: 'koinon_validator_steps_total',
    help: 'Steps of the epoch by kind',
    labelNames: ['kind'],
    registers: [registry],
  })
  const failed = new Counter({
    name: 'koinon_validator_failed_miners_total',
    help: 'Miners with a failed check, per epoch',
    registers: [registry],
  })
  return {
    observe: (event) => {
      steps.inc({ kind: event.kind })
      if (event.kind === 'assessed') failed.inc(event.failedMiners)
    },
    text: () => registry.metrics(),
  }
}
