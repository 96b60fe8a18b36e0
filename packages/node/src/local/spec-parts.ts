import { type Hex, KoinonError } from '@koinon/base'
import { inferenceSubnet } from '@koinon/subnet-files/inference'
import type { SpecParts } from '@koinon/subnets'
import { openSubnetFile, templateFile, templateNames } from './subnet-files.ts'
import { inferenceSourceHash, inferenceSpecHash } from './subnet-spec.ts'

/**
 * What a spec hash is made of, found among the inference subnet, files and templates. Throws `subnets/file-unknown`, and of the first bad
 * file `subnets/no-file` or `subnets/bad-definition`.
 */
export async function findSpecParts(specHash: Hex, files: readonly string[]): Promise<SpecParts> {
  if (specHash === inferenceSpecHash()) return inferenceSubnet.specParts(inferenceSourceHash())
  for (const path of [...files, ...templateNames.map(templateFile)]) {
    const { subnet, sandbox, ...file } = await openSubnetFile(path)
    await sandbox.close()
    if (file.specHash === specHash) return subnet.specParts(sandbox.sourceHash)
  }
  throw new KoinonError({
    code: 'subnets/file-unknown',
    message: 'No file at hand is the one that the result was made by',
    hint: 'Get the file from the subnet\'s owner ("koinon subnet show" tells where), then name it with --file.',
  })
}
