/** What page and command line tell of agents, from a real ledger, a real index, real files and real payments; and strangers who misuse it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registerAgent, setAgentUri } from '@koinon/agents/client'
import { AgentBook, createIdentityDoor } from '@koinon/agents/provider'
import { type AgentContent, buildRegistrationFile, type RegistrationFile, signAgentRecord } from '@koinon/agents/rules'
import { type PaidAgents, startPaidAgents } from '@koinon/agents/testing'
import { bytesToHex, hexToBytes, keccak256, utf8ToBytes } from '@koinon/base'
import { identityRegistryAbi, reputationRegistryAbi, validationRegistryAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestIndex } from '../../testing/indexed.ts'
import { createJobViews } from '../jobs/jobs-json.ts'
import { createLogIndexClient } from '../log-index-client.ts'
import { agentDetail } from './agent-detail-json.ts'
import { AgentFiles, listingOptions } from './agent-files.ts'
import { type AgentTrust, readAgentTrust } from './agent-trust.ts'
import { agentViewRoutes } from './agent-view-routes.ts'
import { chooseAgents, rankAgents, readDirectory } from './agents-json.ts'
import { createListingDesk } from './listing-desk.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-agent-views-'))
const clock = { atMs: Date.now(), nowMs: () => clock.atMs }
let world: PaidAgents
let seller: Awaited<ReturnType<PaidAgents['account']>>
let payer: Awaited<ReturnType<PaidAgents['account']>>
let fake: Awaited<ReturnType<PaidAgents['account']>>
let sellerId: string
let server: Server
let origin: string
let asked: string[] = []
/** While it is there, files are held back. */
let held: Promise<void> | undefined
let index: Awaited<ReturnType<typeof openTestIndex>>
let book: AgentBook
let sources: Parameters<typeof agentDetail>[0]
let trust: AgentTrust | undefined
beforeAll(async () => {
  world = await startPaidAgents()
  ;[seller, payer, fake] = [await world.account(), await world.account(), await world.account()]
  let file: Omit<RegistrationFile, 'type'>
  const door = createIdentityDoor({ registrationFile: () => buildRegistrationFile(file) })
  server = createServer(async (request, response) => {
    asked.push(request.url ?? '')
    await held
    if (request.url === '/big') response.end('x'.repeat(200_000))
    else if (!door(request, response)) response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const uri = `${origin}/.well-known/agent-registration.json`
  const agentId = await registerAgent(world.member(seller), uri)
  sellerId = `${agentId}`
  const { chainId, contracts } = world.chain.network
  file = {
    name: 'Translator\u200B of Attic',
    description: 'Translates',
    image: 'https://tracker.example/pixel.png',
    services: [{ name: 'A2A', endpoint: `${origin}/card` }],
    x402Support: true,
    active: true,
    registrations: [{ agentId, agentRegistry: `eip155:${chainId}:${contracts.identity}` }],
    supportedTrust: [],
  }
  const view = { network: world.chain.network, reader: world.chain.reader }
  index = await openTestIndex(view, folder)
  book = new AgentBook({ chainId, clock })
  const files = new AgentFiles(view, clock)
  const jobs = createJobViews({ view, index, clock })
  sources = { view, index, files, book, clock, jobs, trust: async () => (trust ??= await trustOf(view)) }
}, 120_000)
afterAll(async () => {
  server?.closeAllConnections()
  server?.close()
  await index?.close()
  await world?.chain.close()
  rmSync(folder, { recursive: true, force: true })
})

/** From where the payer stands: this network has no validators. */
async function trustOf(view: { network: PaidAgents['chain']['network']; reader: PaidAgents['chain']['reader'] }) {
  const { readTrust } = await import('@koinon/agents/client')
  const { trustScores } = await import('@koinon/agents/rules')
  const input = await readTrust(view, [{ account: payer.address, weight: 1n }])
  return {
    from: { netuid: 1, validators: 1 },
    scores: new Map(trustScores(input).map((score) => [score.agentId, score])),
    wallets: new Map(input.agents.map(({ agentId, wallet }) => [agentId, wallet])),
  }
}

async function rate(who: typeof payer, value: bigint): Promise<void> {
  await who.sender.call({
    address: world.chain.network.contracts.reputation,
    abi: reputationRegistryAbi,
    functionName: 'giveFeedback',
    args: [BigInt(sellerId), value, 0, 'starred', '', '', '', `0x${'00'.repeat(32)}`],
  })
}

function announce(account: typeof seller, content: Partial<AgentContent>, lifeMs = 600_000): void {
  const record = {
    chainId: world.chain.network.chainId,
    account: account.address,
    content: { name: 'Scribe', description: 'Writes', endpoints: [], services: [], ...content },
    issuedAtMs: clock.atMs,
    expiresAtMs: clock.atMs + lifeMs,
  }
  book.add(signAgentRecord(hexToBytes(account.privateKey), record), undefined)
}

describe('agents as they are shown', () => {
  it('are there before their files are, and take their names from them when these come, whatever was ranked before', async () => {
    let letGo = () => {}
    held = new Promise((resolve) => {
      letGo = resolve
    })
    const early = { ...sources, files: new AgentFiles(sources.view, clock) }
    const ranked = await rankAgents(early)
    const [unread] = (await readDirectory(early, ranked)).agents
    expect(unread).toMatchObject({ account: seller.address, name: 'agent 0', isBeingRead: true, state: 'unknown' })
    held = undefined
    letGo()
    const [read] = (await readDirectory(early, ranked)).agents
    expect([read?.name, read?.isBeingRead]).toEqual(['Translator\\u{200b} of Attic', undefined])
  })

  it('are not being read for ever where looking fails, and are looked at again half a minute later', async () => {
    let asks = 0
    const silent = new Proxy(sources.view.reader, {
      get: () => {
        asks += 1
        throw new Error('the ledger is silent')
      },
    })
    const cut = { ...sources, files: new AgentFiles({ ...sources.view, reader: silent }, clock) }
    const look = async () => (await readDirectory(cut, await rankAgents(sources))).agents[0]
    const failed = await look()
    expect([failed?.state, failed?.isBeingRead, failed?.lastCheck]).toEqual(['unknown', undefined, undefined])
    const before = asks
    expect(before).toBeGreaterThan(0)
    clock.atMs += 29_000
    await look()
    expect(asks).toBe(before)
    clock.atMs += 1_000
    await look()
    expect(asks).toBeGreaterThan(before)
  })

  it('are put together once a second at most, however many ask', async () => {
    let lists = 0
    const counted = {
      list: () => {
        lists += 1
        return book.list()
      },
    }
    const { view } = sources
    const ask = async () => Promise.reject(new Error('nobody asks this'))
    const given = { network: view.network, netuid: 1, index, book: counted, quotes: undefined, clock, ask }
    const [route] = agentViewRoutes(given)
    const get = (words: string) =>
      route?.answer({ url: `/api/agents?words=${words}`, headers: {} } as never, '/api/agents')
    const answers = await Promise.all([get(''), get('nobody'), get('')])
    expect(answers.map((answer) => (answer as { matching: number }).matching)).toEqual([1, 0, 1])
    await get('')
    expect(lists).toBe(1)
    clock.atMs += 1_000
    await get('')
    expect(lists).toBe(2)
  })

  it('tell what the file says, as text, with what was checked, and ask it no more often than is good', async () => {
    const { agents, total } = chooseAgents(await readDirectory(sources), {})
    expect(total).toBe(1)
    expect(agents).toMatchObject([
      {
        ...{ key: sellerId, owner: seller.address, wallet: seller.address, state: 'answers', takesX402: true },
        ...{ name: 'Translator\\u{200b} of Attic', endpoints: [{ protocol: 'a2a', url: `${origin}/card` }] },
        lastCheck: { atMs: clock.atMs, failed: 0 },
      },
    ])
    expect(JSON.stringify(agents)).not.toContain('tracker.example')
    const looks = asked.length
    await readDirectory(sources)
    await readDirectory(sources)
    expect(asked.length).toBe(looks)
    const detail = await agentDetail(sources, sellerId)
    expect(detail.checks.find(({ name }) => name === 'a2a')).toMatchObject({
      state: 'fail',
      nextStep: expect.stringContaining('agent card'),
    })
    expect(detail.lastCheck?.failed).toBe(1)
    const whole = asked.length
    await Promise.all([agentDetail(sources, sellerId), agentDetail(sources, sellerId)])
    expect(asked.length).toBe(whole)
  })

  it('are online while their record holds, with services and prices, and expired after', async () => {
    const services = [
      { name: 'translate', description: 'Attic to English', pricePicoUsd: '20000000000' },
      { name: 'hello', description: 'free', pricePicoUsd: '0' },
    ]
    announce(seller, {
      services,
      endpoints: [{ protocol: 'mcp', url: `${origin}/mcp`, digest: `0x${'11'.repeat(32)}` }],
    })
    announce(fake, { services: [{ name: 'write', description: '', pricePicoUsd: '5' }] }, 60_000)
    const found = async (query: Parameters<typeof chooseAgents>[1]) =>
      chooseAgents(await readDirectory(sources), query).agents.map(({ key, state }) => [key, state])
    expect(await found({})).toEqual([
      [sellerId, 'online'],
      [fake.address, 'online'],
    ])
    expect(await found({ words: 'attic ENGLISH' })).toEqual([[sellerId, 'online']])
    for (const words of ['pricePicoUsd', 'protocol', '/mcp', seller.address]) expect(await found({ words })).toEqual([])
    expect(await found({ protocol: 'MCP' })).toEqual([[sellerId, 'online']])
    expect(await found({ protocol: 'x402' })).toEqual([[sellerId, 'online']])
    expect(await found({ words: 'write', maximumPicoUsd: 5n })).toEqual([[fake.address, 'online']])
    expect(await found({ words: 'write', maximumPicoUsd: 4n })).toEqual([])
    expect(await agentDetail(sources, fake.address)).toMatchObject({ name: 'Scribe', checks: [], jobs: [] })
    clock.atMs += 61_000
    expect(await found({ sort: 'new' })).toEqual([[sellerId, 'online']])
    await expect(agentDetail(sources, fake.address)).rejects.toMatchObject({ code: 'agents/no-agent' })
    clock.atMs += 600_000
    expect(await found({})).toEqual([[sellerId, 'expired']])
  })

  it('show whose rating counted and why another did not, and who validated', async () => {
    await world.pay(payer, seller, 3)
    await rate(payer, 90n)
    await rate(fake, 1n)
    const requestHash = bytesToHex(keccak256(utf8ToBytes('work')))
    const on = { address: world.chain.network.contracts.validation, abi: validationRegistryAbi } as const
    const asks = [payer.address, BigInt(sellerId), `${origin}/work`, requestHash] as const
    await seller.sender.call({ ...on, functionName: 'validationRequest', args: asks })
    const says = [requestHash, 100, '', `0x${'00'.repeat(32)}`, 'koinon\u202E receipt'] as const
    await payer.sender.call({ ...on, functionName: 'validationResponse', args: says })
    trust = undefined
    const detail = await agentDetail(sources, sellerId)
    expect(detail.trust).toMatchObject({ rank: 1, agents: 1, counted: 1, leftOut: 1 })
    expect(detail.trust?.scoreMicro).toBeGreaterThan(500_000)
    expect(detail.ratings).toEqual([
      { reviewer: payer.address, valueMicro: 900_000, paidAtomic: '30000', weightPpm: expect.any(Number) },
      { reviewer: fake.address, valueMicro: 10_000, reason: 'noPayment', paidAtomic: '0' },
    ])
    expect(detail.validations).toMatchObject([
      { validator: payer.address, response: 100, tag: 'koinon\\u{202e} receipt' },
    ])
    expect(detail.validations[0]).toMatchObject({ requestHash, answeredAtMs: expect.any(Number) })
  })

  it('are neutral where no validators stand, and the same from the ledger alone', async () => {
    const none = await readAgentTrust(sources.view, 1)
    expect([none.from.validators, none.scores.get(sellerId)?.scoreMicro]).toEqual([0, 500_000])
    const logs = { ...sources, index: await createLogIndexClient(world.chain.network) }
    expect((await readDirectory(logs)).agents).toEqual((await readDirectory(sources)).agents)
  })

  it('follow an agent to its next owner, whose it is without a wallet', async () => {
    const { identity } = world.chain.network.contracts
    const next = await world.account()
    const transfer = [seller.address, next.address, BigInt(sellerId)] as const
    await seller.sender.call({
      address: identity,
      abi: identityRegistryAbi,
      functionName: 'transferFrom',
      args: transfer,
    })
    await setAgentUri(world.member(next), BigInt(sellerId), `${origin}/big`)
    trust = undefined
    const [agent] = (await readDirectory(sources)).agents
    expect(agent).toMatchObject({ owner: next.address, account: next.address, state: 'silent' })
    expect([agent?.wallet, agent?.trust]).toEqual([undefined, undefined])
    expect((await agentDetail(sources, sellerId)).checks).toMatchObject([
      { name: 'wallet', state: 'fail' },
      { name: 'file', state: 'fail', detail: expect.stringContaining('answers with more than') },
    ])
  })
})

describe('check my listing', () => {
  const stranger = { address: '203.0.113.9', isOwnPage: false }
  const own = { address: '127.0.0.1', isOwnPage: true }

  it('asks addresses of this machine for its own page, and for nobody else', async () => {
    const check = createListingDesk(sources.view, clock)
    asked = []
    expect(await check(`${origin}/nothing`, own)).toMatchObject({ checks: [{ name: 'file', state: 'fail' }] })
    expect(asked).toEqual(['/nothing'])
    for (const target of [
      origin,
      'https://127.0.0.1:1/x',
      'https://[::1]/',
      'https://169.254.169.254/',
      'http://10.0.0.1',
    ])
      expect((await check(target, stranger)).checks, target).toMatchObject([{ name: 'file', state: 'fail' }])
    expect(asked).toEqual(['/nothing'])
  })

  it('asks none on a network that is not wholly on this machine, not even for its own page', async () => {
    const { network } = sources.view
    expect(listingOptions(network).allowPrivate).toBe(true)
    const exposed = { ...network, gatewayUrl: 'https://gateway.example' }
    expect(listingOptions(exposed).allowPrivate).toBe(false)
    // A node of this machine for a chain on which anybody registers.
    expect(listingOptions({ ...network, chainKind: 'external' }).allowPrivate).toBe(false)
    asked = []
    await createListingDesk({ ...sources.view, network: exposed }, clock)(origin, own)
    expect(asked).toEqual([])
  })

  it('is for each stranger a few times a minute, and says when again', async () => {
    const check = createListingDesk(sources.view, clock)
    for (let look = 0; look < 6; look++) await check('https://10.0.0.1/', stranger)
    await expect(check('https://10.0.0.1/', stranger)).rejects.toMatchObject({
      code: 'api/rate-limited',
      details: { status: 429 },
    })
    await check('https://10.0.0.1/', { ...stranger, address: '203.0.113.10' })
    await check(sellerId, own)
  })

  it('says what a listing is', async () => {
    for (const target of ['', ' ', 7, undefined, 'x'.repeat(3_000)]) {
      const asking = createListingDesk(sources.view, clock)(target, own)
      await expect(asking).rejects.toMatchObject({ code: 'api/bad-listing' })
    }
  })

  it('says what is no agent', async () => {
    const check = createListingDesk(sources.view, clock)
    await expect(check('99', own)).rejects.toMatchObject({ code: 'agents/no-agent' })
    await expect(check('file:///etc/passwd', own)).rejects.toMatchObject({ code: 'agents/bad-agent-id' })
  })
})
