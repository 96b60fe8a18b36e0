import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Hex, sha256Hex, zeroHash } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { afterEach, describe, expect, it } from 'vitest'
import { digestSource, digestSpecHash, digestSubnet } from '../testing/digest-subnet.ts'
import { ValidatorServer } from './validator-server.ts'
import { ValidatorStore, validatorStoreSchema } from './validator-store.ts'

/** Bytes of buffers that are still in use, not those that wait to be collected. */
function bytesHeld(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().arrayBuffers
}
const account = (byte: string): Hex => `0x${byte.repeat(20)}`
const assessment = { logText: '{"v":1}', packedRow: '0x0001ffff', salt: zeroHash } as const
const result = {
  netuid: 1,
  epoch: 7,
  previousHash: zeroHash,
  root: zeroHash,
  minersTotal: 3n,
  dividendsTotal: 4n,
  validatorsHash: zeroHash,
  carryHash: zeroHash,
  specHash: zeroHash,
  dataHash: zeroHash,
} as const
const signature: Hex = `0x${'5a'.repeat(65)}`
const clockOfTests = {
  genesisSeconds: 1_000,
  epochSeconds: 100,
  workCommitSeconds: 10,
  weightCommitSeconds: 20,
  weightRevealSeconds: 10,
}
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const next = (scores: readonly { hotkey: Hex; combinedPpm: number }[]) => ({ scores, memories: new Map() })

