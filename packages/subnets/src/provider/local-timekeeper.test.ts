import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpTimekeeper, type Timekeeper } from '../client/timekeeper.ts'
import {
  openSealedRow,
  roundChainHash,
  roundPublishedAtSeconds,
  roundToJson,
  sealRow,
  verifyRound,
} from '../rules/timelock/index.ts'
import { createLocalTimekeeper, createTimekeeperHandler } from './local-timekeeper.ts'

const genesisSeconds = 1_700_000_000
let nowSeconds = genesisSeconds + 100
const seed = new Uint8Array(32).fill(255)
const timekeeper = createLocalTimekeeper({
  seed,
  chainId: 31_337,
  epochsContract: `0x${'e1'.repeat(20)}`,
  genesisSeconds,
  periodSeconds: 3,
  nowSeconds: async () => nowSeconds,
})
const { chain } = timekeeper
const hash = roundChainHash(chain).slice(2)

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
  nowSeconds = genesisSeconds + 100
})
const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const relayOf = (source: Timekeeper) => {
  const handle = createTimekeeperHandler(source)
  return serve((request, response) => {
    void handle(request, response).then((answered) => answered || response.writeHead(404).end())
  })
}
const asking = (relays: readonly string[], timeoutMs = 2_000) =>
  createHttpTimekeeper({ chain, relays, nowSeconds: async () => nowSeconds, timeoutMs })

describe('a local timekeeper', () => {
  it('signs a round when it is due and not before', async () => {
    expect((await timekeeper.round(34)).round).toBe(34)
    expect(roundPublishedAtSeconds(chain, 35)).toBe(nowSeconds + 2)
    await expect(timekeeper.round(35)).rejects.toMatchObject({ code: 'subnets/beacon-too-early', retry: 'later' })
    nowSeconds += 2
    const signed = await timekeeper.round(35)
    expect(signed).toEqual(verifyRound(chain, signed))
    expect(await timekeeper.round(35)).toBe(signed)
  })

  it('serves strangers as a relay of drand does', async () => {
    const relay = await relayOf(timekeeper)
    const info = await (await fetch(`${relay}/${hash}/info`)).json()
    expect(info).toMatchObject({ public_key: chain.publicKey.slice(2), genesis_time: genesisSeconds, period: 3, hash })
    expect((await fetch(`${relay}/${hash}/public/36`)).status).toBe(425)
    for (const path of [`/${hash}/public/0`, `/${hash}/public/-1`, `/${hash}/secret`, `/${'00'.repeat(32)}/public/1`])
      expect((await fetch(`${relay}${path}`)).status).toBe(404)
    const weights = {
      hotkey: `0x${'a1'.repeat(20)}` as const,
      netuid: 1,
      epoch: 3,
      packedRow: '0x0000ffff' as const,
      salt: `0x${'5a'.repeat(32)}` as const,
    }
    const sealed = await sealRow({ chain, round: 30 }, weights, (count) => new Uint8Array(count).fill(7))
    expect(await openSealedRow(sealed, await asking([relay]).round(30), weights)).toEqual(weights)
  })
})

describe('a timekeeper over HTTP', () => {
  it('goes on to the next relay when one lies, is broken, slow or gone', async () => {
    const answer = (body: string, status = 200) => serve((_, response) => response.writeHead(status).end(body))
    const liar = await answer(JSON.stringify({ round: 9, signature: (await timekeeper.round(8)).signature.slice(2) }))
    const otherRound = await relayOf({ ...timekeeper, round: () => timekeeper.round(8) })
    const slow = await serve(() => undefined)
    const long = await answer(`"${'x'.repeat(10_000)}"`)
    const relays = [
      liar,
      otherRound,
      await answer('<html>'),
      await answer('{}', 500),
      slow,
      long,
      'http://127.0.0.1:1',
      'not a URL',
    ]
    // Answers at once, so that the deadline is the slow one's alone.
    const honest = await answer(JSON.stringify(roundToJson(await timekeeper.round(9))))
    expect((await asking([...relays, honest], 1_000).round(9)).signature).toBe((await timekeeper.round(9)).signature)
    await expect(asking(relays, 1_000).round(9)).rejects.toMatchObject({
      code: 'subnets/beacon-unreachable',
      retry: 'later',
    })
  })

  it('asks nobody for a round that is still to come', async () => {
    let asked = 0
    const relay = await serve((_, response) => {
      asked++
      response.end()
    })
    await expect(asking([relay]).round(1_000)).rejects.toMatchObject({ code: 'subnets/beacon-too-early' })
    expect(asked).toBe(0)
  })
})
