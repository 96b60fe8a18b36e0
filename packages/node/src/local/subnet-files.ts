/** Subnet files that a home knows: the templates that come along, and what was deployed from it. */
import { fileURLToPath } from 'node:url'
import { type Hex, KoinonError } from '@koinon/base'
import { readSubnetFile, type Subnet, SubnetSandbox, taskSubnet } from '@koinon/subnets'
import type { Home } from '../home/home.ts'
import { filesIn } from '../roles/epoch-files.ts'

/** Templates that a local network can run, by name. */
export const templateNames = ['forecast', 'arena', 'embedding', 'scraping', 'probing'] as const
export type TemplateName = (typeof templateNames)[number]

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

/** Absolute path of a template. */
export function templateFile(name: TemplateName): string {
  return fileURLToPath(import.meta.resolve(`@koinon/subnet-files/${name}.ts`))
}

/** Absolute paths of all that was ever deployed from a home, with all versions; none where nothing was. */
export function deployedFiles(home: Pick<Home, 'subnets'>): readonly string[] {
  return foundedFiles(home).flatMap((file) => [file, ...filesIn(laterFolderOf(file))])
}

/** The first version of each, ascending. */
export function foundedFiles({ subnets }: Pick<Home, 'subnets'>): readonly string[] {
  return filesIn(subnets)
}

/** Where later versions of a deployed file lie. */
export function laterFolderOf(file: string): string {
  return file.replace(/\.ts$/, '')
}

/** A subnet file that is open: its definition, what the ledger names it by, and the sandbox to run it in. */
export type OpenSubnetFile = { readonly subnet: Subnet; readonly specHash: Hex; readonly sandbox: SubnetSandbox }

/** The caller closes the sandbox. Throws `subnets/bad-definition` and `subnets/no-file`. */
export async function openSubnetFile(
  path: string,
  onLog: (line: string) => void = () => undefined,
): Promise<OpenSubnetFile> {
  const sandbox = await SubnetSandbox.open(readSubnetFile(path), { onLog })
  const subnet = taskSubnet(sandbox.description)
  return { subnet: subnet as Subnet, specHash: subnet.specHash(sandbox.sourceHash), sandbox }
}

/** What a subnet file says of itself, and what the ledger names it by. */
export type SubnetFileSpec = {
  readonly name: string
  readonly version: number
  readonly specHash: Hex
  /** Whether it says how to answer: only then miners run from it. */
  readonly hasServe: boolean
}

/** What a file says of itself. Throws as `openSubnetFile`. */
export async function subnetFileSpec(path: string): Promise<SubnetFileSpec> {
  const { specHash, sandbox } = await openSubnetFile(path)
  await sandbox.close()
  const { name, version, hasServe } = sandbox.description
  return { name, version, specHash, hasServe }
}
