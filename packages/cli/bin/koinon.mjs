#!/usr/bin/env node
// Starts the command under a Node that can run it: this one when it is new enough, else the one that set-up brought.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const minimumMajor = 24
const here = dirname(fileURLToPath(import.meta.url))
const runtime = resolve(
  here,
  '../../../.node/node_modules/node/bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
)
const source = join(here, '../src/main.ts')
const entry = existsSync(source) ? source : join(here, '../dist/main.js')
const nodeFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2']
// Caches compiled modules, stripped types included: half the start-up CPU and about 30 MB less memory a process.
if (existsSync(dirname(dirname(runtime))))
  process.env.NODE_COMPILE_CACHE ??= resolve(here, '../../../.node/compile-cache')

if (existsSync(runtime) && process.execPath !== runtime) handOver(runtime)
else if (Number(process.versions.node.split('.')[0]) >= minimumMajor) {
  if (process.execArgv.includes(nodeFlags[0])) await import(entry)
  else handOver(process.execPath)
} else {
  process.stderr.write(
    `koinon needs Node ${minimumMajor} or newer; this is ${process.versions.node}.\nIn a clone of the repository run "npm run setup" first: it brings the right one.\n`,
  )
  process.exit(1)
}

/**
 * The child shares our terminal and process group, so Ctrl-C reaches it; we only pass on what is sent to us alone. By the channel it
 * hears when we are killed: nobody looks for a network behind a process that is gone.
 */
function handOver(node) {
  const child = spawn(node, [...nodeFlags, entry, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`koinon could not start ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    process.removeAllListeners()
    process.exitCode = code ?? 1
    if (signal !== null) process.kill(process.pid, signal)
  })
}
