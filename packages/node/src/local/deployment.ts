/** One deployment of the contracts, on any chain. A note on disk says what stands, so that a broken-off one goes on. */
import { existsSync, readFileSync } from 'node:fs'
import { type Address, isKoinonError, KoinonError } from '@koinon/base'
import {
  type ContractName,
  type LedgerReader,
  type NetworkFile,
  networkDraftProblem,
  parseNetworkFile,
  type TransactionSender,
} from '@koinon/ledger'
import { emissionPolicyAbi } from '@koinon/ledger/abis'
import { type DeployablePolicyName, deployContracts, type NetworkParameters } from '@koinon/ledger/deploy'
import { writeFileDurably } from '../home/home.ts'

export type Deployment = {
  /** The network file to be; `startBlock` and `contracts` are what the deployment finds out. */
  readonly draft: NetworkFile
  readonly reader: LedgerReader
  readonly sender: TransactionSender
  readonly parameters: NetworkParameters
  /** An existing dollar token; a test dollar with a faucet is deployed when left out. */
  readonly dollar?: Address
  /** How KOIN is shared between subnets; the default of `deployContracts` when left out. */
  readonly policy?: DeployablePolicyName
  /** Where the note is kept (`deploymentNote`); the caller removes it when the network file is written. */
  readonly notePath: string
  readonly onDeployed?: (name: ContractName, address: Address) => void
}

type Note = {
  readonly v: 1
  readonly chainId: number
  readonly deployer: Address
  readonly startBlock: number
  readonly contracts: Partial<Record<ContractName, Address>>
}

/** File of a deployment's note: one a chain, so that the same command on another chain neither uses nor loses it. */
export function deploymentNote(file: string, chainId: number): string {
  return `${file}.${chainId}.partial`
}

/**
 * Deploys what the note does not have yet and returns the whole network. Before the first transaction it throws `usage/bad-network-facts`
 * (the file would not be valid), `node/bad-deployment-note`, `ledger/other-deployer`, `ledger/contracts-gone`, `ledger/other-choice` and
 * what `checkDollar` throws; later as `deployContracts`.
 */
export async function deployNetwork(deployment: Deployment): Promise<NetworkFile> {
  const { draft, reader, sender, parameters, dollar, policy, notePath, onDeployed } = deployment
  const problem = networkDraftProblem(draft)
  if (problem !== undefined) {
    throw new KoinonError({
      code: 'usage/bad-network-facts',
      message: `The network file would not be valid: ${problem}`,
      hint: 'Nothing was deployed; change what is named.',
    })
  }
  const note = (await readNote(deployment)) ?? {
    v: 1,
    chainId: draft.chainId,
    deployer: sender.address,
    startBlock: draft.chainKind === 'embedded' ? 0 : Number(await reader.getBlockNumber({ cacheTime: 0 })),
    contracts: {},
  }
  const standing: Partial<Record<ContractName, Address>> = { ...note.contracts }
  const keep = (): void => writeFileDurably(notePath, JSON.stringify({ ...note, contracts: standing } satisfies Note))
  // Also before the first transaction: what cannot be noted is not deployed.
  keep()
  const contracts = await deployContracts({
    reader,
    sender,
    parameters,
    known: note.contracts,
    ...(dollar === undefined ? {} : { dollar }),
    ...(policy === undefined ? {} : { policy }),
    onDeployed: (name, address) => {
      standing[name] = address
      keep()
      onDeployed?.(name, address)
    },
  }).catch((error: unknown) => {
    throw namingNote(error, notePath)
  })
  const emissionPolicy = await reader.readContract({
    address: contracts.policy,
    abi: emissionPolicyAbi,
    functionName: 'specHash',
  })
  const network: NetworkFile = { ...draft, startBlock: note.startBlock, contracts, emissionPolicy }
  parseNetworkFile(JSON.stringify(network))
  return network
}

/** What stands holds for ever: who wants something else begins anew, which is to remove the note. */
function namingNote(error: unknown, notePath: string): unknown {
  if (!isKoinonError(error) || error.code !== 'ledger/other-choice') return error
  const { code, message, details } = error
  const hint = `Nothing was deployed now. Choose as before to go on, or remove ${notePath} to begin a new deployment.`
  return new KoinonError({ code, message, hint, cause: error, ...(details === undefined ? {} : { details }) })
}

/** What an earlier attempt noted, if it was this account's on this chain and all of it stands. */
async function readNote({ draft, reader, sender, notePath }: Deployment): Promise<Note | undefined> {
  if (!existsSync(notePath)) return undefined
  const refusal = (code: string, problem: string): KoinonError =>
    new KoinonError({
      code,
      message: `${notePath}, the note of a broken-off deployment, ${problem}`,
      hint: 'Nothing was deployed now. Remove the file to begin a new deployment.',
    })
  const note = parseNote(readFileSync(notePath, 'utf8'))
  if (note === undefined || note.chainId !== draft.chainId)
    throw refusal('node/bad-deployment-note', `is not one for chain ${draft.chainId}`)
  if (note.deployer !== sender.address)
    throw refusal('ledger/other-deployer', `is of account ${note.deployer}, not ${sender.address}`)
  const codes = await Promise.all(Object.values(note.contracts).map((address) => reader.getCode({ address })))
  if (codes.some((code) => code === undefined))
    throw refusal('ledger/contracts-gone', `names contracts that do not stand on the chain at ${draft.rpcUrl}`)
  return note
}

function parseNote(text: string): Note | undefined {
  try {
    const note = JSON.parse(text) as Note
    return note.v === 1 && typeof note.contracts === 'object' ? note : undefined
  } catch {
    return undefined
  }
}
