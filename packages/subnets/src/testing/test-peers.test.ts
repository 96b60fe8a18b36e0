import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256Hex } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochWindow } from '../rules/index.ts'
import { createMinerPort } from '../verifier/index.ts'
import { digestReceiptHash, digestSpecHash } from './digest-subnet.ts'
import { startTestLedger, type TestLedger, testPhases, token, until } from './test-ledger.ts'
import { connect, TestMiner } from './test-peers.ts'

let ledger: TestLedger
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-peers-'))
  ledger = await startTestLedger()
})
afterAll(async () => {
  await ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('startTestLedger', () => {
  it('moves time forwards only, and gives every caller an account of its own', async () => {
    const now = await ledger.nowSeconds()
    await ledger.moveTo(now + 500)
    expect(await ledger.nowSeconds()).toBeGreaterThanOrEqual(now + 500)
    await ledger.moveTo(now)
    expect(await ledger.nowSeconds()).toBeGreaterThanOrEqual(now + 500)
    expect(ledger.nextAccount().address).not.toBe(ledger.nextAccount().address)
  })
})

describe('until', () => {
  it('waits for a condition and names what did not come in time', async () => {
    let looks = 0
    await until('it was looked at twice', () => ++looks === 2, 5_000)
    await expect(until('pigs fly', () => false, 60)).rejects.toThrow('Timed out waiting until pigs fly')
  })
})

describe('TestMiner', () => {
  it('commits what it did in an epoch and shows validators all of it but what it leaves out of the list', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(digestSpecHash)
    const [account, validator] = [ledger.nextAccount(), ledger.nextAccount()]
    const miner = new TestMiner()
    const endpoint = await miner.listen()
    await ledger.join(account, netuid, endpoint)
    await ledger.join(validator, netuid, 'http://127.0.0.1:1', 10n * token)
    const window = epochWindow({ genesisSeconds, ...testPhases }, 0)
    const committer = await miner.start(ledger.network, account.privateKey, netuid, folder)
    const kept = miner.work('kept', window.startsAtSeconds + 1)
    const wrong = miner.work('wrong', window.startsAtSeconds + 1, { isWrong: true })
    const leftOut = miner.work('left out', window.startsAtSeconds + 1, { isLeftOut: true })
    await ledger.moveTo(window.endsAtSeconds + 1)
    await until('the miner has committed', async () => (await committer.listOf(netuid, 0)) !== undefined)
    expect((await committer.listOf(netuid, 0))?.map(({ receiptHash }) => receiptHash)).toEqual([
      kept.receiptHash,
      wrong.receiptHash,
    ])
    const { peers } = connect(ledger.network, validator.privateKey)
    const port = createMinerPort(peers)
    const peer = { hotkey: account.address, endpoint }
    const evidence = (requestId: typeof kept.requestId) => port.evidence(peer, requestId, AbortSignal.timeout(20_000))
    expect(await evidence(kept.requestId)).toEqual({ text: 'kept', digest: sha256Hex('kept') })
    expect(await evidence(wrong.requestId)).toEqual({ text: 'wrong', digest: sha256Hex('wrong') })
    expect(await evidence(leftOut.requestId)).toEqual({ text: 'left out', digest: sha256Hex('left out') })
    expect(kept.receiptHash).toBe(digestReceiptHash({ text: 'kept', digest: sha256Hex('kept') }))
    expect(await evidence(`0x${'00'.repeat(16)}`)).toBeUndefined()
    expect(miner.errors).toEqual([])
    await miner.close()
  })
})
