/** Subnets that a local network founded beside subnet 1: each from one file, with miners and validators in one process. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Address, isKoinonError, KoinonError, systemRandom } from '@koinon/base'
import { createSubnet, quoteLock, withMargin } from '@koinon/ledger'
import { subnetsAbi } from '@koinon/ledger/abis'
import { inParallel } from '@koinon/subnets'
import { announceTexts, type InForce, readNextForce, readTextsAt } from '@koinon/subnets/pools'
import { type Home, writeFileDurably } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import { filesIn, noServe } from '../roles/epoch-files.ts'
import type { SubnetMember } from '../roles/role-config.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import { blockIntervalSeconds } from './block-interval.ts'
import { gasMoneyOf } from './gas-money.ts'
import { localFunding, subnetFor } from './parameters.ts'
import {
  foundedFiles,
  laterFolderOf,
  type SubnetFileSpec,
  subnetFileSpec,
  type TemplateName,
  templateFile,
} from './subnet-files.ts'
import { fundAccount, type Treasury } from './treasury.ts'

const minersEach = 3
const validatorsEach = 2
/** More at once only get into each other's way: each opens five threads. */
const subnetsAtOnce = 2

export type FoundedSubnet = {
  readonly netuid: number
  readonly name: string
  readonly members: readonly string[]
  /** Set when a later version was announced, from when on it runs. */
  readonly update?: { readonly version: number } & InForce
}

export type FoundedSubnetsOptions = {
  readonly home: Home
  readonly host: string
  readonly treasury: Treasury
  readonly supervisor: Supervisor
  /** Of subnets to be founded; those that stand keep theirs. Default: that of subnet 1 of every local network. */
  readonly epochSeconds?: number
}

export class FoundedSubnets {
  readonly #options: FoundedSubnetsOptions
  /** One founds at a time: two that look for the same name at once would both found it. */
  #founding: Promise<unknown> = Promise.resolve()
  #deploying: Promise<unknown> = Promise.resolve()

  constructor(options: FoundedSubnetsOptions) {
    this.#options = options
  }

