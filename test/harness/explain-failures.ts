import { afterEach, inject } from 'vitest'
import { tailOfLogs } from './network.ts'

afterEach((context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(`\n${tailOfLogs(inject('network').home, 6)}\n`)
})
