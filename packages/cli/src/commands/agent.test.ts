import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registerAgent } from '@koinon/agents/client'
import { createIdentityDoor } from '@koinon/agents/provider'
import { buildRegistrationFile, type RegistrationFile } from '@koinon/agents/rules'
import { type PaidAgents, startPaidAgents } from '@koinon/agents/testing'
import { existingAccountKey, openHome } from '@koinon/node/home'
import { bundleToJson } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-cli-agent-'))
let world: PaidAgents
let seller: Awaited<ReturnType<PaidAgents['account']>>
let payer: Awaited<ReturnType<PaidAgents['account']>>
let sellerId: bigint
let server: Server
let origin: string
let file: Omit<RegistrationFile, 'type'>
const answers = new Map<
  string,
  { readonly status: number; readonly headers?: Record<string, string>; readonly body: string }
>()
beforeAll(async () => {
  world = await startPaidAgents()
  const home = openHome(join(folder, 'home'))
  writeFileSync(home.networkFile, JSON.stringify(world.chain.network))
  ;[payer, seller] = [await world.account(), await world.account()]
  writeFileSync(
    join(home.keys, 'wallet.json'),
    JSON.stringify({ address: payer.address, privateKey: payer.privateKey }),
    { mode: 0o600 },
  )
  const door = createIdentityDoor({ registrationFile: () => buildRegistrationFile(file) })
  server = createServer((request, response) => {
    const found = answers.get(request.url ?? '')
    if (found !== undefined) response.writeHead(found.status, found.headers).end(found.body)
    else if (!door(request, response)) response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  sellerId = await registerAgent(world.member(seller), `${origin}/.well-known/agent-registration.json`)
  const { chainId, contracts } = world.chain.network
  file = {
    name: 'Seller',
    description: '',
    image: '',
    services: [
      { name: 'A2A', endpoint: `${origin}/card` },
      { name: 'MCP', endpoint: `${origin}/mcp` },
      { name: 'web', endpoint: `${origin}/paid` },
      { name: 'web', endpoint: `${origin}/openapi.json` },
    ],
    x402Support: true,
    active: true,
    registrations: [{ agentId: sellerId, agentRegistry: `eip155:${chainId}:${contracts.identity}` }],
    supportedTrust: [],
  }
}, 120_000)
afterAll(async () => {
  server?.closeAllConnections()
  server?.close()
  await world?.chain.close()
  rmSync(folder, { recursive: true, force: true })
})

const agent = (...args: readonly string[]) => runKoinon(join(folder, 'home'), 'agent', ...args)
async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  return (JSON.parse((await agent('--json', ...args)).stdout) as { data: Record<string, unknown> }).data
}
const states = (data: Record<string, unknown>) =>
  Object.fromEntries((data['checks'] as { name: string; state: string }[]).map(({ name, state }) => [name, state]))
/** What asks for 0.002 dollars, or for as much as is given. */
const sale = (amount = '2000') => {
  const { chainId, contracts } = world.chain.network
  const term = { scheme: 'exact', network: `eip155:${chainId}`, asset: contracts.dollar, payTo: seller.address, amount }
  const header = Buffer.from(JSON.stringify({ x402Version: 2, accepts: [term] })).toString('base64')
  return { status: 402, headers: { 'payment-required': header }, body: '' }
}
const terms = (payTo: string) =>
  Buffer.from(
    JSON.stringify({ x402Version: 2, accepts: [{ scheme: 'exact', network: 'eip155:424242', asset: '0x', payTo }] }),
  ).toString('base64')

describe('koinon agent', () => {
  it('registers, finds a listing whole, and lists it', async () => {
    const id = await json('register', '--uri', `${origin}/.well-known/agent-registration.json`)
    expect(id).toMatchObject({ owner: payer.address, wallet: payer.address })
    expect((await agent('--json', 'register', '--uri', 'https://x.example')).stdout).toContain('usage/agent-exists')
    expect((await agent('list')).stdout).toContain(seller.address)
    expect((await agent('show', `${sellerId}`)).stdout).toMatch(/name +Seller/)
    answers.set('/card', { status: 200, body: JSON.stringify({ name: 'x', skills: [] }) })
    const result = { jsonrpc: '2.0', id: 1, result: { protocolVersion: '2025-06-18' } }
    const stream = { 'content-type': 'text/event-stream' }
    answers.set('/mcp', { status: 200, headers: stream, body: `event: message\ndata: ${JSON.stringify(result)}\n\n` })
    answers.set('/paid', { status: 402, headers: { 'payment-required': terms(seller.address) }, body: '' })
    const words = { post: { responses: { '402': { description: 'Costs 0.002 dollars' } } } }
    const openApi = { openapi: '3.1.0', paths: { '/services/words': words } }
    answers.set('/openapi.json', { status: 200, body: JSON.stringify(openApi) })
    answers.set('/services/words', sale())
    const checked = await json('check', origin)
    expect(states(checked)).toEqual({
      same: 'pass',
      wallet: 'pass',
      file: 'pass',
      content: 'notChecked',
      registration: 'pass',
      domain: 'pass',
      a2a: 'pass',
      mcp: 'pass',
      x402: 'pass',
      tool: 'pass',
    })
    expect((await agent('--json', 'check', origin, '--pay', 'poems')).stdout).toContain('usage/no-priced-service')
  })

  it('says of a listing that lies what is wrong and what to do', async () => {
    answers.set('/card', { status: 200, body: '<html>' })
    answers.set('/mcp', { status: 404, body: '' })
    answers.set('/paid', { status: 402, headers: { 'payment-required': '%%%' }, body: '' })
    answers.set('/services/words', sale('3000'))
    const { code, stdout } = await agent('check', origin)
    expect(code).toBe(1)
    expect(stdout).toContain('4 CHECKS FAILED')
    expect(stdout).toContain('words asks for 0.003 dollars, and its listing says 0.002')
    expect(stdout).toContain('- mcp: Answer an MCP initialize request there')
    answers.set('/paid', { status: 402, headers: { 'payment-required': terms(payer.address) }, body: '' })
    expect(states(await json('check', `${sellerId}`))).toMatchObject({ x402: 'fail', a2a: 'fail', mcp: 'fail' })
    expect(states(await json('check', `${origin}/nothing`))).toEqual({ file: 'fail' })
  })

  it('rates what was paid for, and explains whose word counts', async () => {
    const [bundle] = await world.pay(payer, seller, 3)
    const [other] = await world.pay(seller, payer, 1)
    const receipt = join(folder, 'receipt.json')
    writeFileSync(receipt, JSON.stringify(bundleToJson(bundle as NonNullable<typeof bundle>)))
    writeFileSync(join(folder, 'other.json'), JSON.stringify(bundleToJson(other as NonNullable<typeof other>)))
    const foreign = await agent('--json', 'rate', `${sellerId}`, '90', '--receipt', join(folder, 'other.json'))
    expect(foreign.stdout).toContain('agents/not-payer')
    const { networkFile } = openHome(join(folder, 'home'))
    writeFileSync(networkFile, JSON.stringify({ ...world.chain.network, isTest: false }))
    try {
      const asked = await agent('--json', 'rate', `${sellerId}`, '97.5', '--receipt', receipt)
      expect(asked.stdout).toContain('cli/needs-confirmation')
    } finally {
      writeFileSync(networkFile, JSON.stringify(world.chain.network))
    }
    expect(await json('rate', `${sellerId}`, '97.5', '--receipt', receipt)).toMatchObject({
      value: '9750',
      tag: 'starred',
    })
    const trust = await json('trust', `${sellerId}`)
    expect(trust).toMatchObject({ counted: [{ reviewer: payer.address, valueMicro: 975_000 }], leftOut: [] })
    expect(await json('trust', `${sellerId}`, '--files', '--content-gateway', origin)).toMatchObject({
      counted: [],
      files: [{ counts: false }],
    })
    const folderOf = join(folder, 'home', 'documents')
    for (const cid of readdirSync(folderOf))
      answers.set(`/ipfs/${cid}`, { status: 200, body: readFileSync(join(folderOf, cid), 'utf8') })
    expect(await json('trust', `${sellerId}`, '--files', '--content-gateway', origin)).toMatchObject({
      counted: [{ reviewer: payer.address }],
      files: [{ reviewer: payer.address, counts: true }],
    })
    const { stdout } = await agent('trust', `${sellerId}`, '--from', `0x${'99'.repeat(20)}`)
    expect(stdout).toContain('nobody who is trusted sold anything to it')
    expect(existingAccountKey(openHome(join(folder, 'home')), 'wallet').address).toBe(payer.address)
  })

  it.each([
    [['rate', '0', '101', '--transaction', '0x'], 'usage/bad-number', 2],
    [['rate', '0', '50'], 'usage/one-of', 2],
    [['rate', '0', '50', '--transaction', '0x1'], 'usage/bad-hash', 2],
    [['rate', '0', '50', '--tag', 'responseTime'], 'usage/unknown-tag', 2],
    [['register'], 'usage/one-of', 2],
    [['register', '--another', '--uri', 'data:,x'], 'agents/bad-agent-uri', 1],
    [['show', '99'], 'agents/no-agent', 1],
    [['show', 'x'], 'agents/bad-agent-id', 1],
    [['trust', '99'], 'agents/no-wallet', 1],
  ])('explains %j', async (args, errorCode, exitCode) => {
    const { code, stdout } = await agent('--json', ...args)
    const { error } = JSON.parse(stdout) as { error: { code: string; hint?: string } }
    expect({ code, error: error.code }).toEqual({ code: exitCode, error: errorCode })
    expect(error.hint).toBeDefined()
  })
})
