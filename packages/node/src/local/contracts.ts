/** Puts the contracts and subnet 1 on a home's own ledger, once; a broken-off attempt goes on where it stopped. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, type Hex, systemRandom } from '@koinon/base'
import {
  type ContractName,
  checkChain,
  createLedgerReader,
  createLedgerWriter,
  type NetworkFile,
  parseNetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { koinonTokenAbi, subnetsAbi } from '@koinon/ledger/abis'
import { deployContracts } from '@koinon/ledger/deploy'
import { type Home, writeFileDurably } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import { localChainId, localNetworkParameters, localSubnet } from './parameters.ts'
import type { Treasury } from './treasury.ts'

/** Returns the founder's view of the deployed network; writes the network file when it is complete. */
export async function ensureLocalNetwork(
  home: Home,
  rpcUrl: string,
  gatewayUrl: string,
  specHash: Hex,
  defaultModel?: NetworkFile['defaultModel'],
): Promise<Treasury> {
  const known = existsSync(home.networkFile) ? parseNetworkFile(readFileSync(home.networkFile, 'utf8')) : undefined
  const provisional: NetworkFile = {
    v: 1,
    name: 'local',
    chainId: localChainId,
    chainKind: 'embedded',
    startBlock: 0,
    isTest: true,
    contracts: {} as NetworkFile['contracts'],
    ...known,
    rpcUrl,
    gatewayUrl,
    ...(defaultModel === undefined ? {} : { defaultModel }),
  }
  const founder = accountKey(home, 'founder', systemRandom)
  const reader = createLedgerReader(provisional)
  await checkChain(reader, provisional)
  const sender = new TransactionSender(reader, createLedgerWriter(provisional, founder.privateKey))
  const contracts = known?.contracts ?? (await deployAll(home, reader, sender))
  const network: NetworkFile = { ...provisional, contracts }
  const treasury = { network, reader, sender }
  await ensureSubnet(treasury, specHash)
  writeFileDurably(home.networkFile, `${JSON.stringify(network, null, 2)}\n`, 0o644)
  rmSync(partialDeployment(home), { force: true })
  return treasury
}

async function deployAll(
  home: Home,
  reader: Treasury['reader'],
  sender: TransactionSender,
): Promise<NetworkFile['contracts']> {
  const partialPath = partialDeployment(home)
  const partial: Partial<Record<ContractName, Address>> = existsSync(partialPath)
    ? (JSON.parse(readFileSync(partialPath, 'utf8')) as Partial<Record<ContractName, Address>>)
    : {}
  return deployContracts({
    reader,
    sender,
    parameters: localNetworkParameters,
    known: { ...partial },
    onDeployed: (name, address) => {
      partial[name] = address
      writeFileDurably(partialPath, JSON.stringify(partial))
    },
  })
}

/** Addresses deployed so far, until the network file holds them all. */
function partialDeployment(home: Home): string {
  return join(home.chain, 'deployment.json')
}

async function ensureSubnet({ network, reader, sender }: Treasury, specHash: Hex): Promise<void> {
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
  if ((await reader.readContract({ ...subnets, functionName: 'subnetCount' })) > 0) return
  const approve = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'approve' } as const
  await sender.call({ ...approve, args: [network.contracts.subnets, localNetworkParameters.subnetCreationBurn] })
  await sender.call({ ...subnets, functionName: 'createSubnet', args: [{ ...localSubnet, specHash }] })
}
