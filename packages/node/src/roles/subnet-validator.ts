/** A validator of a subnet file: reads what miners committed, judges it, sets weights, signs results, claims for everybody. */
import { mkdirSync } from 'node:fs'
import { verdictSchema } from '@koinon/agents/verifier'
import { errorToJson, KoinonError, systemClock, systemRandom } from '@koinon/base'
import { subnetsAbi } from '@koinon/ledger/abis'
import { localDelegatingAccount } from '@koinon/payments/core'
import {
  answerEvidenceBytes,
  createAttestationPort,
  createMinerPort,
  createPeerClient,
  createSubnetLedgerWriter,
  epochAt,
  openNetworkBeacon,
  SandboxedJudge,
  SigningStop,
  type SubnetLedger,
  SubnetSandbox,
  taskSubnet,
  ValidatorLoop,
  ValidatorServer,
  ValidatorStore,
  validatorStoreSchema,
} from '@koinon/subnets'
import { ensurePermitSought, ensureRootStake, ensureWeight } from '@koinon/subnets/pools'
import type { Logger } from 'pino'
import { localValidatorStake } from '../local/parameters.ts'
import type { RunningRole } from '../supervisor/role-process.ts'
import { confirmGasOf } from '../validator/confirm-gas.ts'
import { createEventTeller, signingStopPath, stoppedReason } from '../validator/event-teller.ts'
import { createValidatorMetrics } from '../validator/metrics.ts'
import { openQuorumJudge } from '../validator/quorum-judge.ts'
import { RenewedSession } from '../validator/renewed-session.ts'
import type { EpochFiles, VersionFile } from './epoch-files.ts'
import { type ByFile, FileFollower } from './file-follower.ts'
import { keepPort, lastFreePort } from './last-port.ts'
import type { SubnetMember, SubnetRoleConfig } from './role-config.ts'
import { memberDescription, RoleIdentity } from './role-identity.ts'
import { takeRoleSeat } from './role-seat.ts'
import { openRoleLedger, openRoleStore } from './role-tools.ts'
import type { MemberContext, SubnetShared } from './subnet-shared.ts'
import { ensureTestMoney } from './test-money.ts'

const peerTimeoutMs = 10_000
const pollMs = 2_000

