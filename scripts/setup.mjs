#!/usr/bin/env node
// Brings a fresh clone to where everything runs: the pinned Node 24, the locked dependencies, the built page.
// Plain Node >= 20.19, no dependency of its own. Skips what has not changed. Everything it says goes to stderr.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reportProgress } from './progress.mjs'

const pinnedNode = '24.21.0'
const minimumNode = [20, 19]
const stepTimeoutMs = 15 * 60_000
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const runtime = join(root, '.node')
const runtimeBin = join(runtime, 'node_modules', '.bin')
const quiet = process.argv.includes('--quiet')

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < minimumNode[0] || (major === minimumNode[0] && minor < minimumNode[1])) {
  fail(
    `Node ${process.versions.node} is too old to set Koinon up.`,
    `Install Node ${minimumNode.join('.')} or newer and run the command again.`,
  )
}

const steps = [
  {
    name: `Node ${pinnedNode} for this folder`,
    isDone: () => stampIs('node', pinnedNode) && existsSync(join(runtimeBin, 'node')),
    run: async () => {
      mkdirSync(runtime, { recursive: true })
      writeFileSync(join(runtime, 'package.json'), '{"private":true}\n')
      await npm(['install', '--no-save', '--no-package-lock', `node@${pinnedNode}`], runtime)
      writeStamp('node', pinnedNode)
    },
  },
  {
    name: 'dependencies from package-lock.json',
    patience: '(npm downloads them: a minute, on a busy machine several)',
    isDone: () =>
      stampIs('dependencies', dependenciesHash()) && existsSync(join(root, 'node_modules', '.package-lock.json')),
    run: async () => {
      await npm(['ci'], root)
      writeStamp('dependencies', dependenciesHash())
    },
  },
  {
    name: 'the page',
    isDone: () => stampIs('page', pageHash()) && existsSync(join(root, 'apps', 'web', 'dist', 'index.html')),
    run: async () => {
      await npm(['run', '--silent', 'build', '--workspace', 'apps/web'], root)
      writeStamp('page', pageHash())
    },
  },
]

for (const [index, step] of steps.entries()) {
  const label = `setup ${index + 1}/${steps.length}  ${step.name}`
  if (step.isDone()) continue
  const begun = Date.now()
  say(`${label} ... ${step.patience ?? ''}`.trimEnd())
  const end = reportProgress(label, {
    write: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
  })
  try {
    await step.run()
    end()
  } catch (error) {
    end()
    fail(`Set-up stopped at "${step.name}": ${error.message}`, hintFor(error.message))
  }
  say(`${label}  ${((Date.now() - begun) / 1000).toFixed(1)} s`)
}
if (!quiet) say('setup done')

function say(text) {
  process.stderr.write(`${text}\n`)
}

function fail(sentence, hint) {
  say(`\n${sentence}\n${hint}`)
  process.exit(1)
}

function hintFor(message) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|network/i.test(message)) {
    return 'The package registry could not be reached. Connect to the internet (or set your npm proxy) and run the command again; what is done stays done.'
  }
  if (/ENOSPC/.test(message)) return 'The disk is full. Free about 2 GB and run the command again.'
  return 'Run the command again; if it stops at the same place, "npm run setup" shows the whole output.'
}

/** Runs npm with the pinned Node first on PATH; native packages are chosen by the Node that installs them. */
function npm(args, cwd) {
  return new Promise((resolvePromise, reject) => {
    const path = `${runtimeBin}${delimiter}${process.env.PATH ?? ''}`
    const child = spawn('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd,
      env: { ...process.env, PATH: path, npm_config_loglevel: 'error' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: stepTimeoutMs,
      shell: process.platform === 'win32',
    })
    let tail = ''
    const keep = (chunk) => {
      tail = (tail + chunk).slice(-4000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) =>
      reject(new Error(error.code === 'ENOENT' ? 'npm was not found on PATH' : error.message)),
    )
    child.on('exit', (code, signal) => {
      if (code === 0) resolvePromise()
      else reject(new Error(`npm ${args[0]} ended with ${signal ?? code}\n${tail.trim()}`))
    })
  })
}

function dependenciesHash() {
  return hashFiles([join(root, 'package-lock.json')])
}

function pageHash() {
  const folders = ['apps/web', 'packages/base/src', 'packages/work/src', 'packages/inference/src/rules']
  return hashFiles([...folders.flatMap((folder) => filesUnder(join(root, folder))), join(root, 'package-lock.json')])
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['dist', 'node_modules', 'test'].includes(entry.name) || entry.name.endsWith('.test.ts')) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}

function hashFiles(paths) {
  const hash = createHash('sha256')
  for (const path of paths.sort())
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

function stampIs(name, value) {
  try {
    return readFileSync(join(runtime, `${name}.stamp`), 'utf8') === value
  } catch {
    return false
  }
}

function writeStamp(name, value) {
  mkdirSync(runtime, { recursive: true })
  rmSync(join(runtime, `${name}.stamp`), { force: true })
  writeFileSync(join(runtime, `${name}.stamp`), value)
}
