#!/usr/bin/env node
// Makes @koinon/sdk a package that stands alone: node scripts/pack-sdk.mjs [FOLDER] writes koinon-sdk-VERSION.tgz there.
// JavaScript of the workspace is bundled, so that an entry brings no more than it uses; declarations are copied file by file. Packages
// of the registry stay dependencies, at the versions of this repository.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const folder = resolve(process.argv[2] ?? '.')
const sdk = manifest('sdk')
const workspace = ['base', 'work', 'ledger', 'payments', 'inference', 'agents', 'subnets', 'node', 'sdk'].map(manifest)
const stage = mkdtempSync(join(tmpdir(), 'koinon-sdk-'))

try {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'packages/sdk'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  const used = new Set([...(await bundle()), ...copyDeclarations()])
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(packageJson(used), null, 2)}\n`)
  for (const [from, to] of [
    ['LICENSE', 'LICENSE'],
    ['docs/sdk.md', 'README.md'],
  ])
    copyFileSync(join(root, from), join(stage, to))
  mkdirSync(folder, { recursive: true })
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: stage, encoding: 'utf8' })
  process.stdout.write(`${join(folder, JSON.parse(packed)[0].filename)}\n`)
} finally {
  rmSync(stage, { recursive: true, force: true })
}

/** Packages that the bundled code imports. */
async function bundle() {
  const entries = Object.entries(sdk.json.exports).map(([name, file]) => [entryName(name), join(sdk.folder, file)])
  const build = await rolldown({
    // Started as a thread, by its name beside the chunk that starts it.
    input: { ...Object.fromEntries(entries), 'store-worker': join(root, 'packages/base/src/node/store-worker.ts') },
    external: (id) => !/^[./]|^@koinon\//.test(id),
    platform: 'node',
    treeshake: { moduleSideEffects: false },
  })
  const { output } = await build.write({
    dir: join(stage, 'dist'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[hash].js',
  })
  await build.close()
  const names = new Set(output.map(({ fileName }) => fileName))
  return output
    .flatMap((chunk) => [...(chunk.imports ?? []), ...(chunk.dynamicImports ?? [])])
    .filter((id) => !names.has(id))
}

/** Copies what the declarations of the entries reach, with paths for names of the workspace. Returns the packages they import. */
function copyDeclarations() {
  const used = new Set()
  const seen = new Set()
  const open = Object.values(sdk.json.exports).map((file) => declarationOf(join(sdk.folder, file)))
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL.*$/m, '')
    const written = text.replaceAll(/(from\s+|import\(|import\s+)(['"])([^'"\n]+)\2/g, (whole, before, quote, id) => {
      const target = id.startsWith('.') ? declarationOf(resolve(dirname(file), id)) : workspaceDeclaration(id)
      if (target === undefined) {
        used.add(id)
        return whole
      }
      open.push(target)
      const path = relative(dirname(staged(file)), staged(target))
        .replaceAll('\\', '/')
        .replace(/\.d\.ts$/, '.js')
      return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
    })
    mkdirSync(dirname(staged(file)), { recursive: true })
    writeFileSync(staged(file), written)
  }
  return used
}

function packageJson(used) {
  const { name, version, license, peerDependencies, peerDependenciesMeta } = sdk.json
  const isBuiltIn = (id) => id.startsWith('node:') || builtinModules.includes(id)
  const versions = Object.assign({}, ...workspace.map(({ json }) => json.dependencies))
  const dependencies = {}
  for (const id of [...used]
    .filter((one) => !isBuiltIn(one))
    .map(packageName)
    .sort()) {
    if (peerDependencies[id] !== undefined) continue
    if (versions[id] === undefined) throw new Error(`No package of the workspace depends on ${id}`)
    dependencies[id] = versions[id]
  }
  const exports = Object.fromEntries(
    Object.entries(sdk.json.exports).map(([key, file]) => {
      const types = relative(stage, staged(declarationOf(join(sdk.folder, file)))).replaceAll('\\', '/')
      return [key, { types: `./${types}`, default: `./dist/${entryName(key)}.js` }]
    }),
  )
  return {
    ...{ name, version, license, description: 'Ask, pay for and check answers of a Koinon network', type: 'module' },
    ...{ engines: { node: '>=20.19' }, exports, files: ['dist', 'types'], sideEffects: false },
    dependencies,
    // Native signatures; without it the same in JavaScript.
    optionalDependencies: { secp256k1: versions.secp256k1 },
    ...{ peerDependencies, peerDependenciesMeta },
  }
}

function manifest(name) {
  const place = join(root, 'packages', name)
  return { folder: place, json: JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) }
}

/** `.` is index, `./payer` is payer. */
function entryName(key) {
  return key === '.' ? 'index' : key.slice(2)
}

function packageName(id) {
  return id
    .split('/')
    .slice(0, id.startsWith('@') ? 2 : 1)
    .join('/')
}

/** `packages/x/src/y.ts` and `packages/x/dist/y.js` are declared in `packages/x/dist/y.d.ts`. */
function declarationOf(file) {
  const [, name, path] = /packages\/([^/]+)\/(?:src|dist)\/(.+)\.[jt]s$/.exec(file.replaceAll('\\', '/'))
  const declaration = join(root, 'packages', name, 'dist', `${path}.d.ts`)
  if (!existsSync(declaration)) throw new Error(`${declaration} is missing`)
  return declaration
}

function workspaceDeclaration(id) {
  const [scope, name, ...rest] = id.split('/')
  if (scope !== '@koinon') return undefined
  const { folder: place, json } = workspace.find((one) => one.json.name === `@koinon/${name}`)
  return declarationOf(join(place, json.exports[rest.length === 0 ? '.' : `./${rest.join('/')}`]))
}

function staged(declaration) {
  return join(stage, 'types', relative(join(root, 'packages'), declaration).replace(/([^/\\]+)[/\\]dist[/\\]/, '$1/'))
}
