/** Holds the generated ABIs and bytecode to what forge built for the tests, so that nothing is compiled twice. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CONTRACTS_DIR, GENERATED_DIR, hexFileOf, TEST_TOKENS } from './paths.mjs'

/** Generated files, by their paths, that differ from forge's artifacts. Predeploys have no artifact: vectors hold their code hashes. */
export async function staleFiles() {
  const modules = readdirSync(GENERATED_DIR).filter((file) => file !== 'predeploys.ts')
  const stale = []
  for (const file of modules) {
    const path = join(GENERATED_DIR, file)
    const source = /^\/\*\* ABI of (.+)\. \*\/$/m.exec(readFileSync(path, 'utf8'))?.[1]
    const built = source === undefined ? undefined : artifactOf(source)
    if (built === undefined || !isBuilt(await import(pathToFileURL(path).href), built)) stale.push(path)
  }
  for (const source of TEST_TOKENS) {
    const path = join(CONTRACTS_DIR, hexFileOf(source))
    if (readFileSync(path, 'utf8').trim() !== artifactOf(source)?.bytecode.object) stale.push(path)
  }
  return stale
}

function artifactOf(source) {
  const name = basename(source, '.sol')
  const path = join(CONTRACTS_DIR, 'out', `${name}.sol`, `${name}.json`)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}

function isBuilt(module, { abi, bytecode, deployedBytecode }) {
  const ending = (text) => Object.entries(module).find(([name]) => name.endsWith(text))?.[1]
  return (
    ending('DeployedBytecode') === deployedBytecode.object &&
    Object.entries(module).some(([name, value]) => !name.endsWith('DeployedBytecode') && value === bytecode.object) &&
    sorted(ending('Abi')) === sorted(abi)
  )
}

/** forge writes an ABI's entries and their fields in another order than the compiler. */
function sorted(abi) {
  const inOrder = (_key, value) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value
  return abi
    .map((entry) => JSON.stringify(entry, inOrder))
    .sort()
    .join('\n')
}
