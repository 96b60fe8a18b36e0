// Runs the benches one after the other: JSON lines on standard output, what else they say on standard error.
// Usage: node bench/run.mjs [name ...] [--option ...]   (all of bench/*.ts with a row in README.md unless named; options go to each)
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const known = ['vouchers', 'settlement', 'replay', 'chain', 'gateway', 'paid', 'epoch', 'sim', 'dev', 'startup']
const timeoutMs = 900_000
const given = process.argv.slice(2)
const firstOption = given.findIndex((word) => word.startsWith('--'))
const asked = firstOption < 0 ? given : given.slice(0, firstOption)
const options = firstOption < 0 ? [] : given.slice(firstOption)
const names = asked.length === 0 ? known : asked
const root = join(import.meta.dirname, '..')
const ownNode = join(root, '.node/node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')
const node = existsSync(ownNode) ? ownNode : process.execPath

for (const name of names) {
  if (!known.includes(name)) {
    console.error(`There is no bench "${name}"; known are ${known.join(', ')}.`)
    process.exitCode = 1
  } else if (!(await run(name))) process.exitCode = 1
}

/** Every object that a bench prints becomes one line `{"bench": name, ...}`; true when it ended well and printed one. */
async function run(name) {
  console.error(`--- ${name}`)
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, 'bench', `${name}.ts`), ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: timeoutMs,
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let text = ''
  let printed = 0
  for await (const line of createInterface({ input: child.stdout })) {
    text += `${line}\n`
    const json = parse(text)
    if (json === undefined) continue
    console.log(JSON.stringify({ bench: name, ...json }))
    printed += 1
    text = ''
  }
  const code = await ended
  if (text.trim() !== '') process.stderr.write(text)
  if (code !== 0) console.error(`${name} ended with code ${code}`)
  return code === 0 && printed > 0
}

/** The object, once all of it is there. A bench may spread one over several lines. */
function parse(text) {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
