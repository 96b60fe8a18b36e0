import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bytesToHex, sha256, utf8ToBytes } from '@koinon/base'
import { identityRegistryAbi } from '@koinon/ledger/abis'
import { type ContractsNetwork, startEmbedded, type TestAccount, withContracts } from '@koinon/ledger/testing'
import { createPublicClient, http } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ContentShelf, createIdentityDoor } from '../../provider/identity/identity-door.ts'
import { contentUri } from '../../rules/identity/content-uri.ts'
import { buildRegistrationFile, registrationFilePath } from '../../rules/identity/registration-file.ts'
import {
  agentRefOf,
  findAgentOf,
  listAgents,
  readAgent,
  registerAgent,
  setAgentUri,
  setAgentWallet,
} from './agent-registry.ts'
import { fetchDocument } from './fetch-document.ts'
import { isPublicAddress } from './public-address.ts'
import { resolveAgent } from './resolve-agent.ts'

let chain: ContractsNetwork
let server: Server
let origin: string
let answer: (
  path: string,
) => { status?: number; headers?: Record<string, string>; body: string | Uint8Array } | undefined
const shelf = new ContentShelf()
beforeAll(async () => {
  chain = await withContracts(await startEmbedded())
  server = createServer((request, response) => {
    const door = createIdentityDoor({ registrationFile: () => new Uint8Array(), shelf })
    if (request.url?.startsWith('/ipfs/') === true && door(request, response)) return
    const found = answer(request.url ?? '')
    if (found === undefined) return
    response.writeHead(found.status ?? 200, found.headers)
    response.end(found.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}, 60_000)
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await chain?.close()
})

const member = (account: TestAccount) => ({ network: chain.network, reader: chain.reader, sender: account.sender })
const local = { allowPrivate: true, timeoutMs: 2_000 }
const fileOf = (agentId: bigint, name = 'Answerer') => {
  const { chainId, registry } = agentRefOf(chain, agentId)
  return buildRegistrationFile({
    name,
    description: '',
    image: '',
    services: [{ name: 'A2A', endpoint: `${origin}/.well-known/agent-card.json` }],
    x402Support: false,
    active: true,
    registrations: [{ agentId, agentRegistry: `eip155:${chainId}:${registry}` }],
    supportedTrust: [],
  })
}
const states = (checks: readonly { name: string; state: string }[]) =>
  Object.fromEntries(checks.map(({ name, state }) => [name, state]))

describe('an agent on the ledger', () => {
  it('is registered, found, paid at a role key that agreed, moved, and listed', async () => {
    const owner = await chain.account()
    const roleKey = sha256(utf8ToBytes('role key'))
    const agentId = await registerAgent(member(owner), `${origin}/a.json`)
    expect(await findAgentOf(chain, owner.address)).toBe(agentId)
    const wallet = await setAgentWallet(member(owner), agentId, roleKey)
    expect(await readAgent(chain, agentId)).toMatchObject({ owner: owner.address, wallet, uri: `${origin}/a.json` })
    await setAgentUri(member(owner), agentId, contentUri(fileOf(agentId)))
    expect(await listAgents(chain)).toContainEqual({ agentId, owner: owner.address, uri: contentUri(fileOf(agentId)) })
  })

  it.each(['data:application/json;base64,e30=', 'agent.json', 'ftp://x/y', ''])(
    'does not register "%s"',
    async (uri) => {
      await expect(registerAgent(member(await chain.account()), uri)).rejects.toMatchObject({
        code: 'agents/bad-agent-uri',
      })
    },
  )

  it('says that there is none', async () => {
    await expect(readAgent(chain, 10n ** 9n)).rejects.toMatchObject({ code: 'agents/no-agent' })
    const nobody = createPublicClient({
      chain: chain.reader.chain,
      transport: http('http://127.0.0.1:9', { retryCount: 0 }),
    })
    const silent = readAgent({ network: chain.network, reader: nobody }, 0n)
    await expect(silent).rejects.toMatchObject({ code: 'ledger/rpc-unreachable', retry: 'later' })
  })
})

describe('resolving', () => {
  it('passes a file that its own domain serves', async () => {
    const agentId = await registerAgent(member(await chain.account()), `${origin}${registrationFilePath}`)
    answer = () => ({ body: fileOf(agentId) })
    const { file, checks } = await resolveAgent(chain, agentId, local)
    expect(file?.name).toBe('Answerer')
    expect(checks.find(({ name }) => name === 'file')?.detail).toMatch(/"Answerer", \d endpoints?$/)
    expect(states(checks)).toEqual({
      wallet: 'pass',
      file: 'pass',
      content: 'notChecked',
      registration: 'pass',
      domain: 'pass',
    })
    const found = checks.find(({ name }) => name === 'registration')?.detail
    expect(found).toMatch(/^the file names eip155:.* among its registrations$/)
    for (const { state, detail } of checks) if (state === 'pass') expect(detail).not.toContain('should')
  })

  it('holds a file against the hash on the ledger, whoever gives it', async () => {
    const owner = await chain.account()
    const agentId = await registerAgent(
      member(owner),
      'ipfs://bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
    )
    await setAgentUri(member(owner), agentId, shelf.put(fileOf(agentId)))
    answer = () => ({ body: fileOf(agentId) })
    const honest = await resolveAgent(chain, agentId, { ...local, contentGateways: [origin] })
    expect(states(honest.checks)).toMatchObject({ content: 'pass', registration: 'pass', domain: 'pass' })
    await setAgentUri(member(owner), agentId, contentUri(fileOf(agentId, 'Another')))
    answer = () => ({ body: fileOf(agentId, 'Liar') })
    const lied = await resolveAgent(chain, agentId, { ...local, contentGateways: [origin] })
    expect(lied.file).toBeUndefined()
    expect(states(lied.checks)).toMatchObject({ file: 'fail' })
    expect(states((await resolveAgent(chain, agentId, local)).checks)).toMatchObject({ file: 'notChecked' })
  })

  it("shows an agent that copies another's file, or claims a domain that does not name it", async () => {
    const victim = await registerAgent(member(await chain.account()), `${origin}/victim.json`)
    const copy = await registerAgent(member(await chain.account()), `${origin}/victim.json`)
    answer = () => ({ body: fileOf(victim) })
    expect(states((await resolveAgent(chain, copy, local)).checks)).toMatchObject({ registration: 'fail' })
    const thief = await chain.account()
    const claimed = await registerAgent(member(thief), 'ipfs://b')
    await setAgentUri(member(thief), claimed, shelf.put(fileOf(claimed)))
    answer = (path) => (path === registrationFilePath ? { body: fileOf(victim) } : undefined)
    const { checks } = await resolveAgent(chain, claimed, { ...local, contentGateways: [origin] })
    expect(states(checks)).toMatchObject({ registration: 'pass', domain: 'fail' })
  })

  it('names no wallet after the agent was given away', async () => {
    const [giver, taker] = [await chain.account(), await chain.account()]
    const agentId = await registerAgent(member(giver), `${origin}/x`)
    const { identity } = chain.network.contracts
    await giver.sender.call({
      address: identity,
      abi: identityRegistryAbi,
      functionName: 'transferFrom',
      args: [giver.address, taker.address, agentId],
    })
    answer = () => ({ body: fileOf(agentId) })
    expect(states((await resolveAgent(chain, agentId, local)).checks)).toMatchObject({ wallet: 'fail' })
  })

  it.each([
    ['a page instead of a file', { body: '<html>' }],
    ['an error', { status: 500, body: '' }],
    ['more than it reads', { body: 'x'.repeat(100_000) }],
    ['an endless redirect', { status: 302, headers: { location: '/again' }, body: '' }],
    ['silence', undefined],
  ])('fails the file of a host that gives %s', async (_, given) => {
    const agentId = await registerAgent(member(await chain.account()), `${origin}/hostile`)
    answer = () => given
    const { file, checks } = await resolveAgent(chain, agentId, { ...local, timeoutMs: 300 })
    expect(file).toBeUndefined()
    expect(states(checks)).toMatchObject({ file: 'fail' })
  })
})

describe('fetching what strangers name', () => {
  it.each([
    'http://example.org/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/',
    'https://user:pass@example.org/',
    'file:///etc/passwd',
    'ftp://example.org',
  ])('never asks %s', async (url) => {
    await expect(fetchDocument(url)).rejects.toMatchObject({
      code: expect.stringMatching(/agents\/(bad-url|forbidden-address)/),
    })
  })

  it('judges the target of a redirect like the first address', async () => {
    answer = () => ({ status: 302, headers: { location: 'file:///etc/passwd' }, body: '' })
    await expect(fetchDocument(`${origin}/r`, local)).rejects.toMatchObject({ code: 'agents/bad-url' })
  })

  it.each([
    ['8.8.8.8', true],
    ['2606:4700::1111', true],
    ['100.64.0.1', false],
    ['::', false],
    ['fd00::1', false],
    ['fe80::1%eth0', false],
    ['2002:7f00:1::', false],
    ['64:ff9b::7f00:1', false],
    ['2001:0:4136:e378::', false],
    ['nonsense', false],
  ])('knows whether %s is public', (address, expected) => expect(isPublicAddress(address)).toBe(expected))
})

it('leaves no more than its room on a shelf', () => {
  const small = new ContentShelf(2)
  const uris = [1, 2, 3].map((value) => small.put(Uint8Array.of(value)))
  expect(uris.map((uri) => small.get(uri.slice('ipfs://'.length)) === undefined)).toEqual([true, false, false])
  expect(bytesToHex(small.get((uris[2] as string).slice('ipfs://'.length)) ?? new Uint8Array())).toBe('0x03')
})
