/** Puts the contracts and subnet 1 on a home's ledger, once; a broken-off attempt goes on where it stopped. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, type Hex, KoinonError, systemRandom } from '@koinon/base'
import {
  checkChain,
  createLedgerReader,
  createLedgerWriter,
  createSubnet,
  type LedgerReader,
  type NetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { subnetsAbi } from '@koinon/ledger/abis'
import { type Home, writeFileDurably } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import { blockIntervalSeconds } from './block-interval.ts'
import { deploymentNote, deployNetwork } from './deployment.ts'
import { homeNetwork, type LedgerSource } from './ledger-source.ts'
import { localChainId, localNetworkParameters, networkParametersFor, subnetFor } from './parameters.ts'
import { requireGasMoney, type Treasury } from './treasury.ts'

export type NetworkFacts = {
  readonly home: Home
  readonly source: LedgerSource
  /** Where the ledger answers now. */
  readonly rpcUrl: string
  readonly gatewayUrl: string
  readonly specHash: Hex
  /** Of subnet 1, when it is still to be founded. */
  readonly epochSeconds?: number
  readonly defaultModel: NetworkFile['defaultModel']
  readonly beacon?: NetworkFile['beacon'] | undefined
  /** Accounts of the roles to come: where gas costs something, money for them must be there before anything is deployed. */
  readonly accounts: readonly Address[]
}

/**
 * Returns the founder's view of the deployed network; writes the network file when it is complete. Throws `home/other-ledger`,
 * `home/other-chain`, `home/joined`, `ledger/rpc-unreachable`, `ledger/contracts-gone`, `node/treasury-unfunded` and as `deployNetwork` before it writes.
 */
export async function ensureNetwork(facts: NetworkFacts): Promise<Treasury> {
  const { home } = facts
  const known = homeNetwork(home, facts.source)
  const draft = await draftNetwork(facts, known)
  const founder = accountKey(home, 'founder', systemRandom)
  const reader = createLedgerReader(draft)
  const sender = new TransactionSender(reader, createLedgerWriter(draft, founder.privateKey))
  if (known !== undefined) await requireContracts(reader, draft)
  await requireGasMoney({ network: draft, reader, sender }, facts.accounts, known === undefined)
  const notePath = deploymentNote(join(home.chain, 'deployment'), draft.chainId)
  const parameters = networkParametersFor(draft.chainKind, facts.epochSeconds)
  const deployment = { draft, reader, sender, parameters, notePath }
  const network = known === undefined ? await deployNetwork(deployment) : draft
  const treasury = { network, reader, sender }
  await ensureSubnet(treasury, facts)
  writeFileDurably(home.networkFile, `${JSON.stringify(network, null, 2)}\n`, 0o644)
  rmSync(notePath, { force: true })
  return treasury
}

/** Throws `ledger/contracts-gone` when the ledger does not have the network's contracts (any more). */
export async function requireContracts(reader: LedgerReader, network: NetworkFile): Promise<void> {
  const { token, subnets, epochs, channels } = network.contracts
  const codes = await Promise.all([token, subnets, epochs, channels].map((address) => reader.getCode({ address })))
  if (codes.every((code) => code !== undefined)) return
  const where = network.chainKind === 'embedded' ? 'The ledger of this home' : `The chain at ${network.rpcUrl}`
  throw new KoinonError({
    code: 'ledger/contracts-gone',
    message: `${where} does not have the contracts of this home's network: it was started anew or lost its state`,
    hint: 'Bring its state back, or begin a new network with --home DIR. Nothing in this home was changed.',
    details: { chainId: network.chainId, subnets },
  })
}

async function draftNetwork(
  { source, rpcUrl, gatewayUrl, defaultModel, beacon }: NetworkFacts,
  known: NetworkFile | undefined,
): Promise<NetworkFile> {
  const draft: NetworkFile = {
    v: 1,
    name: 'local',
    chainId: localChainId,
    chainKind: source.kind,
    startBlock: 0,
    isTest: true,
    contracts: {} as NetworkFile['contracts'],
    ...known,
    rpcUrl,
    gatewayUrl,
    ...(defaultModel === undefined ? {} : { defaultModel }),
    ...(beacon === undefined ? {} : { beacon }),
  }
  const reader = createLedgerReader(draft)
  if (source.kind === 'embedded') {
    await checkChain(reader, draft)
    return draft
  }
  const chainId = await reader.getChainId().catch((cause: Error) => {
    throw new KoinonError({
      code: 'ledger/rpc-unreachable',
      message: `The chain at ${rpcUrl} does not answer`,
      hint: 'Check that it runs and that the address given with --rpc can be reached from this machine.',
      retry: 'later',
      cause,
    })
  })
  if (known === undefined) return { ...draft, name: `chain ${chainId}`, chainId }
  if (known.chainId === chainId) return draft
  throw new KoinonError({
    code: 'home/other-chain',
    message: `${rpcUrl} is chain ${chainId}, but the network of this home lives on chain ${known.chainId}`,
    hint: `Give the address of chain ${known.chainId} with --rpc, or begin a new network with --home DIR.`,
  })
}

async function ensureSubnet(
  { network, reader, sender }: Treasury,
  { specHash, epochSeconds }: Pick<NetworkFacts, 'specHash' | 'epochSeconds'>,
): Promise<void> {
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
  if ((await reader.readContract({ ...subnets, functionName: 'subnetCount' })) > 0) return
  // The deployment's own blocks lie behind us, so even an idle chain shows its pace.
  const subnet = subnetFor(network.chainKind === 'embedded' ? 0 : await blockIntervalSeconds(reader), epochSeconds)
  const maxLock = localNetworkParameters.minimumLock
  await createSubnet({ network, reader, sender }, { ...subnet, specHash }, maxLock)
}