  /** Starts the named templates and all that was ever deployed here, two at a time. */
  start(templates: readonly TemplateName[]): Promise<readonly FoundedSubnet[]> {
    return inParallel(filesOf(this.#options.home, templates), subnetsAtOnce, async (file) =>
      this.#run(file, await subnetFileSpec(file)),
    )
  }

  /**
   * Founds the subnet of a file and runs it from a copy in the home, now and at every start. The same file again changes nothing; a later
   * version of a subnet that stands is announced, and miners and validators go over to it when it holds. Throws `node/subnet-exists`
   * when another subnet has its name, `node/subnet-version` when the version is not raised, `node/not-owner`, and what `subnetFileSpec` throws.
   */
  deploy(path: string): Promise<FoundedSubnet> {
    const deployed = this.#deploying.then(() => this.#deploy(path))
    this.#deploying = deployed.catch(() => undefined)
    return deployed
  }

  async #deploy(path: string): Promise<FoundedSubnet> {
    const spec = await subnetFileSpec(path)
    const copy = join(this.#options.home.subnets, `${slugOf(spec.name)}.ts`)
    const source = readFileSync(path, 'utf8')
    if (!existsSync(copy)) {
      writeFileDurably(copy, source, 0o644)
      return this.#run(copy, spec)
    }
    const later = filesIn(laterFolderOf(copy))
    if (later.length > 0 || readFileSync(copy, 'utf8') !== source) return this.#update(copy, later, spec, source)
    return this.#started(copy, spec)
  }

  /** What runs already stays as it is. */
  async #started(copy: string, spec: SubnetFileSpec): Promise<FoundedSubnet> {
    const isRunning = this.#options.supervisor.status().some((role) => role.name === roleNameOf(copy))
    if (!isRunning) return this.#run(copy, spec)
    return { netuid: await this.#found(spec), name: spec.name, members: membersOf(copy).map(({ name }) => name) }
  }

  async #update(copy: string, later: readonly string[], spec: SubnetFileSpec, source: string): Promise<FoundedSubnet> {
    const first = await subnetFileSpec(copy)
    if (first.name !== spec.name) throw otherSubnet(spec.name)
    const latest = later.at(-1) ?? copy
    const { version } = latest === copy ? first : await subnetFileSpec(latest)
    const isLatest = readFileSync(latest, 'utf8') === source
    if (!isLatest && spec.version <= version) throw versionNotRaised(spec, version)
    if (!spec.hasServe) throw noServe(spec.name)
    const netuid = await this.#find(spec.name)
    if (netuid === undefined) throw notOwner(spec.name)
    const file = join(laterFolderOf(copy), `version-${spec.version}.ts`)
    mkdirSync(laterFolderOf(copy), { recursive: true })
    // Before the announcement: the ledger never names what this home does not have.
    if (!isLatest) writeFileDurably(file, source, 0o644)
    try {
      const force = await this.#announce(netuid, spec)
      return { ...(await this.#started(copy, first)), update: { version: spec.version, ...force } }
    } catch (error) {
      if (!isLatest && isKoinonError(error) && error.code.startsWith('ledger/')) rmSync(file, { force: true })
      throw error
    }
  }

  /** Nothing is sent when it is announced already. */
  async #announce(netuid: number, { specHash }: SubnetFileSpec): Promise<InForce> {
    const { treasury } = this.#options
    const { fromEpoch } = await readNextForce(treasury, netuid)
    const texts = await readTextsAt(treasury, netuid, fromEpoch)
    if (texts.specHash === specHash) return { fromEpoch: texts.fromEpoch, fromSeconds: texts.fromSeconds }
    return announceTexts(treasury, netuid, { specHash, metadataURI: texts.metadataURI })
  }

  async #run(file: string, spec: SubnetFileSpec): Promise<FoundedSubnet> {
    const { home, host, supervisor } = this.#options
    const members = membersOf(file)
    const [netuid] = await Promise.all([this.#found(spec), ...members.map((member) => this.#fund(member))])
    const common = { name: roleNameOf(file), homePath: home.path, host }
    const laterFolder = laterFolderOf(file)
    await supervisor.startRole({ ...common, kind: 'subnet', netuid, file, laterFolder, members, isLocal: true })
    return { netuid, name: spec.name, members: members.map(({ name }) => name) }
  }

  #found(spec: SubnetFileSpec): Promise<number> {
    const founded = this.#founding.then(() => this.#foundNow(spec))
    this.#founding = founded.catch(() => undefined)
    return founded
  }

  /** The treasury's subnet of that name; founded when there is none. */
  async #foundNow({ name, specHash }: SubnetFileSpec): Promise<number> {
    const { treasury, epochSeconds } = this.#options
    const { network, reader } = treasury
    const netuid = await this.#find(name)
    if (netuid !== undefined) return netuid
    const shape = subnetFor(network.chainKind === 'embedded' ? 0 : await blockIntervalSeconds(reader), epochSeconds)
    const metadataURI = `https://koinon.invalid/subnets/${encodeURIComponent(name)}.json`
    return createSubnet(treasury, { ...shape, name, metadataURI, specHash }, withMargin(await quoteLock(treasury)))
  }

  /** The number of the treasury's subnet of that name, where there is one. */
  async #find(name: string): Promise<number | undefined> {
    const { network, reader, sender } = this.#options.treasury
    const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
    const count = await reader.readContract({ ...subnets, functionName: 'subnetCount' })
    for (let netuid = 1; netuid <= count; netuid++) {
      const found = await reader.readContract({ ...subnets, functionName: 'subnet', args: [netuid] })
      if (found.name === name && found.owner.toLowerCase() === sender.address) return netuid
    }
    return undefined
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

/** Names of all accounts that take part in the named templates and in what was deployed from a home. */
export function memberNames(home: Home, templates: readonly TemplateName[]): readonly string[] {
  return filesOf(home, templates).flatMap((file) => membersOf(file).map(({ name }) => name))
}

function filesOf(home: Home, templates: readonly TemplateName[]): readonly string[] {
  return [...templates.map(templateFile), ...foundedFiles(home)]
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
    message: `This home runs another subnet whose name is like "${name}" already`,
    hint: 'Give the file another name in its "name" field and deploy it as a new subnet.',
  })
}

function versionNotRaised({ name, version }: SubnetFileSpec, latest: number): KoinonError {
  return new KoinonError({
    code: 'node/subnet-version',
    message: `This home has version ${latest} of the subnet "${name}" already, and this file is another one with version ${version}`,
    hint: `Raise "version" in the file to ${latest + 1} or more and deploy it again: it is announced, and holds two epochs later.`,
  })
}

function notOwner(name: string): KoinonError {
  return new KoinonError({
    code: 'node/not-owner',
    message: `The subnet "${name}" does not belong to this home any more`,
    hint: 'Only its owner announces another file: koinon subnet announce NETUID --file FILE',
  })
}
