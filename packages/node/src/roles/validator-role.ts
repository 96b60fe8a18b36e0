/** A validator of the inference subnet: probes miners, replays what they signed, sets weights, signs results, claims for everybody. */
import { mkdirSync } from 'node:fs'
import { verdictSchema } from '@koinon/agents/verifier'
import { errorToJson, systemClock, systemRandom } from '@koinon/base'
import { verifySessionNative } from '@koinon/base/node'
import { InferenceEngine } from '@koinon/inference/provider/engine'
import { unsettledBlocksOf } from '@koinon/ledger'
import { subnetsAbi } from '@koinon/ledger/abis'
import { localDelegatingAccount } from '@koinon/payments/core'
import { ChannelDirectory } from '@koinon/payments/verifier'
import { inferenceSubnet } from '@koinon/subnet-files/inference'
import {
  createAttestationPort,
  createMinerPort,
  createPeerClient,
  createSubnetLedger,
  createSubnetLedgerWriter,
  openNetworkBeacon,
  SigningStop,
  ValidatorLoop,
  ValidatorServer,
  ValidatorStore,
  validatorStoreSchema,
} from '@koinon/subnets'
import { ensurePermitSought, ensureRootStake, ensureWeight } from '@koinon/subnets/pools'
import { localValidatorStake } from '../local/parameters.ts'
import { inferenceSourceHash, inferenceSpecHash } from '../local/subnet-spec.ts'
import type { RoleContext, RunningRole } from '../supervisor/role-process.ts'
import { confirmGasOf } from '../validator/confirm-gas.ts'
import { createEventTeller, signingStopPath, stoppedReason } from '../validator/event-teller.ts'
import { createValidatorMetrics } from '../validator/metrics.ts'
import { createProber } from '../validator/prober.ts'
import { openQuorumJudge } from '../validator/quorum-judge.ts'
import { RenewedSession } from '../validator/renewed-session.ts'
import { openValidationAnswers } from '../validator/validation-answers.ts'
import { keepPort, lastFreePort } from './last-port.ts'
import { createNoticeBoard } from './notice-board.ts'
import type { ValidatorRoleConfig } from './role-config.ts'
import { memberDescription, RoleIdentity } from './role-identity.ts'
import { takeRoleSeat } from './role-seat.ts'
import { openRoleLedger, openRoleStore, roleLogger } from './role-tools.ts'
import { ensureTestMoney } from './test-money.ts'

const peerTimeoutMs = 10_000

export async function startValidatorRole(config: ValidatorRoleConfig, context: RoleContext): Promise<RunningRole> {
  const log = roleLogger(config.name)
  const notices = createNoticeBoard(context.notice)
  const role = await openRoleLedger(config)
  const { network, reader, sender, key, home } = role
  const folder = home.role(config.name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const engine = new InferenceEngine({ modelPath: config.modelPath, maxParallelSequences: 2 })
  context.progress('loading the model')
  const [store] = await Promise.all([
    openRoleStore(folder, `${validatorStoreSchema}\n${verdictSchema}`, log),
    engine.start(),
    ensureTestMoney(role, config.netuid, log),
  ])
  const ledger = createSubnetLedger(reader, network)
  const account = localDelegatingAccount(key.secretKey)
  const session = await RenewedSession.open({
    account,
    chainId: network.chainId,
    onError: (error) => log.warn({ error: errorToJson(error) }, 'could not renew the session key'),
  })
  const peers = createPeerClient({
    session: () => session.current,
    clock: systemClock,
    random: systemRandom,
    timeoutMs: peerTimeoutMs,
  })
  const metrics = createValidatorMetrics()
  const validatorStore = new ValidatorStore(store)
  const signingStop = new SigningStop(signingStopPath(folder))
  const directory = new ChannelDirectory({
    reader,
    escrow: network.contracts.channels,
    startBlock: network.startBlock,
    unsettledBlocks: unsettledBlocksOf(network),
  })
  const tell = createEventTeller(log, notices.of('signing'))
  const timekeeper = openNetworkBeacon(network, { ledger, clock: systemClock, endpoints: config.beaconEndpoints })
  const loop = new ValidatorLoop({
    netuid: config.netuid,
    subnet: inferenceSubnet,
    specHash: inferenceSpecHash(),
    sourceHash: inferenceSourceHash(),
    ledger,
    writer: createSubnetLedgerWriter(sender, network),
    account,
    store: validatorStore,
    signingStop,
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
    ...(timekeeper === undefined ? {} : { timekeeper }),
    ...confirmGasOf(network, config.mostConfirmGas),
    onEvent: (event) => {
      metrics.observe(event)
      tell(event)
    },
  })
  const identity = new RoleIdentity(role, memberDescription(network.name, 'validator', config.netuid), log)
  const quorum = await openQuorumJudge({ role, ledger, netuid: config.netuid, store, log })
  const answers = openValidationAnswers({ role, engine, log })
  const server = new ValidatorServer({
    additionalRoutes: (request, response) => quorum.serve(request, response) || identity.serve(request, response),
    store: validatorStore,
    ledger,
    host: config.host,
    port: config.port === 0 ? await lastFreePort(folder, config.host) : config.port,
    readiness: async () => {
      if (signingStop.read() !== undefined) return { isReady: false, reason: stoppedReason(signingStop.path) }
      const permitted = await ledger.permittedAt(config.netuid, (await ledger.nowSeconds()) - 1)
      return permitted.some(({ hotkey }) => hotkey === key.address)
        ? { isReady: true }
        : { isReady: false, reason: 'no validator permit: its hotkey weighs less than the subnet asks' }
    },
    metrics: metrics.text,
  })
  const { port } = await server.start()
  keepPort(folder, port)
  const endpoint = config.publicUrl ?? `http://${config.host}:${port}`
  const { netuid, seat: seatConfig } = config
  const { seat, stop: leaveSeatAlone } = await takeRoleSeat(role, {
    netuid,
    endpoint,
    config: seatConfig,
    log,
    context: { progress: context.progress, notice: notices.of('seat') },
    folder,
    identity,
  })
  const subnet = await reader.readContract({
    address: network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'subnet',
    args: [config.netuid],
  })
  const membership = { network, reader, sender }
  if (config.isLocal) await ensureRootStake(membership, localValidatorStake)
  else await ensureWeight(membership, config.netuid, subnet.minValidatorStake)
  await ensurePermitSought(membership, config.netuid)
  // The first look goes through all of the ledger; later ones see new blocks only.
  directory.find([]).catch((error: unknown) => log.warn({ error: errorToJson(error) }, 'could not read the channels'))
  loop.start()
  quorum.start()
  answers.start()
  log.info({ endpoint, account: key.address, uid: seat.uid }, 'validating')
  return {
    info: { url: endpoint, account: key.address, facts: { uid: seat.uid, netuid: config.netuid } },
    stop: async () => {
      session.stop()
      await Promise.all([loop.stop(), quorum.stop(), answers.stop(), leaveSeatAlone()])
      await server.stop()
      await store.close()
      await engine.stop()
    },
  }
}
