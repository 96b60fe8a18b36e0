/** Which version of a subnet's file an epoch goes by: the one that the ledger names for it. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { errorToJson, type Hex, KoinonError } from '@koinon/base'
import { readSubnetFile, type SubnetLedger, SubnetSandbox, taskSubnet } from '@koinon/subnets'
import type { Logger } from 'pino'
import type { SubnetRoleConfig } from './role-config.ts'

type SandboxFile = ReturnType<typeof readSubnetFile>

/** A file as it was when it was first looked at; what is written over it later changes nothing. */
export type VersionFile = Pick<SubnetSandbox, 'description' | 'sourceHash'> & {
  readonly path: string
  readonly file: SandboxFile
  readonly specHash: Hex
}

export type EpochFilesOptions = Pick<SubnetRoleConfig, 'file' | 'otherFiles' | 'laterFolder' | 'netuid'> & {
  readonly ledger: Pick<SubnetLedger, 'specHash'>
  readonly log: Logger
}

/** Epochs whose hash is remembered: validators look at the one under way and at the one before. */
const epochsKept = 8

/** One serves all members of a process: each file is opened once, however many go by it. */
export class EpochFiles {
  readonly #options: EpochFilesOptions
  readonly #files = new Map<string, Promise<VersionFile | undefined>>()
  readonly #specHashes = new Map<number, Hex>()
  #first: Promise<VersionFile> | undefined

  constructor(options: EpochFilesOptions) {
    this.#options = options
  }

  /** The file that the configuration names first. Throws `subnets/no-file`, `subnets/bad-definition`. */
  first(): Promise<VersionFile> {
    const { file, log } = this.#options
    if (this.#first === undefined) {
      this.#first = openedOnce(file, log)
      this.#files.set(
        file,
        this.#first.catch(() => undefined),
      )
    }
    return this.#first
  }

  /** The file for an epoch that has begun or is the next; undefined when none of those here is the one that the ledger names. */
  async at(epoch: number): Promise<VersionFile | undefined> {
    const known = this.#specHashes.get(epoch)
    // Announced texts take force two epochs later, so what the ledger names for these never changes.
    const specHash = known ?? (await this.#options.ledger.specHash(this.#options.netuid, epoch))
    if (known === undefined) {
      this.#specHashes.set(epoch, specHash)
      const [oldest] = this.#specHashes.keys()
      if (this.#specHashes.size > epochsKept) this.#specHashes.delete(oldest as number)
    }
    return this.#named(specHash)
  }

  /** The file that holds last by what is announced so far. */
  async announced(): Promise<VersionFile | undefined> {
    return this.#named(await this.#options.ledger.specHash(this.#options.netuid, Number.MAX_SAFE_INTEGER))
  }

  async #named(specHash: Hex): Promise<VersionFile | undefined> {
    for (const path of this.#paths()) {
      const known = this.#files.get(path) ?? this.#look(path)
      this.#files.set(path, known)
      const found = await known
      if (found?.specHash === specHash) return found
    }
    return undefined
  }

  /** A broken file is none; it is told once. */
  async #look(path: string): Promise<VersionFile | undefined> {
    const { log } = this.#options
    try {
      return await openedOnce(path, log)
    } catch (error) {
      log.warn({ path, error: errorToJson(error) }, 'this subnet file is left out')
      return undefined
    }
  }

  #paths(): readonly string[] {
    const { file, otherFiles = [], laterFolder } = this.#options
    return [file, ...otherFiles, ...(laterFolder === undefined ? [] : filesIn(laterFolder))]
  }
}

/** Subnet files in a folder; none where there is no folder. */
export function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(folder, name))
}

async function openedOnce(path: string, log: Logger): Promise<VersionFile> {
  const file = readSubnetFile(path)
  const sandbox = await SubnetSandbox.open(file, { onLog: (line) => log.info({ line }, 'the subnet file says') })
  const { description, sourceHash } = sandbox
  await sandbox.close()
  return { path, file, description, sourceHash, specHash: taskSubnet(description).specHash(sourceHash) }
}

export function noServe(file: string): KoinonError {
  return new KoinonError({
    code: 'subnets/no-serve',
    message: `${file} has no "serve": it says how answers are judged, not how to answer`,
    hint: 'Add serve(task, context) to your copy of the file; questions and scores stay as the subnet has them.',
  })
}
