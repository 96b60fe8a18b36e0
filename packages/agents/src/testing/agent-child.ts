/** An agent in a process of its own, to be killed: FILE PORT. A run of "slow" never ends the first time. */
import { appendFileSync } from 'node:fs'
import { DurableStore, defaultHttpLimits, HttpListener, sendJson } from '@koinon/base/node'
import { A2aDoor } from '../provider/a2a/door.ts'
import { taskStoreSchema } from '../provider/a2a/task-store.ts'

const [file, port] = process.argv.slice(2) as [string, string]
const store = await DurableStore.open(file, taskStoreSchema)
const door = new A2aDoor({
  card: {
    name: 'Child',
    description: 'Dies now and then',
    version: '1.0.0',
    url: `http://127.0.0.1:${port}/a2a`,
    skills: [{ id: 'work', name: 'Work', description: 'Works', tags: ['work'] }],
  },
  store,
  nowMs: Date.now,
  work: async ({ text, isSecondRun }) => {
    appendFileSync(`${file}.runs`, `${text} ${isSecondRun}\n`)
    if (text === 'fatal' || (text === 'slow' && !isSecondRun)) return new Promise(() => undefined)
    return { state: 'completed', text: `did ${text}${isSecondRun ? ' again' : ''}` }
  },
})
await door.recover()
const listener = new HttpListener({
  host: '127.0.0.1',
  port: Number(port),
  limits: defaultHttpLimits,
  handle: async (request, response) => {
    if (!(await door.serve(request, response))) sendJson(response, 404, {})
  },
})
await listener.start()
process.stdout.write('ready\n')
