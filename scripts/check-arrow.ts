// Holds the arrow between packages and the rooms within them (ARCHITECTURE.md). Prints every import that breaks a rule.
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { importsOf, sourceFiles } from './sources.ts'

const root = resolve(import.meta.dirname, '..')

/** Each package may import the ones listed and itself. Layers never import each other; what they share lives in `work`. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  work: ['base'],
  ledger: ['base', 'work'],
  payments: ['base', 'work', 'ledger'],
  subnets: ['base', 'work', 'ledger'],
  inference: ['base', 'work', 'payments'],
  agents: ['base', 'work', 'ledger', 'payments'],
  'subnet-files': ['base', 'work', 'subnets', 'inference/rules', 'inference/verifier'],
  node: ['base', 'work', 'ledger', 'payments', 'subnets', 'inference', 'agents', 'subnet-files'],
  sdk: ['base', 'work', 'ledger', 'payments', 'subnets', 'inference', 'agents', 'node'],
  cli: ['base', 'work', 'ledger', 'payments', 'subnets', 'inference', 'agents', 'node', 'sdk'],
  web: ['base', 'work', 'inference/rules'],
}

/** Rooms of payments, each of which may import the ones before it; tests and `testing` may import all. */
const paymentsRooms: readonly (readonly string[])[] = [
  ['rules'],
  ['core'],
  ['verifier'],
  ['client', 'provider'],
  ['x402', 'mpp', 'paywall'],
  ['messages'],
]

/** Rules are pure: no I/O, no clock, no randomness of their own. */
const impure = /^node:|^(viem|undici|node-llama-cpp|hardhat|pg|drizzle-orm)(\/|$)/
const impureText =
  /\b(Date\.now|Math\.random|performance\.now|setTimeout|setInterval|fetch)\s*\(|\bprocess\.env\b|\bnew Date\(\)|\bsystem(Clock|Random)\b/

/** The room of a layer, and those of its wires (`src/rules`, `src/mpp/rules`). */
const rulesRoom = /\/src\/(?:[\w-]+\/)*rules\//

const problems: string[] = []
for (const path of sourceFiles(root, ['packages', 'subnets', 'apps/web/src'])) {
  const file = relative(root, path)
  const owner = ownerOf(file)
  const isTest = /\.test\.tsx?$/.test(file)
  const isRules = rulesRoom.test(file)
  const text = readFileSync(path, 'utf8')
  for (const specifier of importsOf(text)) {
    const target = targetOf(specifier, path)
    if (target !== undefined && target !== owner && !isAllowed(owner, specifier, target)) {
      problems.push(`${file}: ${owner} may not import ${specifier}`)
    }
    if (owner === 'payments' && !isTest && specifier.startsWith('.') && leavesOrder(file, specifier, path))
      problems.push(`${file}: this room may not import ${specifier}`)
    if (isRules && !isTest) {
      if (impure.test(specifier) || specifier.startsWith('@koinon/base/node'))
        problems.push(`${file}: rules may not import ${specifier}`)
      if (specifier.startsWith('.') && leavesRules(specifier, path))
        problems.push(`${file}: rules may not leave their room (${specifier})`)
    }
  }
  if (isRules && !isTest && impureText.test(text))
    problems.push(`${file}: rules may not use the clock, timers, randomness or the network`)
}
if (problems.length > 0) {
  console.error(problems.join('\n'))
  console.error(`${problems.length} imports break the arrow or a room; see ARCHITECTURE.md`)
  process.exit(1)
}
console.log('the arrow and the rooms hold')

function isAllowed(owner: string, specifier: string, target: string): boolean {
  const list = allowed[owner] ?? []
  return list.includes(target) || list.some((entry) => specifier === `@koinon/${entry}`)
}

function ownerOf(file: string): string {
  if (file.startsWith('apps/web')) return 'web'
  return file.startsWith('subnets/') ? 'subnet-files' : (file.split('/')[1] as string)
}

function targetOf(specifier: string, from: string): string | undefined {
  if (specifier.startsWith('@koinon/')) return specifier.split('/')[1]
  if (!specifier.startsWith('.')) return undefined
  const target = relative(root, join(dirname(from), specifier))
  if (target.startsWith('apps/web')) return 'web'
  if (target.startsWith('subnets/')) return 'subnet-files'
  return target.startsWith('packages/') ? target.split('/')[1] : undefined
}

function leavesRules(specifier: string, from: string): boolean {
  return !rulesRoom.test(join(dirname(from), specifier))
}

function leavesOrder(file: string, specifier: string, from: string): boolean {
  const room = file.split('/')[3] as string
  const target = relative(root, join(dirname(from), specifier)).split('/')[3] as string
  const rank = (name: string): number => paymentsRooms.findIndex((rooms) => rooms.includes(name))
  if (room === target || room === 'testing') return false
  return rank(room) <= rank(target) || rank(target) < 0
}