describe('ValidatorStore', () => {
  it('keeps what others signed, eight results of a signer and epoch at most, for as long as the epoch', async () => {
    const { path, open } = setup()
    const first = await open(path)
    const [one, other] = [account('01'), account('02')]
    const hashOf = (n: number): Hex => sha256Hex(String(n))
    for (let n = 0; n < 12; n++)
      for (const _ of [0, 1]) await first.store.saveSignedResult(one, hashOf(n), { result, signature })
    await first.store.saveSignedResult(other, hashOf(0), { result, signature })
    await first.close()
    const { store } = await open(path)
    const seen = await store.signedResults(1, 7)
    expect(seen.map(({ signer }) => signer)).toEqual([...Array.from({ length: 8 }, () => one), other])
    expect(seen.at(-1)).toEqual({ epoch: 7, signer: other, resultHash: hashOf(0), result, signature })
    expect(await store.signedResults(1, 8)).toEqual([])
    expect(await store.signedResults(2, 0)).toEqual([])
    await store.forget(1, 8, 8)
    expect(await store.signedResults(1, 0)).toEqual([])
  })

  it('keeps what the audits of an epoch left behind for the next epoch only', async () => {
    const { path, open } = setup()
    const { store } = await open(path)
    const remember = (epoch: number, sequence: number) =>
      store.saveAssessment(1, epoch, assessment, {
        scores: [],
        memories: new Map<Hex, unknown>([[account('01'), { sessions: [sequence] }]]),
      })
    await remember(7, 3)
    expect(await store.listMemories(1, 7)).toEqual(new Map([[account('01'), { sessions: [3] }]]))
    expect(await store.listMemories(1, 8)).toEqual(new Map())
    await remember(8, 5)
    expect((await store.listMemories(1, 7)).size).toBe(1)
    await remember(9, 6)
    expect((await store.listMemories(1, 7)).size).toBe(0)
    expect(await store.listMemories(2, 9)).toEqual(new Map())
  })

  it('remembers what the files were that a subnet had, whatever is forgotten', async () => {
    const { path, open } = setup()
    const first = await open(path)
    const parts = digestSubnet.specParts(digestSource)
    await first.store.saveSpec(1, digestSpecHash, parts)
    await first.store.saveSpec(1, digestSpecHash, parts)
    await first.store.forget(1, 1_000, 1_000)
    await first.close()
    const { store } = await open(path)
    expect(await store.spec(1, digestSpecHash)).toEqual(parts)
    expect([await store.spec(2, digestSpecHash), await store.spec(1, zeroHash)]).toEqual([undefined, undefined])
  })

  it('gives back row and salt after a restart, and never replaces them', async () => {
    const { path, open } = setup()
    const first = await open(path)
    await first.store.saveAssessment(1, 7, assessment, next([{ hotkey: account('01'), combinedPpm: 5 }]))
    await first.close()
    const { store } = await open(path)
    expect(await store.assessment(1, 7)).toEqual(assessment)
    await expect(
      store.saveAssessment(
        1,
        7,
        { ...assessment, salt: `0x${'11'.repeat(32)}` },
        next([{ hotkey: account('01'), combinedPpm: 9 }]),
      ),
    ).rejects.toThrow(/refused/)
    expect(await store.assessment(1, 7)).toEqual(assessment)
    // The failed write left nothing of itself behind.
    expect(await store.previousScores(1, 8)).toEqual(new Map([[account('01'), 5]]))
  })

  it('knows the latest combined score before an epoch, per subnet', async () => {
    const { path, open } = setup()
    const { store } = await open(path)
    const both = [
      { hotkey: account('01'), combinedPpm: 30 },
      { hotkey: account('02'), combinedPpm: 31 },
    ]
    await store.saveAssessment(1, 3, assessment, next(both))
    await store.saveAssessment(1, 5, assessment, next([{ hotkey: account('01'), combinedPpm: 50 }]))
    await store.saveAssessment(2, 5, assessment, next([{ hotkey: account('01'), combinedPpm: 99 }]))
    expect(await store.previousScores(1, 5)).toEqual(
      new Map([
        [account('01'), 30],
        [account('02'), 31],
      ]),
    )
    expect(await store.previousScores(1, 6)).toEqual(
      new Map([
        [account('01'), 50],
        [account('02'), 31],
      ]),
    )
    expect(await store.previousScores(1, 3)).toEqual(new Map())
  })

  it('keeps probes with and without answers, in order', async () => {
    const { path, open } = setup()
    const { store } = await open(path)
    const answer = { requestId: account('0f'), receiptHash: zeroHash, endedAtMs: 12, ownCopy: { a: [1] } }
    await store.saveProbe(1, 7, { hotkey: account('01'), answer })
    await store.saveProbe(1, 7, { hotkey: account('02'), answer: undefined })
    expect(await store.probes(1, 7)).toEqual([
      { hotkey: account('01'), answer },
      { hotkey: account('02'), answer: undefined },
    ])
    expect(await store.probes(1, 8)).toEqual([])
  })

  it('keeps judged answers by their hash, names the last epoch of one, and forgets them with their epoch', async () => {
    const { path, open } = setup()
    const { store, close } = await open(path)
    const judged = (text: string) => ({ ...next([]), answers: new Map([[sha256Hex(text), text]]) })
    await store.saveAssessment(1, 7, assessment, judged('an answer'))
    await store.saveAssessment(1, 8, assessment, judged('another'))
    await store.saveAssessment(1, 9, assessment, judged('an answer'))
    await close()
    const again = await open(path)
    expect(await again.store.judgedAnswer(1, sha256Hex('an answer'))).toEqual({ epoch: 9, text: 'an answer' })
    expect(await again.store.judgedAnswer(2, sha256Hex('an answer'))).toBeUndefined()
    await again.store.forget(1, 9, 9)
    expect(await again.store.judgedAnswer(1, sha256Hex('another'))).toBeUndefined()
    expect(await again.store.judgedAnswer(1, sha256Hex('an answer'))).toEqual({ epoch: 9, text: 'an answer' })
  })

  it('keeps logs longer than the answers behind them', async () => {
    const { path, open } = setup()
    const { store } = await open(path)
    const text = 'an answer'
    await store.saveAssessment(1, 7, assessment, { ...next([]), answers: new Map([[sha256Hex(text), text]]) })
    await store.forget(1, 0, 8)
    expect(await store.judgedAnswer(1, sha256Hex(text))).toBeUndefined()
    expect(await store.assessment(1, 7)).toEqual(assessment)
  })

  it('keeps the state behind a root and forgets old epochs', async () => {
    const { path, open } = setup()
    const { store } = await open(path)
    await store.saveCarry(1, 7, { root: zeroHash, carry: '0x12' })
    expect(await store.carry(1, 7)).toEqual({ root: zeroHash, carry: '0x12' })
    await store.saveAssessment(1, 7, assessment, { scores: [], memories: new Map() })
    await store.saveObjection(1, 7, { resultHash: zeroHash, signature })
    await store.forget(1, 8, 8)
    expect([await store.assessment(1, 7), await store.objections(1, 7)]).toEqual([undefined, []])
    expect(await store.carry(1, 7)).toBeDefined()
    await store.saveCarry(1, 100, { root: zeroHash, carry: '0x' })
    expect(await store.carry(1, 7)).toBeUndefined()
  })
})

