import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { reportProgress } from './progress.mjs'

async function written(isTerminal: boolean): Promise<readonly string[]> {
  const parts: string[] = []
  const end = reportProgress('setup 2/3  dependencies', {
    write: (text: string) => parts.push(text),
    isTerminal,
    everyMs: 5,
  })
  while (parts.length < 2) await sleep(5)
  end()
  const { length } = parts
  await sleep(30)
  expect(parts).toHaveLength(length)
  return parts
}

it('says in lines of their own what goes on where nobody looks at a terminal', async () => {
  for (const part of await written(false)) expect(part).toMatch(/^setup 2\/3 {2}dependencies \.\.\. \d+ s\n$/)
})

it('writes one line anew on a terminal', async () => {
  const parts = await written(true)
  expect(parts.at(-1)).toBe('\r')
  for (const part of parts.slice(0, -1)) expect(part).toMatch(/^\rsetup 2\/3 {2}dependencies \.\.\. \d+ s$/)
})
