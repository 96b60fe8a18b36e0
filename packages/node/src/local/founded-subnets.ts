/** Subnets of a local network beside subnet 1: each from one file, founded once, each with miners and validators in one process. */
import { fileURLToPath } from 'node:url'
import { type Hex, KoinonError } from '@koinon/base'
import { koinonTokenAbi, subnetsAbi } from '@koinon/ledger/abis'
import { readSubnetFile, SubnetSandbox, taskSubnet } from '@koinon/subnets'
import type { SubnetMember } from '../roles/role-config.ts'
import { blockIntervalSeconds } from './block-interval.ts'
import { localNetworkParameters, subnetFor } from './parameters.ts'
import type { Treasury } from './treasury.ts'

/** Templates that a local network can run, by name. */
export const templateNames = ['forecast', 'arena', 'embedding', 'scraping', 'probing'] as const
export type TemplateName = (typeof templateNames)[number]

const minersEach = 3
const validatorsEach = 2

/** Absolute path of a template's file. */
export function templateFile(name: TemplateName): string {
  return fileURLToPath(import.meta.resolve(`@koinon/subnet-files/${name}.ts`))
}

/** Reads `all` or names with commas. Throws `usage/unknown-subnet`. */
export function parseTemplates(text: string): readonly TemplateName[] {
  if (text === 'all') return templateNames
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !templateNames.includes(name as TemplateName))
  if (unknown === undefined) return [...new Set(names as TemplateName[])]
  throw new KoinonError({
    code: 'usage/unknown-subnet',
    message: `There is no template subnet "${unknown}"`,
    hint: `Give "all" or names of ${templateNames.join(', ')}, with commas.`,
  })
}

/** Who takes part in a template's subnet; names are those of their keys in the home. */
export function membersOf(name: TemplateName): readonly SubnetMember[] {
  const members = (kind: SubnetMember['kind'], count: number): readonly SubnetMember[] =>
    Array.from({ length: count }, (_, index) => ({ name: `${name}-${kind}-${index + 1}`, kind, port: 0 }))
  return [...members('miner', minersEach), ...members('validator', validatorsEach)]
}

/** What the ledger must name as the definition of a subnet file. Throws `subnets/bad-definition`. */
export async function subnetFileSpec(path: string): Promise<{ readonly name: string; readonly specHash: Hex }> {
  const sandbox = await SubnetSandbox.open(readSubnetFile(path))
  try {
    const subnet = taskSubnet(sandbox.description)
    return { name: subnet.name, specHash: subnet.specHash(sandbox.sourceHash) }
  } finally {
    await sandbox.close()
  }
}

/** The treasury's subnet of that file; founded when there is none yet. */
export async function ensureFoundedSubnet(treasury: Treasury, path: string): Promise<number> {
  const { name, specHash } = await subnetFileSpec(path)
  const { network, reader, sender } = treasury
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
  const count = await reader.readContract({ ...subnets, functionName: 'subnetCount' })
  for (let netuid = 1; netuid <= count; netuid++) {
    const found = await reader.readContract({ ...subnets, functionName: 'subnet', args: [netuid] })
    if (found.name === name && found.owner.toLowerCase() === sender.address) return netuid
  }
  const shape = subnetFor(network.chainKind === 'embedded' ? 0 : await blockIntervalSeconds(reader))
  const approve = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'approve' } as const
  await sender.call({ ...approve, args: [network.contracts.subnets, localNetworkParameters.subnetCreationBurn] })
  const metadataURI = `https://koinon.invalid/subnets/${name}.json`
  await sender.call({ ...subnets, functionName: 'createSubnet', args: [{ ...shape, name, metadataURI, specHash }] })
  return count + 1
}
