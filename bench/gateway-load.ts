/** What the processes of `gateway.ts` are asked for, and the load of it. */
import { Pool } from 'undici'

/** Words of every answer. */
export const pieces = Array.from({ length: 16 }, (_, index) => ` word${index}`)
export const path = '/v1/chat/completions'
const prompt = { model: 'demo', messages: [{ role: 'user', content: 'Say sixteen words, please, and then stop.' }] }
export const bodies = { json: JSON.stringify(prompt), sse: JSON.stringify({ ...prompt, stream: true }) }
export type Mode = keyof typeof bodies

/** A target of the load: where it listens and what a request to it carries. */
export type Target = {
  readonly name: string
  readonly port: number
  readonly pid: number
  readonly headers: () => Record<string, string>
}

/** Runs the load; resolves with the number of answers that were not a complete 200. */
export async function load(target: Target, mode: Mode, requests: number, parallel: number): Promise<number> {
  const pool = new Pool(`http://127.0.0.1:${target.port}`, { connections: parallel })
  let left = requests
  let failures = 0
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path,
        headers: target.headers(),
        body: bodies[mode],
      })
      const text = await body.text()
      if (statusCode !== 200 || !text.includes(mode === 'sse' ? '[DONE]' : 'word15')) failures += 1
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  await pool.close()
  return failures
}
