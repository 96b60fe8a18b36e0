import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Hex, hexToBytes, KoinonError } from '@koinon/base'
import { instructionSetOf } from '../../rules/determinism.ts'

/** Identity of the engine's machine code. */
export type EngineBuild = {
  /** SHA-256 over name and SHA-256 of each engine library loaded, CPU kernels aside. */
  readonly hash: Hex
  /** Name of the CPU kernels in use. */
  readonly instructionSet: string
}

/** Reads the identity of the engine libraries that this process has loaded. Call after the engine has been initialised. */
export async function readEngineBuild(): Promise<EngineBuild> {
  const libraries = loadedLibraries().filter((path) => /(?:llama|ggml)/.test(basename(path)))
  const instructionSet = instructionSetOf(libraries)
  const machineCode = libraries.filter((path) => instructionSetOf([path]) === undefined).sort(byName)
  if (machineCode.length === 0 || instructionSet === undefined) {
    throw new KoinonError({
      code: 'engine/unknown-build',
      message: 'The libraries of the inference engine were not found in this process.',
      hint: 'Reinstall node-llama-cpp with its prebuilt package for this platform.',
    })
  }
  const hash = createHash('sha256')
  for (const path of machineCode) {
    hash.update(`${basename(path)}\0`)
    hash.update(hexToBytes(await hashFile(path)))
  }
  return { hash: `0x${hash.digest('hex')}`, instructionSet }
}

/** SHA-256 of a file, read through one small buffer. */
export async function hashFile(path: string): Promise<Hex> {
  const hash = createHash('sha256')
  const file = await open(path)
  try {
    const buffer = new Uint8Array(1 << 18)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) return `0x${hash.digest('hex')}`
      hash.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}

function byName(a: string, b: string): number {
  return basename(a) < basename(b) ? -1 : 1
}

/** Paths of all shared libraries of this process, from Node's diagnostic report, which every platform has. */
function loadedLibraries(): readonly string[] {
  const report: typeof process.report & { excludeNetwork?: boolean } = process.report
  const excludeNetwork = report.excludeNetwork ?? false
  report.excludeNetwork = true
  try {
    const { sharedObjects } = report.getReport() as { readonly sharedObjects?: readonly string[] }
    return [...new Set(sharedObjects ?? [])]
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}
