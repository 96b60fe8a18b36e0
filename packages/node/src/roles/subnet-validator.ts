/** A validator of a subnet file: reads what miners committed, judges it, sets weights, signs results, claims for everybody. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { errorToJson, type Hex, KoinonError, systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { joinSubnet } from '@koinon/ledger'
import { subnetsAbi } from '@koinon/ledger/abis'
import { localDelegatingAccount } from '@koinon/payments'
import {
  answerEvidenceBytes,
  createAttestationPort,
  createMinerPort,
  createPeerClient,
  createSubnetLedgerWriter,
  epochAt,
  openNetworkBeacon,
  SandboxedJudge,
  type SubnetLedger,
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
import { createEventTeller } from '../validator/event-teller.ts'
import { createValidatorMetrics } from '../validator/metrics.ts'
import { RenewedSession } from '../validator/renewed-session.ts'
import { keepPort, lastFreePort } from './last-port.ts'
import type { SubnetMember, SubnetRoleConfig } from './role-config.ts'
import { openRoleLedger } from './role-tools.ts'
import type { SubnetParts } from './subnet-parts.ts'
import { ensureTestMoney } from './test-money.ts'

const peerTimeoutMs = 10_000

export async function startSubnetValidator(
  config: SubnetRoleConfig,
  member: SubnetMember,
  parts: SubnetParts,
  log: Logger,
): Promise<RunningRole> {
  const role = await openRoleLedger({ ...config, name: member.name })
  const { network, reader, sender, key, home } = role
  const folder = home.role(member.name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { description, sourceHash } = parts
  const subnet = taskSubnet(description)
  const specHash = subnet.specHash(sourceHash)
  await ensureTestMoney(role, config.netuid, log)
  const durable = await DurableStore.open(join(folder, 'store.db'), validatorStoreSchema)
  const store = new ValidatorStore(durable)
  const ledger = parts.ledger(reader, network)
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
  const judge = new SandboxedJudge(
    () => parts.open((line) => log.info({ line }, 'the subnet file says')),
    parts.takeFirst(),
  )
  const { netuid } = config
  const tell = createEventTeller(log)
  const timekeeper = openNetworkBeacon(network, { ledger, clock: systemClock, endpoints: config.beaconEndpoints })
  const loop = new ValidatorLoop({
    netuid,
    subnet,
    specHash,
    sourceHash,
    ledger,
    writer: createSubnetLedgerWriter(sender, network),
    account,
    store,
    miners: createMinerPort(peers, answerEvidenceBytes(description.answerBytes)),
    attestations: createAttestationPort(peers),
    verifyPorts: judge,
    judge,
    clock: systemClock,
    random: systemRandom,
    ...(timekeeper === undefined ? {} : { timekeeper }),
    onEvent: (event) => {
      metrics.observe(event)
      tell(event)
    },
  })
  const server = new ValidatorServer({
    store,
    ledger,
    host: config.host,
    port: member.port === 0 ? await lastFreePort(folder, config.host) : member.port,
    readiness: async () => {
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
  if (!(await isNamed(ledger, netuid, specHash))) throw otherFile(config.file, found.name)
  const seat = await joinSubnet({ network, reader, sender }, netuid, endpoint)
  const membership = { network, reader, sender }
  if (config.isLocal) await ensureRootStake(membership, localValidatorStake)
  else await ensureWeight(membership, netuid, found.minValidatorStake)
  await ensurePermitSought(membership, netuid)
  loop.start()
  log.info({ endpoint, account: key.address, uid: seat.uid, subnet: subnet.name }, 'validating')
  return {
    info: { url: endpoint, account: key.address, facts: { uid: seat.uid, netuid } },
    stop: async () => {
      session.stop()
      await loop.stop()
      await judge.close()
      await server.stop()
      await durable.close()
    },
  }
}

/** Whether the ledger names this definition, now or from an epoch that was announced. */
async function isNamed(ledger: SubnetLedger, netuid: number, specHash: Hex): Promise<boolean> {
  const [clock, nowSeconds] = await Promise.all([ledger.clock(netuid), ledger.nowSeconds()])
  const epochs = [Math.max(0, epochAt(clock, nowSeconds)), Number.MAX_SAFE_INTEGER]
  const named = await Promise.all(epochs.map((epoch) => ledger.specHash(netuid, epoch)))
  return named.includes(specHash)
}

function otherFile(file: string, name: string): KoinonError {
  return new KoinonError({
    code: 'subnets/other-file',
    message: `${file} is not the file that the ledger names for the subnet "${name}"`,
    hint: 'Get the file from the subnet\'s owner, byte by byte; "koinon subnet show" tells where.',
  })
}
