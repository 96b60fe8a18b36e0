/** Miners and validators of the digest subnet as tests run them: real servers, real stores, real signatures. */
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import {
  bytesToHex,
  createSessionSigner,
  type Hex,
  hexToBytes,
  secretKeyToAddress,
  sha256Hex,
  signDigest,
  systemClock,
  systemRandom,
} from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { sessionDelegationDigest } from '@koinon/work'
import { type NodeCredentials, RequestGate } from '@koinon/work/node'
import { createPeerClient, createSubnetLedger, createSubnetLedgerWriter, openNetworkBeacon } from '../client/index.ts'
import { createWorkListHandler, WorkCommitter, WorkStore, workStoreSchema } from '../provider/index.ts'
import type { WorkItem } from '../rules/index.ts'
import {
  createAttestationPort,
  createMinerPort,
  type Prober,
  SigningStop,
  type ValidatorEvent,
  ValidatorLoop,
  ValidatorServer,
  ValidatorStore,
  validatorStoreSchema,
} from '../verifier/index.ts'
import { type DigestEvidence, digestReceiptHash, digestSource, digestSpecHash, digestSubnet } from './digest-subnet.ts'

const pollMs = 150
const peerTimeoutMs = 5_000
const day = 86_400

/** Connects an account to a network: reads, writes, signed requests. */
export function connect(network: NetworkFile, privateKey: Hex) {
  const reader = createLedgerReader(network)
  const sender = new TransactionSender(reader, createLedgerWriter(network, privateKey))
  const ledger = createSubnetLedger(reader, network)
  const writer = createSubnetLedgerWriter(sender, network)
  const session = newSession(network.chainId, privateKey)
  const peers = createPeerClient({
    session: () => session,
    clock: systemClock,
    random: systemRandom,
    timeoutMs: peerTimeoutMs,
  })
  return { ledger, writer, peers, session, hotkey: writer.hotkey }
}

export function newSession(chainId: number, privateKey: Hex): NodeCredentials {
  const signer = createSessionSigner(systemRandom(32))
  const secret = hexToBytes(privateKey)
  const seconds = Math.floor(Date.now() / 1000)
  const plain = {
    chainId,
    signer: secretKeyToAddress(secret),
    sessionKey: signer.publicKey,
    validFrom: seconds - day,
    validUntil: seconds + day,
  }
  return { signer, delegation: { ...plain, signature: signDigest(sessionDelegationDigest(plain), secret) } }
}

type Done = WorkItem & { readonly endedAtSeconds: number; readonly evidence: DigestEvidence }

/** A miner that does digests. `leaveOut` keeps a piece of work out of its commitment. */
export class TestMiner {
  readonly errors: unknown[] = []
  #done: Done[] = []
  #server: Server | undefined
  #stop: (() => Promise<void>) | undefined

  /** Does one piece of work and returns what its asker keeps. */
  work(text: string, endedAtSeconds: number, how: { readonly isWrong?: boolean; readonly isLeftOut?: boolean } = {}) {
    const evidence = { text, digest: how.isWrong ? sha256Hex('wrong') : sha256Hex(text) }
    const item = {
      receiptHash: digestReceiptHash(evidence),
      requestId: bytesToHex(systemRandom(16)),
      endedAtSeconds,
      evidence,
    }
    if (!how.isLeftOut) this.#done.push(item)
    else this.#unlisted.push(item)
    return {
      requestId: item.requestId,
      receiptHash: item.receiptHash,
      endedAtMs: endedAtSeconds * 1000,
      ownCopy: { text },
    }
  }
  readonly #unlisted: Done[] = []