describe('ValidatorServer', () => {
  it('shows attestations and records, and logs only when commitments are closed', async () => {
    const { path, open } = setup()
    const { store } = await open(path)
    let now = 1_000 + 8 * 100 + 29
    const clock = {
      genesisSeconds: 1_000,
      epochSeconds: 100,
      workCommitSeconds: 10,
      weightCommitSeconds: 20,
      weightRevealSeconds: 10,
      activationDelaySeconds: 5,
    }
    const ledger = { clock: async () => clock, nowSeconds: async () => now }
    const get = await serve(store, ledger)
    expect((await get('/v1/attestations/1/7')).status).toBe(404)
    await store.saveAttestation({ result, signature }, '{"record":1}')
    await store.saveObjection(1, 7, { resultHash: zeroHash, signature })
    await store.saveAssessment(1, 7, assessment, { scores: [], memories: new Map() })
    expect(JSON.parse((await get('/v1/attestations/1/7')).text)).toEqual({
      result: { ...result, minersTotal: '3', dividendsTotal: '4' },
      signature,
      objections: [{ resultHash: zeroHash, signature }],
    })
    expect((await get('/v1/records/1/7')).text).toBe('{"record":1}')
    expect((await get('/v1/evidence-log/1/7')).status).toBe(404)
    now += 1
    expect((await get('/v1/evidence-log/1/7')).text).toBe(assessment.logText)
  })

  it('shows judged answers when commitments are closed, whichever epoch they were judged in last', async () => {
    const { path, open } = setup()
    const { store } = await open(path)
    const clock = {
      genesisSeconds: 1_000,
      epochSeconds: 100,
      workCommitSeconds: 10,
      weightCommitSeconds: 20,
      weightRevealSeconds: 10,
      activationDelaySeconds: 5,
    }
    let now = 1_000 + 8 * 100 + 29
    const get = await serve(store, { clock: async () => clock, nowSeconds: async () => now })
    const text = '{"v":1,"response":"ü"}'
    const answers = new Map([[sha256Hex(text), text]])
    const target = `/v1/answers/1/${sha256Hex(text)}`
    expect((await get(target)).status).toBe(404)
    await store.saveAssessment(1, 7, assessment, { ...next([]), answers })
    expect((await get(target)).status).toBe(404)
    now += 1
    expect(JSON.parse((await get(target)).text)).toEqual({ text })
    for (const other of [`/v1/answers/2/${sha256Hex(text)}`, `/v1/answers/1/${zeroHash}`, '/v1/answers/1/0x12'])
      expect([other, (await get(other)).status]).toEqual([other, 404])
    await store.saveAssessment(1, 8, assessment, { ...next([]), answers })
    expect((await get(target)).status).toBe(404)
  })

  it('asks once whether it is ready, and what time it is, however many want to know at once', async () => {
    const { path, open } = setup()
    const { store } = await open(path)
    await store.saveAssessment(1, 7, assessment, next([]))
    let asked = 0
    const slow = async <value>(value: value) => {
      asked++
      await new Promise((resolve) => setTimeout(resolve, 100))
      return value
    }
    const clock = { ...clockOfTests, activationDelaySeconds: 5 }
    const get = await serve(store, { clock: async () => clock, nowSeconds: () => slow(5_000) }, () => slow(true))
    const many = async (target: string) => {
      const answers = await Promise.all(Array.from({ length: 40 }, () => get(target)))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      return asked
    }
    expect(await many('/readyz')).toBe(1)
    expect(await many('/readyz')).toBe(1)
    // Where requests come one after the other the ledger is asked anew, until the epoch is known to be closed.
    expect(await many('/v1/evidence-log/1/7')).toBeLessThan(20)
    const before = asked
    expect(await many('/v1/evidence-log/1/7')).toBe(before)
  })

  it('answers others and keeps its store while a stranger asks for long logs and fetches none', async () => {
    const { path, open } = setup()
    const { store } = await open(path)
    const logText = 'x'.repeat(2 ** 20)
    for (const epoch of [5, 6, 7]) await store.saveAssessment(1, epoch, { ...assessment, logText }, next([]))
    await store.saveAttestation({ result, signature }, logText)
    const clock = { ...clockOfTests, activationDelaySeconds: 5 }
    const get = await serve(store, { clock: async () => clock, nowSeconds: async () => 5_000 })
    const { port } = new URL(get.url)
    const ask = (epoch: number) => `GET /v1/evidence-log/1/${epoch} HTTP/1.1\r\nhost: a\r\n\r\n`
    const bytesBefore = bytesHeld()
    // As much as fits into one packet on one connection, and some on each of many.
    const strangers = Array.from({ length: 60 }, (_, place) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(ask(5 + (place % 3)).repeat(place === 0 ? 1_000 : 3))
        socket.pause()
      })
      socket.on('error', () => undefined)
      return socket
    })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect((await get('/v1/attestations/1/7')).status).toBe(200)
    expect((await store.assessment(1, 7))?.logText.length).toBe(logText.length)
    expect(bytesHeld() - bytesBefore).toBeLessThan(64 * 2 ** 20)
    for (const stranger of strangers) stranger.destroy()
    expect((await get('/v1/evidence-log/1/6')).text.length).toBe(logText.length)
    expect((await get('/v1/records/1/7')).text.length).toBe(logText.length)
  })

  it('answers strangers politely and nothing more', async () => {
    const { path, open } = setup()
    const { store } = await open(path)
    const get = await serve(store, { clock: () => Promise.reject(new Error('ledger away')), nowSeconds: async () => 0 })
    for (const target of [
      '/',
      '/v1/attestations/1/x',
      '/v1/attestations/-1/1',
      `/v1/records/1/${'9'.repeat(40)}`,
      '/v1/records/1/1/..',
    ]) {
      expect([target, (await get(target)).status]).toEqual([target, 404])
    }
    expect((await get('/v1/records/1/1', 'POST')).status).toBe(405)
    expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 503])
    expect((await get('/readyz')).text).toBe('no permit\n')
    await store.saveAssessment(1, 7, assessment, { scores: [], memories: new Map() })
    expect((await get('/v1/evidence-log/1/7')).status).toBe(500)
  })
})

async function serve(
  store: ValidatorStore,
  ledger: ConstructorParameters<typeof ValidatorServer>[0]['ledger'],
  isReady: () => Promise<boolean> = async () => false,
) {
  const server = new ValidatorServer({
    store,
    ledger,
    host: '127.0.0.1',
    port: 0,
    readiness: async () => ({ isReady: await isReady(), reason: 'no permit' }),
    metrics: async () => 'koinon_up 1\n',
  })
  const { port } = await server.start()
  cleanups.push(() => server.stop())
  const url = `http://127.0.0.1:${port}`
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`${url}${path}`, { method, signal: AbortSignal.timeout(20_000) })
    return { status: response.status, text: await response.text() }
  }
  return Object.assign(get, { url })
}

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-validator-store-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return {
    path: join(folder, 'validator.sqlite'),
    async open(path: string) {
      const durable = await DurableStore.open(path, validatorStoreSchema)
      cleanups.push(() => durable.close())
      return { store: new ValidatorStore(durable), close: () => durable.close() }
    },
  }
}