export async function startSubnetValidator(
  config: SubnetRoleConfig,
  member: SubnetMember,
  { ledger, files }: SubnetShared,
  log: Logger,
  context: MemberContext,
): Promise<RunningRole> {
  const role = await openRoleLedger({ ...config, name: member.name })
  const { network, reader, sender, key, home } = role
  const folder = home.role(member.name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { netuid } = config
  // A file that cannot be read is told as such, not as one that the ledger does not name.
  await files.first()
  await ensureTestMoney(role, config.netuid, log)
  const durable = await openRoleStore(folder, `${validatorStoreSchema}\n${verdictSchema}`, log)
  const store = new ValidatorStore(durable)
  const signingStop = new SigningStop(signingStopPath(folder))
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
  const tell = createEventTeller(log, context.noticeOf('signing'))
  const timekeeper = openNetworkBeacon(network, { ledger, clock: systemClock, endpoints: config.beaconEndpoints })
  const openLoop = async ({ file, description, sourceHash, specHash }: VersionFile): Promise<ByFile> => {
    // Opened when there is something to judge.
    const judge = new SandboxedJudge(() =>
      SubnetSandbox.open(file, { onLog: (line) => log.info({ line }, 'the subnet file says') }),
    )
    const loop = new ValidatorLoop({
      netuid,
      subnet: taskSubnet(description),
      specHash,
      sourceHash,
      ledger,
      writer: createSubnetLedgerWriter(sender, network),
      account,
      store,
      signingStop,
      miners: createMinerPort(peers, answerEvidenceBytes(description.answerBytes)),
      attestations: createAttestationPort(peers),
      verifyPorts: judge,
      judge,
      clock: systemClock,
      random: systemRandom,
      ...(timekeeper === undefined ? {} : { timekeeper }),
      ...confirmGasOf(network, config.mostConfirmGas),
      onEvent: (event) => {
        metrics.observe(event)
        tell(event)
      },
    })
    return {
      start: () => loop.start(),
      stop: async () => {
        await loop.stop()
        await judge.close()
      },
    }
  }
  const identity = new RoleIdentity(role, memberDescription(network.name, 'validator', netuid), log)
  const quorum = await openQuorumJudge({ role, ledger, netuid, store: durable, log })
  const server = new ValidatorServer({
    additionalRoutes: (request, response) => quorum.serve(request, response) || identity.serve(request, response),
    store,
    ledger,
    host: config.host,
    port: member.port === 0 ? await lastFreePort(folder, config.host) : member.port,
    readiness: async () => {
      if (signingStop.read() !== undefined) return { isReady: false, reason: stoppedReason(signingStop.path) }
      const permitted = await ledger.permittedAt(netuid, (await ledger.nowSeconds()) - 1)
      return permitted.some(({ hotkey }) => hotkey === key.address)
        ? { isReady: true }
        : { isReady: false, reason: 'no validator permit: its hotkey weighs less than the subnet asks' }
    },
    metrics: metrics.text,
  })
  const { port } = await server.start()
  keepPort(folder, port)
  const endpoint = member.publicUrl ?? `http://${config.host}:${port}`
  const found = await reader.readContract({
    address: network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'subnet',
    args: [netuid],
  })
  const now = await fileNow(files, ledger, netuid)
  if (now === undefined) throw otherFile(config.file, found.name)
  const { seat, stop: leaveSeatAlone } = await takeRoleSeat(role, {
    netuid,
    endpoint,
    config: config.seat,
    log,
    context: { progress: context.progress, notice: context.noticeOf('seat') },
    folder,
    identity,
  })
  const membership = { network, reader, sender }
  if (config.isLocal) await ensureRootStake(membership, localValidatorStake)
  else await ensureWeight(membership, netuid, found.minValidatorStake)
  await ensurePermitSought(membership, netuid)
  const loop = await FileFollower.open(
    {
      wanted: async () => files.at(await judgedEpoch(ledger, netuid)),
      open: openLoop,
      pollMs,
      onChanged: ({ path }) => log.info({ path }, 'went over to the file that the ledger names'),
      onError: (error) => log.warn({ error: errorToJson(error) }, 'could not go over to another file; trying again'),
    },
    now,
  )
  loop.start()
  quorum.start()
  log.info({ endpoint, account: key.address, uid: seat.uid, subnet: found.name }, 'validating')
  return {
    info: { url: endpoint, account: key.address, facts: { uid: seat.uid, netuid } },
    stop: async () => {
      session.stop()
      await Promise.all([loop.stop(), quorum.stop(), leaveSeatAlone()])
      await server.stop()
      await durable.close()
    },
  }
}

/** The epoch whose answers are judged now: the one before the one under way. Until its result is there its file has to run. */
async function judgedEpoch(ledger: SubnetLedger, netuid: number): Promise<number> {
  const [clock, nowSeconds] = await Promise.all([ledger.clock(netuid), ledger.nowSeconds()])
  return Math.max(0, epochAt(clock, nowSeconds) - 1)
}

/** The file to begin with: for the epoch that is judged, else the one that comes after it, else the one that was announced. */
async function fileNow(files: EpochFiles, ledger: SubnetLedger, netuid: number): Promise<VersionFile | undefined> {
  const epoch = await judgedEpoch(ledger, netuid)
  return (await files.at(epoch)) ?? (await files.at(epoch + 1)) ?? (await files.announced())
}

function otherFile(file: string, name: string): KoinonError {
  return new KoinonError({
    code: 'subnets/other-file',
    message: `${file} is not the file that the ledger names for the subnet "${name}"`,
    hint: 'Get the file from the subnet\'s owner, byte by byte; "koinon subnet show" tells where.',
  })
}
