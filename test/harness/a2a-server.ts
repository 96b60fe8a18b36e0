/** An agent of ours for the A2A compatibility kit: echoes, waits where the kit wants a task that lasts. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { A2aDoor, type A2aWork, taskStoreSchema } from '@koinon/agents/provider'
import { DurableStore, defaultHttpLimits, HttpListener, sendJson } from '@koinon/base/node'

/** Leaves tasks open, as the kit expects of its agent: it lists, continues and cancels them. */
const work: A2aWork = async ({ text, signal }) => {
  if (text.includes('resubscribe')) await delay(4_500, undefined, { signal }).catch(() => undefined)
  return text.includes('finish') ? { state: 'completed', text: `You said: ${text}` } : { state: 'working' }
}

/** Starts it on a free port; `url` is where JSON-RPC is answered. */
export async function startA2aAgent(port = 0): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-a2a-'))
  const store = await DurableStore.open(join(folder, 'agent.sqlite'), taskStoreSchema)
  let door: A2aDoor | undefined
  const listener = new HttpListener({
    host: '127.0.0.1',
    port,
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      if ((await door?.serve(request, response)) !== true) sendJson(response, 404, {})
    },
  })
  const url = `http://localhost:${await listener.start()}`
  const skill = { id: 'echo', name: 'Echo', description: 'Says what was said', tags: ['echo'] }
  const card = { name: 'Echo', description: 'Says what was said', version: '1.0.0', url, skills: [skill] }
  door = new A2aDoor({ card, work, store, nowMs: Date.now })
  return {
    url,
    stop: async () => {
      await listener.stop(500)
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
