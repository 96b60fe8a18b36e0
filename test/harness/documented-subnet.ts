import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './cli.ts'

/** The subnet file that docs/subnets.md shows, as a reader saves it. Returns its path. */
export function saveDocumentedSubnet(folder: string): string {
  const source = /```ts\n(.*?)```/s.exec(readFileSync(join(repository, 'docs/subnets.md'), 'utf8'))?.[1]
  if (source === undefined) throw new Error('docs/subnets.md shows no file')
  const path = join(folder, 'compress.ts')
  writeFileSync(path, source)
  return path
}
