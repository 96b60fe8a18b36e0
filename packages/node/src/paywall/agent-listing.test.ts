import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findAgentOf, keepAgent, readAgent } from '@koinon/agents/client'
import { systemRandom } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { identityRegistryAbi } from '@koinon/ledger/abis'
import { listen, startNetwork, type TestNetwork } from '@koinon/payments/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Home, openHome } from '../home/home.ts'
import { type AccountKey, accountKey } from '../home/secrets.ts'
import { openMembership } from '../joined/joined-node.ts'
import { AgentListing, lockAgent } from './agent-listing.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-listing-'))
const url = 'http://127.0.0.1:5001'
let chain: TestNetwork
let funder: Awaited<ReturnType<TestNetwork['fund']>>
let homes = 0
beforeAll(async () => {
  chain = await startNetwork()
  funder = await chain.fund('funder')
}, 60_000)
afterAll(async () => {
  await chain.close()
  rmSync(folder, { recursive: true, force: true })
})

type Agent = { readonly home: Home; readonly key: AccountKey; readonly said: string[] }

async function agentWith(gasWei: bigint): Promise<Agent> {
  const home = openHome(join(folder, `${homes++}`))
  const key = accountKey(home, 'agent-words', systemRandom)
  if (gasWei > 0n) await funder.sender.send({ to: key.address, value: gasWei }, 'gas')
  return { home, key, said: [] }
}

function listing({ home, key, said }: Agent, more: { network?: NetworkFile; wallet?: AccountKey } = {}): AgentListing {
  const typed = (text: string): string => text.replace('koinon', 'npx koinon')
  return new AgentListing({ home, key, network: chain.network, say: (text) => said.push(text), typed, ...more })
}

const ownedBy = ({ key }: Agent): Promise<bigint> =>
  chain.reader.readContract({
    address: chain.network.contracts.identity,
    abi: identityRegistryAbi,
    functionName: 'balanceOf',
    args: [key.address],
  })
const note = ({ home }: Agent): string => join(home.path, 'agent-words.json')
const membership = ({ key }: Agent) => openMembership(chain.network, key)

describe('the agent of a home on the ledger', () => {
  it('is registered once, keeps its id, and follows its address and its wallet', async () => {
    const agent = await agentWith(10n ** 18n)
    expect(listing(agent).known).toBeUndefined()
    const first = await listing(agent).register(url)
    expect(agent.said.join(' ')).toMatch(
      /Registered as eip155:\d+:0x[0-9a-f]{40}:\d+ .*agent-registration\.json\. See it: npx koinon agent/,
    )
    expect(listing(agent).known).toEqual(first)
    expect(await listing(agent).register(url)).toEqual(first)
    expect(agent.said.at(-1)).toMatch(/^Registered as before: /)
    const wallet = accountKey(agent.home, 'wallet', systemRandom)
    expect(await listing(agent, { wallet }).register('http://127.0.0.1:5002')).toEqual(first)
    const record = await readAgent(chain, first?.agentId as bigint)
    expect(record).toMatchObject({ owner: agent.key.address, wallet: wallet.address })
    expect(record.uri).toBe('http://127.0.0.1:5002/.well-known/agent-registration.json')
    expect(await ownedBy(agent)).toBe(1n)
  })

  it('is found again when the process died before the note, by its owner, whatever its wallet', async () => {
    const agent = await agentWith(10n ** 18n)
    const wallet = accountKey(agent.home, 'wallet', systemRandom)
    const { agentId } = await keepAgent(membership(agent), { uri: `${url}/file`, walletKey: wallet.secretKey })
    expect(await findAgentOf(chain, agent.key.address)).toBeUndefined()
    expect(existsSync(note(agent))).toBe(false)
    expect((await listing(agent, { wallet }).register(url))?.agentId).toBe(agentId)
    expect(await ownedBy(agent)).toBe(1n)
    writeFileSync(note(agent), '{"chainId":')
    expect((await listing(agent, { wallet }).register(url))?.agentId).toBe(agentId)
    expect(await ownedBy(agent)).toBe(1n)
  })

  it('waits for a transaction of the process before it, and sends none beside it', async () => {
    const agent = await agentWith(10n ** 18n)
    const account = membership(agent)
    let isUnderWay = true
    const reader: typeof account.reader = {
      ...account.reader,
      getTransactionCount: async (query) =>
        query.blockTag === 'pending' && isUnderWay ? 1 : account.reader.getTransactionCount(query),
    }
    const waiting = keepAgent({ ...account, reader }, { uri: url, patienceMs: 300 })
    await expect(waiting).rejects.toMatchObject({ code: 'agents/registration-under-way', retry: 'later' })
    expect(await ownedBy(agent)).toBe(0n)
    const { agentId } = await keepAgent(account, { uri: url })
    isUnderWay = false
    expect(await keepAgent({ ...account, reader }, { uri: url })).toEqual({ agentId, sent: [] })
  })

  it("does not believe a note that names somebody else's agent, or another chain's", async () => {
    const [victim, agent] = [await agentWith(10n ** 18n), await agentWith(10n ** 18n)]
    const theirs = await listing(victim).register(url)
    writeFileSync(note(agent), readFileSync(note(victim)))
    const mine = await listing(agent).register(`${url}/mine`)
    expect(mine?.agentId).not.toBe(theirs?.agentId)
    expect(await ownedBy(agent)).toBe(1n)
    const elsewhere = { ...chain.network, chainId: 7 }
    expect(listing(agent, { network: elsewhere }).known).toBeUndefined()
  })

  it('says which account needs gas where no faucet gives any, and goes on', async () => {
    const agent = await agentWith(0n)
    expect(await listing(agent).register(url)).toBeUndefined()
    expect(agent.said.at(-1)).toContain(`Not registered: The account ${agent.key.address} has nothing to pay gas with`)
    const gatewayUrl = 'http://127.0.0.1:9'
    expect(await listing(agent, { network: { ...chain.network, isTest: true, gatewayUrl } }).register(url)).toBe(
      undefined,
    )
    expect(agent.said.at(-1)).toContain(gatewayUrl)
  })

  it('tells what a faucet says as it says it', async () => {
    const error = { code: 'faucet/empty', message: 'ask koinon wallet send for some', retry: 'later' }
    const faucet = await listen((_, response) => void response.writeHead(503).end(JSON.stringify({ error })))
    const agent = await agentWith(0n)
    await listing(agent, { network: { ...chain.network, isTest: true, gatewayUrl: faucet.url } }).register(url)
    await faucet.close()
    expect(agent.said.at(-1)).toContain(`gave nothing: ${error.message}`)
  })

  it('registers no address that others cannot reach on a network of others', async () => {
    const agent = await agentWith(0n)
    const network = { ...chain.network, rpcUrl: 'https://rpc.example.org' }
    for (const address of [url, 'https://127.0.0.1:5001', 'http://agents.example.org'])
      expect(await listing(agent, { network }).register(address)).toBeUndefined()
    expect(agent.said).toEqual(Array(3).fill(expect.stringContaining('--public-url')))
  })

  it('is run by one process at a time', async () => {
    const { home } = await agentWith(0n)
    const release = await lockAgent(home, 'agent-words', 0)
    await expect(lockAgent(home, 'agent-words', 0)).rejects.toMatchObject({ code: 'agents/already-running' })
    release()
    ;(await lockAgent(home, 'agent-words', 0))()
  })
})
