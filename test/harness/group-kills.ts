/** SIGKILL of everything while answers stream; then a fresh start, and what must be true of it. */
import { expect } from 'vitest'
import { ask, getJson } from './ask.ts'
import { problemsOf, readBooks, receiptIdsOf } from './books.ts'
import { LedgerView } from './ledger.ts'
import type { TestNetwork } from './network.ts'
import { sleep } from './wait.ts'

const streams = 4
const validators = ['validator-1', 'validator-2'] as const

/** What a client or a stranger could see before the kill. */
export type Snapshot = {
  readonly apiKey: string
  readonly chainId: number
  readonly wallet: Awaited<ReturnType<LedgerView['balances']>>
  readonly stakes: readonly bigint[]
  readonly tip: bigint
}

export async function snapshot(network: TestNetwork): Promise<Snapshot> {
  const ledger = new LedgerView(network.home)
  const { apiKey, chainId } = network.ready
  return {
    apiKey,
    chainId,
    wallet: await ledger.balances('wallet'),
    stakes: await Promise.all(validators.map((name) => ledger.rootStake(name))),
    tip: await ledger.reader.getBlockNumber(),
  }
}

/** Streams, kills the whole group after `afterMs`, starts again. Returns the receipts of answers that were whole before the kill. */
export async function killInMidStream(network: TestNetwork, afterMs: number): Promise<readonly string[]> {
  const answers = Array.from({ length: streams }, (_, index) =>
    ask(network.ready, { text: `Tell me about stake ${index}`, stream: true, maxTokens: index === 0 ? 4 : 300 }).catch(
      () => undefined,
    ),
  )
  await sleep(afterMs)
  await network.kill()
  const whole = (await Promise.all(answers)).filter((answer) => answer?.body.endsWith('data: [DONE]\n\n'))
  await network.start()
  return whole.map((answer) => answer?.receiptId as string)
}

/** Fails with what was lost or paid twice. `acknowledged` are ids of receipts that clients had in hand. */
export async function expectConsistent(
  network: TestNetwork,
  before: Snapshot,
  acknowledged: readonly string[],
): Promise<void> {
  const now = await snapshot(network)
  expect(now.apiKey).toBe(before.apiKey)
  expect(now.chainId).toBe(before.chainId)
  expect(now.stakes).toEqual(before.stakes)
  // Gas money is brought up to its mark at every start; the rest is the owner's alone.
  expect({ koin: now.wallet.koin, dollar: now.wallet.dollar }).toEqual({
    koin: before.wallet.koin,
    dollar: before.wallet.dollar,
  })
  expect(now.tip).toBeGreaterThanOrEqual(before.tip)
  const kept = receiptIdsOf(readBooks(network.home, 'gateway'))
  expect(acknowledged.filter((id) => !kept.has(id))).toEqual([])
  for (const id of acknowledged.slice(-3)) {
    const { hops } = await getJson<{ hops: unknown[] }>(network.ready, `/v1/receipts/${id}`)
    expect(hops).toHaveLength(2)
  }
  expect(problemsOf(network.home)).toEqual([])
  expect(await new LedgerView(network.home).overpaid()).toEqual([])
  expect((await ask(network.ready, { maxTokens: 4 })).status).toBe(200)
}
