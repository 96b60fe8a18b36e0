import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { bytesToHex, type Hex, sha256, systemRandom, utf8ToBytes } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchDeliverable } from '../../client/jobs/fetch-deliverable.ts'
import { JobClient } from '../../client/jobs/job-client.ts'
import { type JobRecord, readJob } from '../../client/jobs/job-ledger.ts'
import { deliverableRoutes } from '../../provider/jobs/deliverables.ts'
import { submitWork } from '../../provider/jobs/job-provider.ts'
import { jobCheckers, refusedBy } from '../../rules/job-check.ts'
import { hireTestJob } from '../../testing/hired-job.ts'
import { type JobNetwork, startJobNetwork, type TestAccount } from '../../testing/job-network.ts'
import { createJudges, joinJudges, judgementWindowSeconds } from '../../testing/job-validators.ts'
import { quorumEvaluatorOf, readJudgement, signVerdict } from './job-evaluator.ts'
import { JobJudge, type JobJudgeEvent } from './job-judge.ts'
import { VerdictBook, verdictSchema } from './verdict-book.ts'
import { parseVote, verdictUrl, voteToJson } from './verdict-votes.ts'

const price = 1_000_001n
const good = utf8ToBytes('{"title":"work"}')
const check = 'Write about it.\ncheck: json title'
let net: JobNetwork
let netuid: number
let evaluator: Hex
let ann: TestAccount
let pat: TestAccount
let shelf: { readonly url: string; readonly server: Server }
const served = new Map<Hex, Uint8Array>()

/** A validator as a process has it: its store, its door, its judge. */
type Seat = {
  readonly account: TestAccount
  readonly url: string
  readonly events: JobJudgeEvent[]
  readonly book: VerdictBook
  judge: JobJudge
  end(): Promise<void>
}
const names = ['one', 'two', 'liar'] as const
const accounts = {} as Record<(typeof names)[number], TestAccount>
const open: Seat[] = []

