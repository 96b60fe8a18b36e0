import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkFile } from '@koinon/ledger'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { epochWindow } from '../rules/index.ts'
import { digestSubnet } from '../testing/digest-subnet.ts'
import { startRevealedSubnet } from '../testing/revealed-subnet.ts'
import { startTestLedger, type TestAccount, type TestLedger, testPhases, token, until } from '../testing/test-ledger.ts'
import { connect, createTestValidator, type TestValidator } from '../testing/test-peers.ts'
import { EpochHistory } from './epoch-history.ts'
import type { ValidatorEvent } from './ports.ts'

/** The first alone is a quorum. */
const stakes = [80n * token, 20n * token]

let ledger: TestLedger
let folder: string
let server: Server | undefined
/** The same chain as one whose blocks may be replaced, behind a server that knows of no final blocks. */
let external: NetworkFile
const running: TestValidator[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-reorganisation-'))
  ledger = await startTestLedger()
  const proxy = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString()
      const headers = { 'content-type': 'application/json' }
      const { id } = JSON.parse(body) as { readonly id: number }
      if (body.includes('"finalized"'))
        return response
          .writeHead(200, headers)
          .end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -39_001, message: 'Unknown block' } }))
      const answer = await fetch(ledger.network.rpcUrl, { method: 'POST', headers, body })
      return response.writeHead(answer.status, headers).end(await answer.text())
    })
  })
  server = proxy
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const rpcUrl = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`
  external = { ...ledger.network, chainKind: 'external', rpcUrl }
}, 120_000)
afterEach(async () => {
  for (const validator of running.splice(0)) await validator.close()
})
afterAll(async () => {
  server?.closeAllConnections()
  server?.close()
  await ledger?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function rpc(method: string, ...params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const answer = await fetch(ledger.network.rpcUrl, { method: 'POST', body })
  const { result, error } = (await answer.json()) as { readonly result?: unknown; readonly error?: unknown }
  expect(error).toBeUndefined()
  return result
}
/** That many blocks, a second apart. */
const mine = (blocks: number) => rpc('hardhat_mine', `0x${blocks.toString(16)}`)

async function validate(network: NetworkFile, { privateKey }: TestAccount, netuid: number): Promise<TestValidator> {
  const validator = await createTestValidator(network, privateKey, netuid, mkdtempSync(join(folder, 'validator-')))
  running.push(validator)
  validator.start()
  return validator
}
const has = ({ events }: TestValidator, kind: ValidatorEvent['kind'], epoch: number): boolean =>
  events.some((event) => event.kind === kind && 'epoch' in event && event.epoch === epoch)
/** How often a validator has said since that it waits. */
const waits = ({ events }: TestValidator): number => events.filter(({ kind }) => kind === 'waitsForBlocks').length

describe('a chain whose blocks are replaced in the middle of an epoch', () => {
  it('gets one signature of each validator, over what it says in the end', async () => {
    const subnet = await startRevealedSubnet(ledger, stakes)
    const { netuid, validators } = subnet
    const [first] = validators as [TestAccount]
    await subnet.commit(1)
    const beforeReveals = await rpc('evm_snapshot')
    const hasty = await validate(ledger.network, first, netuid)

    // What comes now will be taken back. Who takes every block for certain signs it.
    await subnet.open(1)
    await until('the hasty one signs', () => has(hasty, 'attested', 1))
    await hasty.stop()
    const careful = await validate(external, first, netuid)
    await mine(20)
    await until('the careful one waits', () => waits(careful) > 0)
    const { ledger: chain } = connect(external, ledger.owner.privateKey)
    const taken = await new EpochHistory({ netuid, ledger: chain, aggregator: digestSubnet.aggregator })
      .compute(1, undefined)
      .then(({ result }) => result)
    expect(await rpc('evm_revert', beforeReveals)).toBe(true)

    // The second one's row does not come again.
    await subnet.open(1, [first])
    const { revealEndsAtSeconds } = epochWindow(subnet.clock, 1)
    await ledger.moveTo(revealEndsAtSeconds + 1)
    await mine(25)
    const waited = waits(careful)
    await until('the careful one goes on waiting', () => waits(careful) > waited + 2)
    expect([has(careful, 'attested', 1), has(careful, 'signedOther', 1)]).toEqual([false, false])
    // So deep now, and its turn.
    await ledger.moveTo((await ledger.nowSeconds()) + 200)
    await mine(32)
    await until('it signs and submits', () => has(careful, 'submitted', 1))
    const [root] = await connect(external, ledger.owner.privateKey).ledger.roots(netuid)
    expect(root?.result.root).not.toBe(taken.root)
    expect((await careful.store.attestation(netuid, 1))?.result).toEqual(root?.result)
    expect(careful.events.filter(({ kind }) => kind === 'attested')).toHaveLength(1)

    // The hasty one signed what the chain no longer says: it signs no second one, so it is not slashed, and counts for nothing.
    expect((await hasty.store.attestation(netuid, 1))?.result.root).not.toBe(root?.result.root)
  }, 240_000)

  it('gets results of short epochs in later ones, and loses none of what accrued', async () => {
    const subnet = await startRevealedSubnet(ledger, stakes)
    const { netuid, validators, clock } = subnet
    const [first] = validators as [TestAccount]
    await subnet.reveal(1)
    const validator = await validate(external, first, netuid)
    // 32 blocks take longer than an epoch.
    const blockSeconds = Math.ceil((1.1 * testPhases.epochSeconds) / 32)
    const pass = async (): Promise<void> => ledger.moveTo((await ledger.nowSeconds()) + blockSeconds)
    const late = (event: ValidatorEvent): boolean => event.kind === 'waitsForBlocks' && event.isLate
    await until('it is told', async () => {
      await pass()
      return validator.events.some(late)
    })
    expect(has(validator, 'attested', 1)).toBe(false)
    const { ledger: chain } = connect(external, ledger.owner.privateKey)
    await until('the result of the first epoch is there', async () => {
      await pass()
      return (await chain.roots(netuid)).some(({ epoch }) => epoch === 1)
    })
    expect(await chain.nowSeconds()).toBeGreaterThan(epochWindow(clock, 2).endsAtSeconds)
    const [root] = await chain.roots(netuid)
    const [before, after] = [await chain.accrued(netuid, 1), await chain.accrued(netuid, 2)]
    // Of epoch 0, which had no result, as much again is paid with it at most.
    const own = (after?.miners ?? 0n) - (before?.miners ?? 0n)
    expect(root?.result.minersTotal).toBeGreaterThan((own * 99n) / 100n)
  }, 240_000)
})

describe('a chain whose server says which blocks are final', () => {
  it('gets signatures as soon as they are', async () => {
    const subnet = await startRevealedSubnet(ledger, stakes)
    const [first] = subnet.validators as [TestAccount]
    const direct: NetworkFile = { ...external, rpcUrl: ledger.network.rpcUrl }
    expect(await rpc('eth_getBlockByNumber', 'finalized', false)).toEqual(
      await rpc('eth_getBlockByNumber', 'latest', false),
    )
    await subnet.reveal(1)
    const validator = await validate(direct, first, subnet.netuid)
    await until('it is submitted', async () => {
      await ledger.moveTo((await ledger.nowSeconds()) + 20)
      return has(validator, 'submitted', 1)
    })
  }, 120_000)
})
