import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { TurnQueue } from './turn-queue.ts'

describe('TurnQueue', () => {
  it('lets callers through in the order in which they came', async () => {
    const turns = new TurnQueue()
    const seen: number[] = []
    await Promise.all([0, 1, 2, 3].map((name) => turns.next().then(() => seen.push(name))))
    expect(seen).toEqual([0, 1, 2, 3])
    await turns.next()
  })

  it('hears what arrives from elsewhere before all callers have had their turn', async () => {
    const turns = new TurnQueue()
    const { port1, port2 } = new MessageChannel()
    const seen: string[] = []
    const heard = new Promise<void>((resolve) => {
      port2.on('message', () => {
        seen.push('message')
        resolve()
      })
    })
    await Promise.all(
      Array.from({ length: 50 }, async (_, name) => {
        await turns.next()
        if (name === 0) port1.postMessage('done')
        seen.push('caller')
      }),
    )
    await heard
    port1.close()
    expect(seen.indexOf('message')).toBeLessThan(10)
  })
})