beforeAll(async () => {
  net = await startJobNetwork()
  netuid = await createJudges(net)
  evaluator = await quorumEvaluatorOf(net, netuid)
  ann = await net.fund('ann')
  pat = await net.fund('pat')
  accounts.one = await joinJudges(net, netuid, 'one', 4_000n)
  accounts.two = await joinJudges(net, netuid, 'two', 4_000n)
  accounts.liar = await joinJudges(net, netuid, 'liar', 1_000n)
  await net.advanceSeconds(5)
  shelf = await listen((request, response) => deliverableRoutes(async (hash) => served.get(hash))(request, response))
}, 60_000)
afterAll(async () => {
  for (const seat of open) await seat.end()
  shelf?.server.close()
  await net?.close()
})

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` }
}

async function seat(name: (typeof names)[number], peers: () => readonly Seat[] = () => []): Promise<Seat> {
  const account = accounts[name]
  const store = await DurableStore.open(join(net.folder, `${name}.db`), verdictSchema)
  const book = new VerdictBook(store)
  await book.start()
  const { server, url } = await listen((request, response) => book.serve(request, response))
  const events: JobJudgeEvent[] = []
  const judge = new JobJudge({
    ...{ account, netuid, book, clock: net.clock, turnMs: 0, checkers: jobCheckers },
    fetchDeliverable: ({ deliverable }) => fetchDeliverable(shelf.url, deliverable),
    peers: async () => peers().map((peer) => peer.url),
    fetchVote: async (address) => {
      const answer = await fetch(address)
      if (answer.status !== 200) throw new Error(`status ${answer.status}`)
      return new Uint8Array(await answer.arrayBuffer())
    },
    onEvent: (event) => events.push(event),
  })
  const made: Seat = {
    ...{ account, url, events, book, judge },
    end: async () => {
      open.splice(open.indexOf(made), 1)
      server.close()
      server.closeAllConnections()
      await store.close()
    },
  }
  open.push(made)
  return made
}

async function submitted(
  description: string,
  content: Uint8Array,
  { seconds = 3_600, provider = pat } = {},
): Promise<bigint> {
  const parties = { client: ann, provider, evaluator }
  const jobId = await hireTestJob(net, { ...parties, priceAtomic: price, description, seconds })
  await submitWork(provider, jobId, content)
  return jobId
}

const serve = (content: Uint8Array) => served.set(bytesToHex(sha256(content)), content)

describe('validators that judge jobs', () => {
  it('pay a provider although one of three lies and one dies on the way, which never says two things', async () => {
    serve(good)
    const jobId = await submitted(check, good)
    const job = await readJob(ann, jobId)
    const liar = await seat('liar')
    const lie = { jobId, deliverable: job.deliverable, ...refusedBy('json'), round: 0 as const }
    await liar.book.keep(evaluator, signedBy('liar', lie))
    const one = await seat('one', () => [liar])
    await one.judge.look()
    expect(one.events).toMatchObject([
      { kind: 'signed', jobId, round: 0, accepted: true },
      { kind: 'contradicts', jobId, signer: accounts.liar.address },
    ])
    expect((await readJob(ann, jobId)).status).toBe('submitted')

    const two = await seat('two')
    await two.judge.look()
    expect(two.events).toMatchObject([{ kind: 'signed', accepted: true }])
    await two.end()
    // Back from the dead: the provider serves nothing now, and its vote stands.
    served.clear()
    const again = await seat('two', () => [one, liar])
    const other = { ...lie, reason: refusedBy('sha256').reason }
    expect((await again.book.keep(evaluator, signedBy('two', other))).verdict.accepted).toBe(true)
    const before = await net.dollarsOf(pat.address)
    await again.judge.look()
    expect(again.events.map(({ kind }) => kind)).toEqual(['contradicts', 'recorded'])
    expect(await readJudgement(ann, evaluator, jobId)).toMatchObject({ accepted: true, isSettled: false })
    await net.advanceSeconds(judgementWindowSeconds)
    await again.judge.look()
    await one.judge.look()
    expect(await net.dollarsOf(pat.address)).toBe(before + price)
    expect((await readJob(ann, jobId)).status).toBe('completed')
    for (const each of [liar, one, again]) await each.end()
  })

  it('refuse what fails the check, and say so again when it is disputed', async () => {
    const bad = utf8ToBytes('no object')
    serve(bad)
    const jobId = await submitted(check, bad)
    const one = await seat('one')
    const two = await seat('two', () => [one])
    await one.judge.look()
    await two.judge.look()
    expect(await readJudgement(ann, evaluator, jobId)).toMatchObject(refusedBy('json'))
    const bond = await new JobClient(pat, net.clock, systemRandom).dispute(jobId)
    await net.advanceSeconds(2)
    const before = await net.dollarsOf(ann.address)
    await one.judge.look()
    await two.judge.look()
    expect(two.events).toMatchObject([
      { kind: 'signed', round: 0, accepted: false },
      { kind: 'recorded' },
      { kind: 'signed', round: 1, accepted: false },
    ])
    expect((await readJob(ann, jobId)).status).toBe('rejected')
    expect(await net.dollarsOf(ann.address)).toBe(before + price + bond)
    for (const each of [one, two]) await each.end()
  })

  it('keep silent about what they cannot check, and give the money back at the end of a job that came too late', async () => {
    const secret = utf8ToBytes('{"title":"kept back"}')
    serve(good)
    const jobs = [
      await submitted('Sing well.', good),
      await submitted('Sing.\ncheck: melody in-tune', good),
      await submitted(check, secret, { provider: await net.fund('mute') }),
      await submitted('check: json title,__proto__ x', good),
    ]
    const late = await submitted(check, good, { seconds: 3 * judgementWindowSeconds - 1 })
    const one = await seat('one')
    await one.judge.look()
    const abstained = one.events.map((event) => (event.kind === 'abstains' ? [event.jobId, event.reason] : []))
    expect(abstained.sort(([a = 0n], [b = 0n]) => (a < b ? -1 : 1))).toEqual([
      [jobs[0], 'its terms name no check'],
      [jobs[1], 'the check "melody" is not made here'],
      [jobs[2], 'nobody serves what was delivered'],
      [jobs[3], 'the check "json" cannot be made as it is written'],
      [late, 'it was handed in too late to be judged; its money goes back at its end'],
    ])
    const before = await net.dollarsOf(ann.address)
    await net.advanceSeconds(3 * judgementWindowSeconds)
    await one.judge.look()
    expect(one.events.at(-1)).toEqual({ kind: 'refunded', jobId: late })
    expect(await net.dollarsOf(ann.address)).toBe(before + price)
    await one.end()
  })

  it('lose no honest job to a stranger that serves nothing, and leave it alone for a while', async () => {
    served.clear()
    const one = await seat('one')
    const asked: bigint[] = []
    let free = (): void => undefined
    const held = new Promise<void>((resolve) => {
      free = resolve
    })
    const fetchSlowly = async ({ jobId }: JobRecord): Promise<Uint8Array> => {
      asked.push(jobId)
      if (jobId === honest) return good
      await held
      throw new Error('serves nothing')
    }
    const { account, book, events } = one
    const judge = new JobJudge({
      ...{ account, netuid, book, clock: { nowMs: () => nowMs }, turnMs: 0, checkers: jobCheckers },
      fetchDeliverable: fetchSlowly,
      peers: async () => [],
      fetchVote: () => Promise.reject(new Error('nobody')),
      onEvent: (event) => events.push(event),
    })
    let nowMs = net.clock.nowMs()
    const eve = await net.fund('eve')
    const hanging: bigint[] = []
    for (let place = 0; place < 3; place++)
      hanging.push(await submitted(check, utf8ToBytes(`{"title":"${place}"}`), { provider: eve }))
    const honest = await submitted(check, good)
    nowMs = net.clock.nowMs()
    const look = judge.look()
    const isSigned = (): boolean => events.some((event) => event.kind === 'signed' && event.jobId === honest)
    await expect.poll(isSigned, { timeout: 10_000 }).toBe(true)
    free()
    await look
    const askedOf = (jobs: readonly bigint[]): number => asked.filter((jobId) => jobs.includes(jobId)).length
    expect([askedOf([honest]), askedOf(hanging)]).toEqual([1, 3])
    await judge.look()
    expect(askedOf(hanging)).toBe(3)
    nowMs += (judgementWindowSeconds * 1_000) / 8
    await judge.look()
    expect(askedOf(hanging)).toBeGreaterThan(3)
    await one.end()
  })

  it('count no vote of a stranger, and read none that is not as it must be', async () => {
    serve(good)
    const jobId = await submitted(check, good)
    const one = await seat('one')
    const two = await seat('two')
    await two.judge.look()
    // A validator's vote that others show for it counts once; one by an account without weight does not.
    const stranger = await listen((_, response) => {
      const { verdict } = two.book.find(evaluator, jobId, 0) as NonNullable<ReturnType<VerdictBook['find']>>
      const { signature } = signVerdict(net.network.chainId, evaluator, verdict, pat.secretKey)
      response.end(JSON.stringify(voteToJson({ verdict, signature })))
    })
    const noise = await listen((_, response) => response.end('{"jobId":1e99,"signature":"0x"}'))
    const seen: Seat[] = [stranger, noise].map((door) => ({ ...two, ...door }) as unknown as Seat)
    const judge = await seat('liar', () => seen)
    await judge.judge.look()
    const events = judge.events.filter((event) => 'jobId' in event && event.jobId === jobId)
    expect(events).toMatchObject([{ kind: 'signed', accepted: true }])
    expect(await readJudgement(ann, evaluator, jobId)).toMatchObject({ finalAtSeconds: 0 })
    expect(parseVote(utf8ToBytes('[]'), jobId, 0)).toBeUndefined()
    const place = verdictUrl(two.url, evaluator, jobId, 0)
    const shown = (await (await fetch(place)).json()) as object
    expect(parseVote(utf8ToBytes(JSON.stringify(shown)), jobId, 0)).toMatchObject({ verdict: { jobId, round: 0 } })
    expect(parseVote(utf8ToBytes(JSON.stringify({ ...shown, v: 2 })), jobId, 0)).toBeUndefined()
    const posted = await fetch(place, { method: 'POST', body: '{}' })
    expect([posted.status, await posted.json()]).toMatchObject([405, { error: { code: 'http/method-not-allowed' } }])
    const none = await fetch(verdictUrl(two.url, evaluator, jobId, 1))
    const error = { code: 'agents/no-verdict', message: expect.stringContaining(`job ${jobId}`), retry: 'never' }
    expect([none.status, await none.json()]).toMatchObject([404, { error }])
    for (const { server } of [stranger, noise]) server.close()
    for (const each of [one, two, judge]) await each.end()
  })
})

function signedBy(name: (typeof names)[number], verdict: Parameters<typeof signVerdict>[2]) {
  return {
    verdict,
    signature: signVerdict(net.network.chainId, evaluator, verdict, accounts[name].secretKey).signature,
  }
}
