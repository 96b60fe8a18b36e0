import { join } from 'node:path'
import { bytesToHex, type Hex, sleep } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { dollarAbi } from '@koinon/ledger/abis'
import { type Anvil, deployCircleDollar, startAnvil } from '@koinon/ledger/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Asset, TransferAuthorization } from '../rules/terms.ts'
import { party, temporaryFolder } from '../testing/fixtures.ts'
import { signTransfer } from '../testing/settlement.ts'
import { LedgerSettler } from './ledger-settler.ts'
import { settlementsSchema } from './settlement-book.ts'

const chainId = 424_242
const timeoutMs = 20_000
const folder = temporaryFolder()
const [ann, gas, seller] = [party('ann'), party('gas'), party('seller')]
let anvil: Anvil
let network: NetworkFile
let reader: ReturnType<typeof createLedgerReader>
let asset: Asset
let store: DurableStore

beforeAll(async () => {
  anvil = await startAnvil(chainId)
  network = { chainId, name: 'test', rpcUrl: anvil.url, chainKind: 'embedded' } as NetworkFile
  reader = createLedgerReader(network)
  for (const { address } of [ann, gas]) await anvil.call('anvil_setBalance', address, '0x8ac7230489e80000')
  const token = await deployCircleDollar(senderOf(ann.secretKey))
  asset = { token, name: 'USD Coin', version: '2', decimals: 6 }
  store = await DurableStore.open(join(folder.path, 'settlements.db'), settlementsSchema)
})

afterAll(async () => {
  await store.close()
  await anvil.close()
  folder.remove()
})

function senderOf(secretKey: Uint8Array, through = reader): TransactionSender {
  return new TransactionSender(through, createLedgerWriter(network, bytesToHex(secretKey)))
}

/** As after a start. A chain of others, without Multicall3, that may replace its last two blocks. */
function openSettler(sender = senderOf(gas.secretKey)): LedgerSettler {
  return new LedgerSettler({
    ...{ store, reader, sender, assets: [asset], unsettledBlocks: 2 },
    domain: { chainId, escrow: `0x${'00'.repeat(19)}03` },
    clock: { nowMs: () => Date.now() },
  })
}

const pay = () => signTransfer(ann, asset, chainId, { to: seller.address, valueAtomic: 1_000n })
const balance = () =>
  reader.readContract({ address: asset.token, abi: dollarAbi, functionName: 'balanceOf', args: [seller.address] })

async function mined({ from, nonce }: TransferAuthorization): Promise<void> {
  const args = [from, nonce] as const
  const deadline = Date.now() + timeoutMs
  while (
    !(await reader.readContract({ address: asset.token, abi: dollarAbi, functionName: 'authorizationState', args }))
  ) {
    if (Date.now() > deadline) throw new Error('it was not mined')
    await sleep(20)
  }
}

describe('a chain that replaces blocks', () => {
  it('has paid only below its depth of replacement', async () => {
    const settler = openSettler()
    const payment = pay()
    let outcome: unknown
    const settling = settler.settle(payment, timeoutMs).then((result) => {
      outcome = result
    })
    await mined(payment)
    await sleep(700)
    expect(outcome).toBeUndefined()
    expect(await settler.settle(payment, 50)).toMatchObject({ state: 'unknown' })
    await anvil.call('anvil_mine', '0x2')
    await settling
    expect(outcome).toMatchObject({ state: 'settled' })
    expect(await balance()).toBe(1_000n)
  })

  it('does not make a payment of one that it took back, nor lose it', async () => {
    const before = (await balance()) as bigint
    const snapshot = (await anvil.call('evm_snapshot')) as Hex
    const payment = pay()
    const settling = openSettler().settle(payment, timeoutMs)
    await mined(payment)
    await anvil.call('evm_revert', snapshot)
    await anvil.call('anvil_mine', '0x5')
    expect(await settling).toMatchObject({ state: 'unknown' })
    expect(await balance()).toBe(before)

    const again = openSettler()
    const settledAgain = again.settle(payment, timeoutMs)
    await mined(payment)
    await anvil.call('anvil_mine', '0x2')
    const outcome = await settledAgain
    expect(outcome).toMatchObject({ state: 'settled' })
    expect(await again.findOut(payment)).toEqual(outcome)
    expect(await balance()).toBe(before + 1_000n)
  })

  it('sends again what waits behind a nonce that was lost', { timeout: timeoutMs }, async () => {
    const before = (await balance()) as bigint
    const payment = pay()
    // Its account's transaction before this one is gone, and nobody sends it again.
    const getTransactionCount: typeof reader.getTransactionCount = async (query) =>
      (await reader.getTransactionCount(query)) + 1
    const first = openSettler(senderOf(gas.secretKey, { ...reader, getTransactionCount }))
    expect(await first.settle(payment, 1_000)).toMatchObject({ state: 'unknown' })
    const queued = (await first.transactionOf(payment)) as Hex
    expect(await reader.getTransaction({ hash: queued })).toMatchObject({ blockNumber: null })

    const settling = openSettler().settle(payment, timeoutMs)
    await mined(payment)
    await anvil.call('anvil_mine', '0x3')
    const outcome = await settling
    expect(outcome).toMatchObject({ state: 'settled' })
    expect(outcome).not.toMatchObject({ transaction: queued })
    expect(await balance()).toBe(before + 1_000n)
  })
})
