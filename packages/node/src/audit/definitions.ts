/** Definitions of subnets that an audit has at hand, opened only where the network has such a subnet (specs/0019-audit.md section 2). */
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import type { Hex } from '@koinon/base'
import { type AuditSource, eventsOf } from '@koinon/ledger/audit'
import { inferenceSubnet } from '@koinon/subnet-files/inference'
import { type KnownDefinition, replayLog, type Subnet } from '@koinon/subnets'
import { type OpenSubnetFile, openSubnetFile, templateFile, templateNames } from '../local/subnet-files.ts'
import { inferenceSpecHash } from '../local/subnet-spec.ts'

/** Each file is a process whose start takes a core. */
const openedAtOnce = Math.max(1, Math.min(3, Math.floor(availableParallelism() / 2)))

export type OpenDefinitions = {
  readonly definitionOf: (specHash: Hex) => KnownDefinition | undefined
  close(): Promise<void>
}

/** Spec hashes that the subnets of a network named, or announced. */
export function namedDefinitions(source: Pick<AuditSource, 'events'>): readonly Hex[] {
  return [
    ...eventsOf(source, 'subnets', 'SubnetCreated').map(({ args }) => args.params.specHash),
    ...eventsOf(source, 'terms', 'SubnetUpdateAnnounced').map(({ args }) => args.specHash),
  ]
}

/** Looks through `files`, then the templates. Throws `subnets/no-file` and `subnets/bad-definition` of the first bad file. */
export async function openDefinitions(
  specHashes: readonly Hex[],
  files: readonly string[],
  onProgress: (text: string) => void,
): Promise<OpenDefinitions> {
  const inference: KnownDefinition = { subnet: inferenceSubnet as Subnet }
  const known = new Map([[inferenceSpecHash(), inference]])
  const wanted = new Set<Hex>(specHashes.filter((specHash) => !known.has(specHash)))
  const open: OpenSubnetFile[] = []
  const close = async (): Promise<void> => {
    await Promise.all(open.map(({ sandbox }) => sandbox.close()))
  }
  try {
    const paths = [...files, ...templateNames.map(templateFile)]
    for (let first = 0; first < paths.length; first += openedAtOnce) {
      const batch = paths.slice(first, first + openedAtOnce).filter((path) => wanted.size > 0 || files.includes(path))
      if (batch.length === 0) break
      onProgress(`looking for definitions of subnets in ${batch.map((path) => basename(path)).join(', ')}`)
      for (const { path, file } of await openAll(batch)) {
        if (!wanted.delete(file.specHash)) {
          await file.sandbox.close()
          continue
        }
        open.push(file)
        known.set(file.specHash, knownFile(file))
        onProgress(`definition of "${file.subnet.name}": ${path}`)
      }
    }
  } catch (error) {
    await close()
    throw error
  }
  return { definitionOf: (specHash) => known.get(specHash), close }
}

/** In the order of `paths`, side by side, since each is a process that takes its time to start. One that fails closes the others. */
async function openAll(
  paths: readonly string[],
): Promise<readonly { readonly path: string; readonly file: OpenSubnetFile }[]> {
  const found = await Promise.allSettled(paths.map(async (path) => ({ path, file: await openSubnetFile(path) })))
  const failure = found.find((one) => one.status === 'rejected')
  const opened = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  if (failure === undefined) return opened
  await Promise.all(opened.map(({ file }) => file.sandbox.close()))
  throw failure.reason
}

function knownFile({ subnet, sandbox }: OpenSubnetFile): KnownDefinition {
  let turn: Promise<unknown> = Promise.resolve()
  return {
    subnet,
    replay(log, answers) {
      // One at a time: a call's time limit also counts while it waits for the process.
      const replayed = turn.then(async () => (await replayLog(sandbox, log, async (hash) => answers.get(hash))).checks)
      turn = replayed.catch(() => undefined)
      return replayed
    },
  }
}
