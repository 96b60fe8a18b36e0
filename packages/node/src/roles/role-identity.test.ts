import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listAgents, resolveAgent } from '@koinon/agents/client'
import { utf8ToBytes } from '@koinon/base'
import { type ContractsNetwork, startEmbedded, type TestAccount, withContracts } from '@koinon/ledger/testing'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { saveDocument } from '../home/documents.ts'
import { openHome } from '../home/home.ts'
import { gatewayDescription, memberDescription, RoleIdentity } from './role-identity.ts'
import type { RoleLedger } from './role-tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-identity-'))
const home = openHome(join(folder, 'home'))
let chain: ContractsNetwork
let account: TestAccount
let server: Server
let url: string
let identity: RoleIdentity
beforeAll(async () => {
  chain = await withContracts(await startEmbedded())
  account = await chain.account()
  identity = new RoleIdentity(roleOf(account), gatewayDescription('test'), pino({ level: 'silent' }))
  server = createServer((request, response) => {
    if (!identity.serve(request, response)) response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}, 60_000)
afterAll(async () => {
  server.close()
  await chain?.close()
  rmSync(folder, { recursive: true, force: true })
})

const roleOf = ({ address, sender }: TestAccount) =>
  ({ network: chain.network, reader: chain.reader, sender, key: { address }, home }) as unknown as RoleLedger
const own = async () => (await listAgents(chain)).filter(({ owner }) => owner === account.address)

it('registers an agent once, whose own file names it, and follows its address', async () => {
  await identity.announce(url)
  await identity.announce(url)
  const [agent, ...others] = await own()
  expect(others).toEqual([])
  const { file, checks } = await resolveAgent(chain, agent?.agentId ?? 0n, { allowPrivate: true })
  expect(file?.services.map(({ name }) => name)).toEqual(['web', 'OpenAI', 'A2A'])
  expect(checks.filter(({ state }) => state === 'fail')).toEqual([])
  const restarted = new RoleIdentity(roleOf(account), memberDescription('test', 'miner', 1), pino({ level: 'silent' }))
  await restarted.announce('http://127.0.0.1:9', agent?.agentId)
  expect(await own()).toMatchObject([
    { agentId: agent?.agentId, uri: 'http://127.0.0.1:9/.well-known/agent-registration.json' },
  ])
})

it('serves its file and goes on where the ledger does not take it', async () => {
  const poor = await chain.account()
  const sender = { address: poor.address, call: () => Promise.reject(new Error('no gas')) }
  identity = new RoleIdentity(
    { ...roleOf(poor), sender } as unknown as RoleLedger,
    memberDescription('test', 'validator', 2),
    pino({ level: 'silent' }),
  )
  await identity.announce(url)
  const answer = await fetch(`${url}/.well-known/agent-registration.json`)
  expect(await answer.json()).toMatchObject({ name: 'Koinon validator of subnet 2 on test', registrations: [] })
})

it('serves the documents of its home, and nothing else of it', async () => {
  const cid = saveDocument(home, utf8ToBytes('{"a":1}')).slice('ipfs://'.length)
  expect(await (await fetch(`${url}/ipfs/${cid}`)).text()).toBe('{"a":1}')
  for (const path of ['/ipfs/', '/ipfs/..%2fhome.json', '/ipfs/../home.json', `/ipfs/b${'a'.repeat(58)}`, '/home.json'])
    expect((await fetch(`${url}${path}`)).status).toBe(404)
})
