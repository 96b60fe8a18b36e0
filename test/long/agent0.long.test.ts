import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentRefOf, findAgentOf, readAgent, readFeedback, registerAgent, resolveAgent } from '@koinon/agents/client'
import { createIdentityDoor } from '@koinon/agents/provider'
import { agentRegistryOf, buildRegistrationFile } from '@koinon/agents/rules'
import { type ContractsNetwork, startEmbedded, withContracts } from '@koinon/ledger/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'

const packages = ['agent0-sdk@1.7.1', 'graphql@16']
const minuteMs = 60_000
let folder: string
let chain: ContractsNetwork
let server: Server
let origin: string
let fileOf: () => Uint8Array = () => new Uint8Array()
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-agent0-'))
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  await run('npm', ['install', ...packages, '--ignore-scripts', '--no-audit', '--no-fund'], 8 * minuteMs)
  chain = await withContracts(await startEmbedded())
  const door = createIdentityDoor({ registrationFile: () => fileOf() })
  server = createServer((request, response) => {
    if (!door(request, response)) response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}, 10 * minuteMs)
afterAll(async () => {
  server?.closeAllConnections()
  server?.close()
  await chain?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A program as its users write it, with the SDK as npm gives it. */
const program = `
import { SDK } from 'agent0-sdk'
const { chainId, rpcUrl, privateKey, identity, reputation, ours, uri } = JSON.parse(process.argv[2])
const sdk = new SDK({ chainId, rpcUrl, privateKey, registryOverrides: { [chainId]: { IDENTITY: identity, REPUTATION: reputation } } })
const found = await sdk.loadAgent(chainId + ':' + ours)
const card = found.getRegistrationFile()
const rated = await sdk.giveFeedback(chainId + ':' + ours, 97.5, 'starred', 'chat', card.endpoints[0]?.value)
const { result } = await rated.waitMined()
const own = sdk.createAgent('Stranger', 'An agent of another SDK')
const registered = await (await own.registerHTTP(uri)).waitMined()
const summary = await sdk.getReputationSummary(chainId + ':' + ours).catch((error) => ({ error: error.message }))
console.log(JSON.stringify({ name: card.name, active: card.active, endpoints: card.endpoints, feedback: result, registered: registered.result.agentId, summary }))
`

it('lets agent0-sdk find one of our agents, rate it and register its own', async () => {
  const [owner, stranger] = [await chain.account(), await chain.account()]
  const uri = `${origin}/.well-known/agent-registration.json`
  const ours = await registerAgent({ ...chain, sender: owner.sender }, uri)
  fileOf = () =>
    buildRegistrationFile({
      name: 'Ours',
      description: 'Answers.',
      image: '',
      services: [{ name: 'A2A', endpoint: `${origin}/.well-known/agent-card.json`, version: '1.0' }],
      x402Support: true,
      active: true,
      registrations: [{ agentId: ours, agentRegistry: agentRegistryOf(agentRefOf(chain, ours)) }],
      supportedTrust: ['reputation'],
    })
  const { chainId, rpcUrl, contracts } = chain.network
  const { identity, reputation } = contracts
  writeFileSync(join(folder, 'program.mjs'), program)
  const given = {
    chainId,
    rpcUrl,
    privateKey: stranger.privateKey,
    identity,
    reputation,
    ours: `${ours}`,
    uri: `${origin}/own.json`,
  }
  const output = await run('node', ['program.mjs', JSON.stringify(given)], 2 * minuteMs)
  const said = JSON.parse(output.trim().split('\n').at(-1) as string) as Record<string, unknown>
  console.log(output)
  expect(said).toMatchObject({ name: 'Ours', active: true })
  expect(await readFeedback(chain, ours)).toMatchObject([
    { client: stranger.address, value: 975n, valueDecimals: 1, tag1: 'starred', tag2: 'chat' },
  ])
  const theirs = await findAgentOf(chain, stranger.address)
  expect(said['registered']).toBe(`${chainId}:${theirs}`)
  expect(await readAgent(chain, theirs as bigint)).toMatchObject({
    uri: `${origin}/own.json`,
    wallet: stranger.address,
  })
  const { checks } = await resolveAgent(chain, ours, { allowPrivate: true })
  expect(checks.filter(({ state }) => state === 'fail')).toEqual([])
})

function run(command: string, args: readonly string[], timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: folder, timeout, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${error.message}\n${stdout.slice(-2_000)}\n${stderr.slice(-4_000)}`))
    })
  })
}
