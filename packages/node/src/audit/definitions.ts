/** Definitions of subnets that an audit has at hand, opened only where the network has such a subnet (specs/0019-audit.md section 2). */
import type { Hex } from '@koinon/base'
import { type AuditSource, eventsOf } from '@koinon/ledger/audit'
import { inferenceSubnet } from '@koinon/subnet-files/inference'
import { type KnownDefinition, replayLog, type Subnet } from '@koinon/subnets'
import { type OpenSubnetFile, openSubnetFile, templateFile, templateNames } from '../local/subnet-files.ts'
import { inferenceSpecHash } from '../local/subnet-spec.ts'

export type OpenDefinitions = {
  readonly definitionOf: (specHash: Hex) => KnownDefinition | undefined
  close(): Promise<void>
}

/** Looks through `files`, then the templates. Throws `subnets/no-file` and `subnets/bad-definition` of the first bad file. */
export async function openDefinitions(
  source: Pick<AuditSource, 'events'>,
  files: readonly string[],
  onProgress: (text: string) => void,
): Promise<OpenDefinitions> {
  const inference: KnownDefinition = { subnet: inferenceSubnet as Subnet }
  const known = new Map([[inferenceSpecHash(), inference]])
  const wanted = new Set<Hex>(
    [
      ...eventsOf(source, 'subnets', 'SubnetCreated').map(({ args }) => args.params.specHash),
      ...eventsOf(source, 'terms', 'SubnetUpdateAnnounced').map(({ args }) => args.specHash),
    ].filter((specHash) => !known.has(specHash)),
  )
  const open: OpenSubnetFile[] = []
  const close = async (): Promise<void> => {
    await Promise.all(open.map(({ sandbox }) => sandbox.close()))
  }
  try {
    for (const path of [...files, ...templateNames.map(templateFile)]) {
      if (wanted.size === 0 && !files.includes(path)) break
      const file = await openSubnetFile(path)
      open.push(file)
      if (wanted.delete(file.specHash)) {
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
