/** Random-weight model files for tests and benches of the engine. Not part of the package's doors. */
import { createHash } from 'node:crypto'
import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRandomModel, type RandomModelOptions } from '../../rules/gguf/index.ts'

/** Path of a GGUF file with the given random model; made once a machine and shared by all tests. */
export async function randomModelFile(options: RandomModelOptions): Promise<string> {
  return modelFile(createRandomModel(options))
}

/** Path of a file with the given bytes, named by their hash. */
export async function modelFile(bytes: Uint8Array): Promise<string> {
  const folder = join(tmpdir(), 'koinon-test-models')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}.gguf`)
  const size = await stat(path).then(
    (found) => found.size,
    () => -1,
  )
  if (size === bytes.length) return path
  // Written beside and renamed, so that a test running at the same time never sees half a file.
  const draft = `${path}.${process.pid}.${Math.floor(performance.now() * 1000)}`
  await writeFile(draft, bytes)
  await rename(draft, path)
  return path
}
