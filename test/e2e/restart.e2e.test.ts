/** Nothing that was acknowledged is lost by Ctrl-C or by kill -9. */
import { afterAll, beforeAll, describe, expect, inject, it, onTestFailed } from 'vitest'
import { ask, getJson } from '../harness/ask.ts'
import { expectConsistent, killInMidStream, snapshot } from '../harness/group-kills.ts'
import { TestNetwork, tailOfLogs } from '../harness/network.ts'
import { waitFor } from '../harness/wait.ts'

const network = new TestNetwork([], inject('ground'))
const acknowledged: string[] = []

beforeAll(async () => {
  await network.start()
}, 200_000)
afterAll(() => network.dispose())

describe('a network that is stopped', () => {
  it('ends cleanly on Ctrl-C and has receipts, balances, stakes and key at the next start', async () => {
    explain()
    for (const stream of [false, true]) {
      acknowledged.push((await ask(network.ready, { stream, maxTokens: 12 })).receiptId as string)
    }
    const before = await snapshot(network)
    const bundles = await Promise.all(acknowledged.map((id) => getJson(network.ready, `/v1/receipts/${id}`)))
    expect(await network.stop('SIGINT')).toBe(0)
    await network.start()
    await expectConsistent(network, before, acknowledged)
    expect(await Promise.all(acknowledged.map((id) => getJson(network.ready, `/v1/receipts/${id}`)))).toEqual(bundles)
  }, 200_000)
})

describe('a network that is killed in mid-stream', () => {
  // Killed at many moments: group-kills of the long suite.
  it('is consistent afterwards', async () => {
    explain()
    const before = await snapshot(network)
    acknowledged.push(...(await killInMidStream(network, 1_000)))
    await expectConsistent(network, before, acknowledged)
  }, 200_000)

  it('ends on SIGTERM as it does on Ctrl-C', async () => {
    expect(await network.stop('SIGTERM')).toBe(0)
  }, 60_000)

  it('ends as a whole when only the process that was typed is killed', async () => {
    await network.start()
    process.kill(network.group.pid, 'SIGKILL')
    await waitFor('every process of the network has ended', 40_000, () => !network.isRunning)
  }, 200_000)
})

function explain(): void {
  onTestFailed(() => void process.stderr.write(`\n${tailOfLogs(network.home, 8)}\n${network.group.stderr}\n`))
}
