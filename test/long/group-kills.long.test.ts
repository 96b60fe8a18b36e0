/** SIGKILL of the whole process group in mid-stream, twenty times on one home. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../harness/ask.ts'
import { expectConsistent, killInMidStream, snapshot } from '../harness/group-kills.ts'
import { TestNetwork } from '../harness/network.ts'

const kills = 20
const network = new TestNetwork()
const acknowledged: string[] = []

beforeAll(async () => {
  await network.start()
})
afterAll(() => network.dispose())

describe('twenty kills of everything', () => {
  // Moments spread over what happens: connecting, prompts, first words, receipts, vouchers, claims.
  it.each(Array.from({ length: kills }, (_, index) => 100 + ((index * 977) % 3_500)))(
    'is consistent after a kill %i ms into the answers',
    async (afterMs) => {
      acknowledged.push((await ask(network.ready, { maxTokens: 8 })).receiptId as string)
      const before = await snapshot(network)
      acknowledged.push(...(await killInMidStream(network, afterMs)))
      await expectConsistent(network, before, acknowledged)
    },
  )

  it('kept every receipt that a client had in hand', () => {
    expect(acknowledged.length).toBeGreaterThanOrEqual(kills)
    expect(new Set(acknowledged).size).toBe(acknowledged.length)
  })
})
