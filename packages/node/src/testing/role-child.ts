/** A role process for tests: what it does is in the name of the role. */
import { existsSync, writeSync } from 'node:fs'
import { KoinonError } from '@koinon/base'
import { runRole } from '../supervisor/role-process.ts'

runRole(async (config, context) => {
  if (config.name === 'refuses') {
    throw new KoinonError({ code: 'test/refused', message: 'The role will not start', hint: 'Try another.' })
  }
  if (config.name === 'dies-early') process.exit(7)
  for (let step = 1; config.name === 'moves' && step <= 4; step++) {
    context.progress(`step ${step}`)
    await context.ask('takeYourTime', {})
  }
  context.progress('half way')
  if (config.name === 'repeats') setInterval(() => context.progress('half way'), 100)
  const [name, marker] = config.name.split(':')
  if (['sticks', 'repeats'].includes(config.name) || (name === 'sticks-if' && existsSync(marker as string)))
    await new Promise(() => undefined)
  if (config.name === 'notices') context.notice('look at this')
  const greeting = await context.ask<string>('greet', { name: config.name })
  process.stdout.write(`{"msg":"${greeting}"}\n`)
  if (config.name === 'hangs') setTimeout(hang, 200)
  return {
    info: { url: `http://127.0.0.1/${greeting}` },
    stop: async () => void process.stdout.write('{"msg":"stopped"}\n'),
  }
})

/** Says so at once, past every queue, because nothing is said afterwards. */
function hang(): void {
  writeSync(1, '{"msg":"hanging"}\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
