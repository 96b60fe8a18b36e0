#!/usr/bin/env node
/**
 * Lets `forge` use the solc-js that npm installed: answers `--version` in the native compiler's words and
 * `--standard-json` from stdin to stdout. Nothing is downloaded.
 */
import { readFileSync } from 'node:fs'
import solc from 'solc'

const flags = process.argv.slice(2)
if (flags.includes('--version')) {
  const [version] = solc.version().split('.Emscripten')
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}.Linux.g++\n`)
} else if (flags.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')))
} else {
  process.stderr.write(`solc.mjs: unsupported arguments: ${flags.join(' ')}\n`)
  process.exitCode = 2
}