  /** Opens the port; the endpoint is known before the account registers it. */
  async listen(): Promise<string> {
    const server = createServer((request, response) => {
      void this.#serve?.(request, response)
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`
  }
  #serve: ((...args: Parameters<Parameters<typeof createServer>[1] & object>) => Promise<void>) | undefined

  /** Runs the committer and answers validators. */
  async start(network: NetworkFile, privateKey: Hex, netuid: number, folder: string): Promise<WorkCommitter> {
    const { ledger, writer, hotkey } = connect(network, privateKey)
    const store = await DurableStore.open(join(folder, `miner-${hotkey}.sqlite`), workStoreSchema)
    const committer = new WorkCommitter({
      netuid,
      ledger,
      writer,
      store: new WorkStore(store),
      workOf: async ({ startsAtSeconds, endsAtSeconds }) =>
        this.#done.filter(({ endedAtSeconds }) => endedAtSeconds >= startsAtSeconds && endedAtSeconds < endsAtSeconds),
      pollMs,
      onError: (error) => this.errors.push(error),
    })
    const gate = new RequestGate({ chainId: network.chainId, recipient: hotkey, clock: systemClock })
    const mayRead = async (account: Hex) =>
      (await ledger.permittedAt(netuid, (await ledger.nowSeconds()) - 1)).some((item) => item.hotkey === account)
    const listHandler = createWorkListHandler({ committer, gate, mayRead })
    this.#serve = async (request, response) => {
      if (await listHandler(request, response)) return
      const requestId = /^\/v1\/evidence\/(0x[0-9a-f]{32})$/.exec(request.url ?? '')?.[1]
      gate.identify(request)
      const found = [...this.#done, ...this.#unlisted].find((item) => item.requestId === requestId)
      response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(found?.evidence ?? {}))
    }
    committer.start()
    this.#stop = async () => {
      await committer.stop()
      await store.close()
    }
    return committer
  }

  async close(): Promise<void> {
    await this.#stop?.()
    await new Promise<void>((resolve) => {
      if (this.#server === undefined) return resolve()
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

export type TestValidator = {
  readonly hotkey: Hex
  readonly endpoint: string
  readonly events: ValidatorEvent[]
  readonly store: ValidatorStore
  start(): void
  /** Stops looking at the ledger; the server goes on. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** A validator with its server; it does nothing until started. */
export async function createTestValidator(
  network: NetworkFile,
  privateKey: Hex,
  netuid: number,
  folder: string,
  options: {
    readonly port?: number
    readonly prober?: Prober<{ text: string }>
    /** What it runs, when not what the ledger names. */
    readonly subnet?: typeof digestSubnet
    readonly mostConfirmGas?: bigint
    readonly onEvent?: (event: ValidatorEvent) => void
  } = {},
): Promise<TestValidator> {
  const { ledger, writer, peers, hotkey } = connect(network, privateKey)
  const durable = await DurableStore.open(join(folder, `validator-${hotkey}.sqlite`), validatorStoreSchema)
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
  const events: ValidatorEvent[] = []
  const secret = hexToBytes(privateKey)
  const timekeeper = openNetworkBeacon(network, { ledger, clock: systemClock })
  const loop = new ValidatorLoop({
    netuid,
    subnet: options.subnet ?? digestSubnet,
    specHash: options.subnet?.specHash(digestSource) ?? digestSpecHash,
    sourceHash: digestSource,
    ledger,
    writer,
    account: { address: hotkey, signDigest: (digest) => signDigest(digest, secret) },
    store,
    signingStop: new SigningStop(join(folder, `signing-stopped-${hotkey}.json`)),
    miners: createMinerPort(peers),
    attestations: createAttestationPort(peers),
    verifyPorts: { none: true } as const,
    clock: systemClock,
    random: systemRandom,
    timing: { pollMs, probesPerMiner: 1 },
    ...(timekeeper === undefined ? {} : { timekeeper }),
    ...(options.mostConfirmGas === undefined ? {} : { mostConfirmGas: options.mostConfirmGas }),
    ...(options.prober === undefined ? {} : { prober: options.prober }),
    onEvent: (event) => {
      events.push(event)
      options.onEvent?.(event)
    },
  })
  return {
    hotkey,
    endpoint: `http://127.0.0.1:${port}`,
    events,
    store,
    start: () => loop.start(),
    stop: () => loop.stop(),
    async close() {
      await loop.stop()
      await server.stop()
      await durable.close()
    },
  }
}
