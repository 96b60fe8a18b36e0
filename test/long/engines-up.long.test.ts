/** `koinon up --rpc`: what it refuses and how it says so, slow blocks, and chains that go away and come back with or without their state. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, getJson } from '../harness/ask.ts'
import { koinonJson } from '../harness/cli.ts'
import { expectConsistent, killInMidStream, snapshot } from '../harness/group-kills.ts'
import { modelArguments } from '../harness/model.ts'
import { TestNetwork } from '../harness/network.ts'
import { type OutsideChain, startAnvil, startGeth } from '../harness/outside-chains.ts'
import { freePort } from '../harness/ports.ts'
import { waitFor } from '../harness/wait.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-up-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function refusedUp(name: string, ...args: readonly string[]) {
  const port = ['--port', String(await freePort())]
  const outcome = await koinonJson(['up', '--home', join(folder, name), ...port, ...modelArguments(folder), ...args])
  expect(outcome.ok).toBe(false)
  expect(outcome.error?.hint?.length).toBeGreaterThan(20)
  return outcome
}

describe('koinon up --rpc refuses', () => {
  let chain: OutsideChain
  beforeAll(async () => {
    chain = await startAnvil()
  })
  afterAll(() => chain?.close())

  it('a chain that does not answer', async () => {
    const { code, error } = await refusedUp('silent', '--rpc', `http://127.0.0.1:${await freePort()}`)
    expect({ code, errorCode: error?.code }).toEqual({ code: 3, errorCode: 'ledger/rpc-unreachable' })
  })

  it('what is no address, and an address beside a port for a chain of its own', async () => {
    expect(await refusedUp('bad', '--rpc', 'ws://127.0.0.1:1')).toMatchObject({
      code: 2,
      error: { code: 'usage/bad-rpc-url' },
    })
    expect((await koinonJson(['up', '--rpc', chain.rpcUrl, '--rpc-port', '9545'])).code).toBe(2)
  })

  it('a treasury without money: it names the account and the amount, the same ones each time', async () => {
    const first = await refusedUp('poor', '--rpc', chain.rpcUrl)
    expect(first).toMatchObject({ code: 3, error: { code: 'node/treasury-unfunded', retry: 'later' } })
    const { account = '', missingWei = '' } = (first.error?.details ?? {}) as { account?: string; missingWei?: string }
    expect(account).toMatch(/^0x[0-9a-f]{40}$/)
    expect(first.error?.message).toContain(account)
    expect(first.error?.hint).toContain(`${missingWei} wei`)
    expect((await refusedUp('poor', '--rpc', chain.rpcUrl)).error?.details).toMatchObject({ account })
  })

  it('the home of an embedded chain', async () => {
    mkdirSync(join(folder, 'embedded', 'chain'), { recursive: true })
    writeFileSync(join(folder, 'embedded', 'chain', 'journal'), 'KOINONJ')
    const { error } = await refusedUp('embedded', '--rpc', chain.rpcUrl)
    expect(error).toMatchObject({ code: 'home/other-ledger' })
  })

  it('a home that joined a network of others', async () => {
    mkdirSync(join(folder, 'joined'), { recursive: true })
    const file = { v: 1, name: 'theirs', chainId: 31_337, chainKind: 'external', rpcUrl: chain.rpcUrl, startBlock: 0 }
    const names = ['token', 'dollar', 'identity', 'reputation', 'validation', 'subnets', 'staking', 'work', 'weights']
    const contracts = Object.fromEntries(
      [
        ...names,
        ...'terms pools delegation permits disputes policy epochs emission channels depositCollector'.split(' '),
      ].map((name) => [name, `0x${'1'.repeat(40)}`]),
    )
    writeFileSync(join(folder, 'joined', 'network.json'), JSON.stringify({ ...file, isTest: true, contracts }))
    expect((await refusedUp('joined', '--rpc', chain.rpcUrl)).error).toMatchObject({ code: 'home/joined' })
  })
})

describe('a network on an anvil', () => {
  let chain: OutsideChain
  let network: TestNetwork
  beforeAll(async () => {
    chain = await startAnvil()
    network = new TestNetwork([], { name: 'anvil', chain })
    await network.start()
  })
  afterAll(async () => {
    await network?.dispose()
    await chain?.close()
  })

  const upAgain = (...args: readonly string[]) =>
    koinonJson(['up', '--home', network.home, ...modelArguments(folder), ...args])

  it('deployed once: the next start finds everything again', async () => {
    const file = readFileSync(join(network.home, 'network.json'), 'utf8')
    const before = await snapshot(network)
    expect(await network.stop()).toBe(0)
    await network.start()
    expect(readFileSync(join(network.home, 'network.json'), 'utf8')).toBe(file)
    await expectConsistent(network, before, [])
  })

  it('starts on no other chain, and not on an embedded one', async () => {
    await network.stop()
    const other = await startAnvil({ chainId: 4_242 })
    try {
      const { error } = await upAgain('--rpc', other.rpcUrl)
      expect(error).toMatchObject({ code: 'home/other-chain' })
      expect(error?.message).toContain('4242')
      expect(error?.message).toContain('31337')
    } finally {
      await other.close()
    }
    const embedded = await upAgain('--rpc-port', String(await freePort()))
    expect(embedded.error).toMatchObject({ code: 'home/other-ledger' })
    expect(embedded.error?.hint).toContain(chain.rpcUrl)
  })

  it('ends with a clear sentence when its chain was started anew while it ran, and says the same at the next start', async () => {
    await network.start()
    await chain.kill()
    await waitFor('it says that the chain does not answer', 90_000, () => /does not answer/.test(network.group.stderr))
    expect((await ask(network.ready, { maxTokens: 4 })).status).toBe(200)
    await chain.restart()
    await waitFor('it has ended', 90_000, () => network.group.exit !== undefined)
    expect(network.group.exit).toBe(1)
    expect(network.group.stderr).toContain('was started anew or lost its state')
    expect(network.group.isAlive()).toBe(false)
    expect((await upAgain('--rpc', chain.rpcUrl)).error).toMatchObject({ code: 'ledger/contracts-gone' })
  })
})

describe('a network on geth', () => {
  let chain: OutsideChain
  let network: TestNetwork
  beforeAll(async () => {
    chain = await startGeth()
    network = new TestNetwork([], { name: 'geth', chain })
    await network.start()
  })
  afterAll(async () => {
    await network?.dispose()
    await chain?.close()
  })

  it('is consistent after kill -9 of all its roles', async () => {
    const before = await snapshot(network)
    await expectConsistent(network, before, await killInMidStream(network, 800))
  })

  it('answers while geth is away and goes on when it is back', async () => {
    await chain.stop()
    expect((await ask(network.ready, { maxTokens: 4 })).status).toBe(200)
    await waitFor('it says that the chain does not answer', 90_000, () => /does not answer/.test(network.group.stderr))
    await chain.restart()
    await waitFor('it says that the chain is well again', 90_000, () => /well again/.test(network.group.stderr))
    const { tip } = await snapshot(network)
    await waitFor('the index follows again', 60_000, async () => {
      return (await getJson<{ asOfBlock: number }>(network.ready, '/api/network')).asOfBlock >= Number(tip)
    })
  })
})

describe('a network on a chain with a block every twelve seconds', () => {
  it('starts, answers, and gives its epochs the time that such blocks need', async () => {
    const chain = await startAnvil({ blockSeconds: 12 })
    const network = new TestNetwork([], { name: 'anvil', chain }, slowStartMs)
    try {
      const ready = await network.start()
      expect((await ask(ready, { maxTokens: 8 })).status).toBe(200)
      const view = await getJson<{ subnets: [{ epochSeconds: number }] }>(ready, '/api/network')
      expect(view.subnets[0].epochSeconds).toBe(360)
      expect(await network.stop()).toBe(0)
    } finally {
      await network.dispose()
      await chain.close()
    }
  })
})

/** Deploying, funding, registering, staking and opening channels take some thirty blocks after each other. */
const slowStartMs = 900_000
