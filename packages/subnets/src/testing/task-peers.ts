/** Miners and validators of a subnet file as tests run them: real servers, real stores, real signatures. */
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type Hex, hexToBytes, signDigest, systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import type { NetworkFile } from '@koinon/ledger'
import { RequestGate } from '@koinon/work/node'
import { openNetworkBeacon } from '../client/index.ts'
import {
  createTaskEvidenceHandler,
  createWorkListHandler,
  TaskAnswerer,
  TaskAnswerStore,
  taskAnswerStoreSchema,
  WorkCommitter,
  WorkStore,
  workStoreSchema,
} from '../provider/index.ts'
import type { AnsweringFile } from '../provider/task-answerer.ts'
import { answerBytesBounds } from '../rules/subnet-file/task-answer.ts'
import { taskSubnet } from '../rules/subnet-file/task-subnet.ts'
import {
  answerEvidenceBytes,
  createAttestationPort,
  createMinerPort,
  SandboxedJudge,
  SubnetSandbox,
  type ValidatorEvent,
  ValidatorLoop,
  ValidatorServer,
  ValidatorStore,
  validatorStoreSchema,
} from '../verifier/index.ts'
import type { SandboxFile } from '../verifier/sandbox/sandbox-process.ts'
import { connect } from './test-peers.ts'

const pollMs = 100

export type TaskPeer = {
  readonly hotkey: Hex
  readonly endpoint: string
  /** Runs it; the endpoint answers before. */
  start(): void
  close(): Promise<void>
}

/** A miner that answers with `file`. `hasAnswered`: its answers to an epoch's questions are on disk; it gives none to an epoch that is over. */
export async function createTaskMiner(
  network: NetworkFile,
  privateKey: Hex,
  netuid: number,
  folder: string,
  file: AnsweringFile,
): Promise<TaskPeer & { hasAnswered(epoch: number): Promise<boolean> }> {
  const { ledger, writer, hotkey } = connect(network, privateKey)
  const durable = await DurableStore.open(join(folder, `${hotkey}.db`), `${workStoreSchema}\n${taskAnswerStoreSchema}`)
  const store = new TaskAnswerStore(durable)
  // A transaction that came too late is tried again or found done at the next look.
  const common = { netuid, ledger, writer, pollMs, onError: () => undefined }
  const answerer = new TaskAnswerer({
    ...common,
    hotkey,
    store,
    file,
    answerBytes: async () => answerBytesBounds.unlessSaid,
  })
  const committer = new WorkCommitter({
    ...common,
    store: new WorkStore(durable),
    workOf: (window) => answerer.workOf(window),
  })
  const gate = new RequestGate({ chainId: network.chainId, recipient: hotkey, clock: systemClock })
  const mayRead = async (account: Hex) =>
    (await ledger.permittedAt(netuid, (await ledger.nowSeconds()) - 1)).some((item) => item.hotkey === account)
  const workList = createWorkListHandler({ committer, gate, mayRead })
  const evidence = createTaskEvidenceHandler({ netuid, store, ledger, gate, mayRead })
  const server = createServer(async (request, response) => {
    if ((await workList(request, response)) || (await evidence(request, response))) return
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    hotkey,
    endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    hasAnswered: (epoch) => store.hasAnswered(netuid, epoch),
    start() {
      answerer.start()
      committer.start()
    },
    async close() {
      await Promise.all([answerer.stop(), committer.stop()])
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await durable.close()
    },
  }
}

/** A validator that judges with `file`, and seals its rows where the network has a beacon. */
export async function createTaskValidator(
  network: NetworkFile,
  privateKey: Hex,
  netuid: number,
  folder: string,
  file: SandboxFile,
  options: { readonly port?: number; readonly onEvent?: (event: ValidatorEvent) => void } = {},
): Promise<TaskPeer & { readonly events: readonly ValidatorEvent[] }> {
  const { ledger, writer, peers, hotkey } = connect(network, privateKey)
  const open = () => SubnetSandbox.open(file)
  const sandbox = await open()
  const subnet = taskSubnet(sandbox.description)
  const judge = new SandboxedJudge(open, sandbox)
  const durable = await DurableStore.open(join(folder, `${hotkey}.db`), validatorStoreSchema)
  const store = new ValidatorStore(durable)
  const server = new ValidatorServer({
    store,
    ledger,
    host: '127.0.0.1',
    port: options.port ?? 0,
    readiness: async () => ({ isReady: true }),
    metrics: async () => '',
  })
  const { port } = await server.start()
  const secret = hexToBytes(privateKey)
  const timekeeper = openNetworkBeacon(network, { ledger, clock: systemClock })
  const events: ValidatorEvent[] = []
  const loop = new ValidatorLoop({
    netuid,
    subnet,
    specHash: subnet.specHash(sandbox.sourceHash),
    sourceHash: sandbox.sourceHash,
    ledger,
    writer,
    account: { address: hotkey, signDigest: (digest) => signDigest(digest, secret) },
    store,
    miners: createMinerPort(peers, answerEvidenceBytes(sandbox.description.answerBytes)),
    attestations: createAttestationPort(peers),
    verifyPorts: judge,
    judge,
    clock: systemClock,
    random: systemRandom,
    timing: { pollMs },
    ...(timekeeper === undefined ? {} : { timekeeper }),
    onEvent: (event) => {
      events.push(event)
      options.onEvent?.(event)
    },
  })
  return {
    hotkey,
    endpoint: `http://127.0.0.1:${port}`,
    events,
    start: () => loop.start(),
    async close() {
      await loop.stop()
      await judge.close()
      await server.stop()
      await durable.close()
    },
  }
}
