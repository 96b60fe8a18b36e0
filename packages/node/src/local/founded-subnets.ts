/** Subnets that a local network founded beside subnet 1: each from one file, with miners and validators in one process. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Address, type Hex, KoinonError, systemRandom } from '@koinon/base'
import { koinonTokenAbi, subnetsAbi } from '@koinon/ledger/abis'
import { readSubnetFile, SubnetSandbox, taskSubnet } from '@koinon/subnets'
import { type Home, writeFileDurably } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import type { SubnetMember } from '../roles/role-config.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import { blockIntervalSeconds } from './block-interval.ts'
import { gasMoneyOf } from './gas-money.ts'
import { localFunding, localNetworkParameters, subnetFor } from './parameters.ts'
import { fundAccount, type Treasury } from './treasury.ts'

/** Templates that a local network can run, by name. */
export const templateNames = ['forecast', 'arena', 'embedding', 'scraping', 'probing'] as const
export type TemplateName = (typeof templateNames)[number]

const minersEach = 3
const validatorsEach = 2

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

/** What the ledger must name as the definition of a subnet file. Throws `subnets/bad-definition` and `subnets/no-file`. */
export async function subnetFileSpec(path: string): Promise<{ readonly name: string; readonly specHash: Hex }> {
  const sandbox = await SubnetSandbox.open(readSubnetFile(path))
  try {
    const subnet = taskSubnet(sandbox.description)
    return { name: subnet.name, specHash: subnet.specHash(sandbox.sourceHash) }
  } finally {
    await sandbox.close()
  }
}

export type FoundedSubnet = { readonly netuid: number; readonly name: string; readonly members: readonly string[] }

export type FoundedSubnetsOptions = {
  readonly home: Home
  readonly host: string
  readonly treasury: Treasury
  readonly supervisor: Supervisor
}

export class FoundedSubnets {
  readonly #options: FoundedSubnetsOptions

  constructor(options: FoundedSubnetsOptions) {
    this.#options = options
  }

  /** Starts the named templates and all that was ever deployed here, one after the other. */
  async start(templates: readonly TemplateName[]): Promise<readonly FoundedSubnet[]> {
    const { subnets } = this.#options.home
    const deployed = readdirSync(subnets).filter((name) => name.endsWith('.ts'))
    const files = [
      ...templates.map((name) => fileURLToPath(import.meta.resolve(`@koinon/subnet-files/${name}.ts`))),
      ...deployed.sort().map((name) => join(subnets, name)),
    ]
    const started: FoundedSubnet[] = []
    for (const file of files) started.push(await this.#run(file, (await subnetFileSpec(file)).specHash))
    return started
  }

  /**
   * Founds the subnet of a file and runs it from a copy in the home, now and at every start. The same file again changes nothing.
   * Throws `node/subnet-exists` when another file has its name, and what `subnetFileSpec` throws.
   */
  async deploy(path: string): Promise<FoundedSubnet> {
    const { name, specHash } = await subnetFileSpec(path)
    const copy = join(this.#options.home.subnets, `${slugOf(name)}.ts`)
    const source = readFileSync(path, 'utf8')
    if (existsSync(copy) && readFileSync(copy, 'utf8') !== source) throw otherSubnet(name)
    const running = this.#options.supervisor.status().find((role) => role.name === roleNameOf(copy))
    if (running !== undefined)
      return { netuid: await this.#found(name, specHash), name, members: membersOf(copy).map((member) => member.name) }
    writeFileDurably(copy, source, 0o644)
    return this.#run(copy, specHash)
  }

  async #run(file: string, specHash: Hex): Promise<FoundedSubnet> {
    const { home, host, supervisor } = this.#options
    const { name } = await subnetFileSpec(file)
    const netuid = await this.#found(name, specHash)
    const members = membersOf(file)
    for (const member of members) await this.#fund(member)
    const common = { name: roleNameOf(file), homePath: home.path, host }
    await supervisor.startRole({ ...common, kind: 'subnet', netuid, file, members, isLocal: true })
    return { netuid, name, members: members.map((member) => member.name) }
  }

  /** The treasury's subnet of that name, which must be of that definition; founded when there is none. */
  async #found(name: string, specHash: Hex): Promise<number> {
    const { network, reader, sender } = this.#options.treasury
    const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
    const count = await reader.readContract({ ...subnets, functionName: 'subnetCount' })
    for (let netuid = 1; netuid <= count; netuid++) {
      const found = await reader.readContract({ ...subnets, functionName: 'subnet', args: [netuid] })
      if (found.name === name && found.owner.toLowerCase() === sender.address) return netuid
    }
    const shape = subnetFor(network.chainKind === 'embedded' ? 0 : await blockIntervalSeconds(reader))
    const approve = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'approve' } as const
    await sender.call({ ...approve, args: [network.contracts.subnets, localNetworkParameters.subnetCreationBurn] })
    const metadataURI = `https://koinon.invalid/subnets/${encodeURIComponent(name)}.json`
    await sender.call({ ...subnets, functionName: 'createSubnet', args: [{ ...shape, name, metadataURI, specHash }] })
    return count + 1
  }

  /** What an account has spent since its first transaction is not given again; gas money is. */
  async #fund({ name, kind }: SubnetMember): Promise<void> {
    const { home, treasury } = this.#options
    const { reader, network } = treasury
    const address: Address = accountKey(home, name, systemRandom).address
    const [{ roleWei }, sent] = await Promise.all([
      gasMoneyOf(reader, network),
      reader.getTransactionCount({ address }),
    ])
    const tokens = sent === 0 ? localFunding[kind] : { koin: 0n, dollar: 0n }
    await fundAccount(treasury, address, { nativeWei: roleWei, ...tokens })
  }
}

/** Who takes part; the names are those of their keys in the home. */
function membersOf(file: string): readonly SubnetMember[] {
  const prefix = basename(file, '.ts')
  const members = (kind: SubnetMember['kind'], count: number): readonly SubnetMember[] =>
    Array.from({ length: count }, (_, index) => ({ name: `${prefix}-${kind}-${index + 1}`, kind, port: 0 }))
  return [...members('miner', minersEach), ...members('validator', validatorsEach)]
}

function roleNameOf(file: string): string {
  return `subnet-${basename(file, '.ts')}`
}

/** A name of a subnet as a file name: `own-` keeps it apart from templates. */
function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return `own-${slug === '' ? 'subnet' : slug}`
}

function otherSubnet(name: string): KoinonError {
  return new KoinonError({
    code: 'node/subnet-exists',
    message: `This home runs another subnet "${name}" already`,
    hint: 'Give the changed file another name in its "name" field and deploy it as a new subnet.',
  })
}
