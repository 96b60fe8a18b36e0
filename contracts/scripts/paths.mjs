/** Where sources and generated files of the contracts lie. */
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const CONTRACTS_DIR = join(dirname(fileURLToPath(import.meta.url)), '..')
export const GENERATED_DIR = join(CONTRACTS_DIR, '../packages/ledger/src/generated')

/** Tokens and wallets of others, as tests of TypeScript meet them. */
export const TEST_TOKENS = [
  'test/support/CircleDollar.sol',
  'test/support/HostileDollar.sol',
  'test/support/KeyAccount.sol',
  'test/support/WalletFactory.sol',
]

/** Where the creation code of a test token lies, relative to the contracts package. */
export function hexFileOf(source) {
  return `${dirname(source)}/${kebabCase(basename(source, '.sol'))}.hex`
}

export function kebabCase(name) {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
}
