import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { withDeadline } from '@koinon/base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder, testParty } from '../testing/parties.ts'
import { until } from '../testing/wait.ts'

const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hello' }] }
const pricePicoUsd = 5n * 50_000n + 12n * 200_000n
/** A miner that stops serving when three answers are owed without a voucher. */
const creditPicoUsd = 3n * pricePicoUsd
const children = new Set<ChildProcess>()
let folder: ReturnType<typeof temporaryFolder>
type Books = { readonly owed: string; readonly user: string; readonly events: readonly { recovered: number }[] }
type Gateway = { readonly port: number; readonly apiKey: string; readonly child: ChildProcess }

beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  folder.remove()
})

describe('SIGKILL between the commit of a miner and that of its gateway', () => {
  it('leaves debts that the next start makes good, so that a miner with little credit serves on', async () => {
    const { child: miner, url } = await startMiner()
    // More crashes than the credit covers: without making good the miner would have refused for ever after three.
    for (let crash = 1; crash <= 4; crash++) {
      const gateway = await startGateway(url, 'afterReceipt')
      const died = once(gateway.child, 'exit')
      await expect(ask(gateway)).rejects.toThrow()
      expect((await died)[1]).toBe('SIGKILL')
      expect((await books<Books>(miner)).owed).toBe(`${BigInt(crash) * pricePicoUsd}`)
    }
    const gateway = await startGateway(url, 'never')
    expect(await books<Books>(gateway.child)).toMatchObject({
      owed: `${4n * pricePicoUsd}`,
      user: '0',
      events: [{ recovered: 1, disputed: 0 }],
    })
    expect(await ask(gateway)).toBe(200)
    const [ours, theirs] = [await books<Books>(gateway.child), await books<Books>(miner)]
    expect([ours.owed, ours.user, theirs.owed]).toEqual([
      `${5n * pricePicoUsd}`,
      `${pricePicoUsd}`,
      `${5n * pricePicoUsd}`,
    ])
  }, 180_000)

  it('at any moment under load never bills a user twice, and the books agree after the next start', async () => {
    const { child: miner, url } = await startMiner('2', 1_000_000n * pricePicoUsd)
    let served = 0n
    for (let round = 0; round < 3; round++) {
      const gateway = await startGateway(url, 'never')
      const clients = Array.from({ length: 24 }, () => ask(gateway).catch(() => 0))
      const enough = round === 0 ? 1 : 3 * round
      let done = 0
      for (const client of clients) void client.then(() => done++)
      await until('some answers are final', () => done >= enough)
      gateway.child.kill('SIGKILL')
      served += BigInt((await Promise.all(clients)).filter((status) => status === 200).length)
    }
    const gateway = await startGateway(url, 'never')
    const [ours, theirs] = [await books<Books>(gateway.child), await books<Books>(miner)]
    expect(ours.owed).toBe(theirs.owed)
    expect(BigInt(ours.user)).toBeGreaterThanOrEqual(served * pricePicoUsd)
    expect(BigInt(ours.user)).toBeLessThanOrEqual(BigInt(ours.owed))
  }, 180_000)
})

describe('an answer whose own side cannot become final', () => {
  it('is not charged to the user and owed to the miner all the same', async () => {
    const { child: miner, url } = await startMiner()
    const gateway = await startGateway(url, 'refuseOwnSide')
    // More of them than the miner gives credit for: the debts are vouchered on.
    for (let count = 1; count <= 6; count++) expect(await ask(gateway)).toBe(500)
    const [ours, theirs] = [await books<Books>(gateway.child), await books<Books>(miner)]
    expect([ours.owed, ours.user, theirs.owed]).toEqual([`${6n * pricePicoUsd}`, '0', `${6n * pricePicoUsd}`])
  }, 180_000)
})

async function startMiner(pieceDelayMs = '0', credit = creditPicoUsd) {
  const gateway = testParty('gateway').account
  const { child, message } = await start('provider-child.ts', ['miner', gateway, pieceDelayMs, `${credit}`])
  return { child, url: `http://127.0.0.1:${(message as { port: number }).port}` }
}

async function startGateway(url: string, when: string): Promise<Gateway> {
  const { child, message } = await start('gateway-child.ts', ['miner', url, when])
  return { child, ...(message as { port: number; apiKey: string }) }
}

async function start(file: string, rest: readonly string[]) {
  const child = fork(new URL(`../testing/${file}`, import.meta.url), [folder.path, ...rest], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  children.add(child)
  return { child, message: await nextMessage(child, `${file} to start`) }
}

async function books<answer>(child: ChildProcess): Promise<answer> {
  const answer = nextMessage(child, 'its books')
  child.send('books')
  return (await answer) as answer
}

function nextMessage(child: ChildProcess, what: string): Promise<unknown> {
  const ended = new AbortController()
  const message = Promise.race([
    once(child, 'message', { signal: ended.signal }).then(([first]) => first as unknown),
    once(child, 'exit', { signal: ended.signal }).then(([code]) => Promise.reject(new Error(`it ended with ${code}`))),
  ])
  return withDeadline(message, 60_000, `waiting for ${what}`).finally(() => ended.abort())
}

/** Status of one answer, read to its end. */
async function ask({ port, apiKey }: Gateway): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(hello),
    signal: AbortSignal.timeout(30_000),
  })
  await response.arrayBuffer()
  return response.status
}
