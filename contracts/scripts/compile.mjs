/** Compiles `src/` with solc-js and resolves imports from npm; the settings are those of foundry.toml. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import solc from 'solc'
import { CONTRACTS_DIR, TEST_TOKENS } from './paths.mjs'

const require = createRequire(import.meta.url)

/** Must equal `[profile.default]` of foundry.toml: the tests compare the code hashes of both builds. */
const SETTINGS = {
  evmVersion: 'cancun',
  optimizer: { enabled: true, runs: 10000 },
  metadata: { bytecodeHash: 'none', appendCBOR: false },
  outputSelection: {
    '*': {
      '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.deployedBytecode.immutableReferences'],
    },
    'src/payments/DepositCollector.sol': { '': ['ast'] },
    'src/payments/Permit2DepositCollector.sol': { '': ['ast'] },
  },
}

/** Paths of all Solidity files below `directory`, relative to the contracts package, with forward slashes. */
export function soliditySources(directory) {
  return readdirSync(join(CONTRACTS_DIR, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sol'))
    .map((entry) => relative(CONTRACTS_DIR, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

/**
 * Compiles every contract below `src/`, and the test tokens.
 * @returns Map from contract name to {source, abi, bytecode, deployedBytecode, immutableReferences}; names are unique.
 *   `immutables` (name to places) is named only for the deposit collectors, whose syntax trees are asked for.
 * Throws an Error with the compiler's messages when compilation fails or a name occurs twice.
 */
export function compileContracts() {
  const paths = [...soliditySources('src'), ...TEST_TOKENS]
  const sources = Object.fromEntries(
    paths.map((path) => [path, { content: readFileSync(join(CONTRACTS_DIR, path), 'utf8') }]),
  )
  const input = { language: 'Solidity', sources, settings: SETTINGS }
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport }))
  const failures = (output.errors ?? []).filter((error) => error.severity === 'error')
  if (failures.length > 0) throw new Error(failures.map((error) => error.formattedMessage).join('\n'))

  const contracts = new Map()
  for (const path of paths) {
    for (const [name, contract] of Object.entries(output.contracts[path] ?? {})) {
      if (contracts.has(name)) throw new Error(`two contracts are named ${name}`)
      contracts.set(name, {
        source: path,
        abi: contract.abi,
        bytecode: `0x${contract.evm.bytecode.object}`,
        deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
        immutableReferences: contract.evm.deployedBytecode.immutableReferences ?? {},
      })
    }
  }
  const immutableNames = new Map()
  for (const { ast } of Object.values(output.sources)) collectImmutables(ast, immutableNames)
  for (const contract of contracts.values()) nameImmutables(contract, immutableNames)
  return contracts
}

/** Runtime code with its immutables filled in; `values` maps an immutable's name to an address. */
export function withImmutables(contract, values) {
  let code = contract.deployedBytecode.slice(2)
  for (const [name, address] of Object.entries(values)) {
    const word = address.slice(2).toLowerCase().padStart(64, '0')
    for (const { start } of contract.immutables.get(name)) {
      code = code.slice(0, start * 2) + word + code.slice(start * 2 + 64)
    }
  }
  return `0x${code}`
}

function collectImmutables(node, names) {
  if (node === null || typeof node !== 'object') return
  if (node.nodeType === 'VariableDeclaration' && node.mutability === 'immutable') names.set(String(node.id), node.name)
  for (const child of Object.values(node)) collectImmutables(child, names)
}

function nameImmutables(contract, names) {
  const references = Object.entries(contract.immutableReferences)
  contract.immutables = new Map(references.map(([id, places]) => [names.get(id) ?? id, places]))
}

function readImport(path) {
  try {
    const file = path.startsWith('solady/') ? path.replace('solady/', 'solady/src/') : path
    return { contents: readFileSync(require.resolve(file), 'utf8') }
  } catch (error) {
    return { error: String(error) }
  }
}
