#!/usr/bin/env node
// Runs one story of examples/ on the Node that set-up brought: npm run example NAME.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const file = join(root, 'examples', process.argv[2] ?? '', 'main.ts')
if (!existsSync(file)) {
  console.error('Usage: npm run example NAME, where NAME is a folder of examples/.')
  process.exit(2)
}
const node = join(root, '.node', 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
spawn(node, ['--disable-warning=ExperimentalWarning', file], { stdio: 'inherit' }).on('exit', (code) =>
  process.exit(code ?? 1),
)
