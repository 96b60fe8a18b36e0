/** What code could do that found its way out of the realm: says for each thing whether it works. Started like a sandbox. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { Worker } from 'node:worker_threads'

const attempts: Readonly<Record<string, () => unknown>> = {
  'read a file': () => readFileSync('/etc/passwd'),
  'read the memory of its parent': () => readFileSync(`/proc/${process.ppid}/environ`),
  'write a file': () => writeFileSync('/tmp/koinon-escaped', 'x'),
  'start a program': () => {
    const { error } = spawnSync('/bin/true')
    if (error !== undefined) throw error
  },
  'start a thread': () => new Worker('0', { eval: true }),
  'open a debugger': () => new Session().connect(),
  'load native code': () => process.dlopen({ exports: {} }, '/none.node'),
  'see the environment': () => {
    const names = Object.keys(process.env).filter((name) => !['PWD', 'SHLVL', 'OLDPWD', '_'].includes(name))
    if (names.length === 0) throw new Error('nothing there')
  },
  'read its own program': () => readFileSync(new URL(import.meta.url)),
}

const done = Object.entries(attempts).map(([name, attempt]) => {
  try {
    attempt()
    return [name, 'works']
  } catch (error) {
    return [name, String((error as NodeJS.ErrnoException).code ?? (error as Error).message)]
  }
})
process.send?.(Object.fromEntries(done))
