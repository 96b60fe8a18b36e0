/** A role process for tests: what it does is in the name of the role. */
import { KoinonError } from '@koinon/base'
import { runRole } from '../supervisor/role-process.ts'

runRole(async (config, context) => {
  if (config.name === 'refuses') {
    throw new KoinonError({ code: 'test/refused', message: 'The role will not start', hint: 'Try another.' })
  }
  if (config.name === 'dies-early') process.exit(7)
  context.progress('half way')
  const greeting = await context.ask<string>('greet', { name: config.name })
  process.stdout.write(`{"msg":"${greeting}"}\n`)
  if (config.name === 'hangs') setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 200)
  return {
    info: { url: `http://127.0.0.1/${greeting}` },
    stop: async () => void process.stdout.write('{"msg":"stopped"}\n'),
  }
})
