/** Wallets that are created by the payment (ERC-6492): the payer names the factory, the settler pays its gas. */
import { join } from 'node:path'
import { type Address, type Hex, toAddress } from '@koinon/base'
import { testDollarAbi } from '@koinon/ledger/abis'
import { concat, encodeAbiParameters, encodeFunctionData, numberToHex, parseAbi, parseAbiParameters } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TransferAuthorization } from '../rules/terms.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { type Party, party, temporaryFolder } from '../testing/fixtures.ts'
import { deploySupport, dollarOf, openSettler, signTransfer } from '../testing/settlement.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>
type Opened = Awaited<ReturnType<typeof openSettler>>

const timeoutMs = 30_000
const folder = temporaryFolder()
const magic6492 = '0x6492649264926492649264926492649264926492649264926492649264926492'
const factoryAbi = parseAbi([
  'function create(address key, bool burns) returns (address)',
  'function addressOf(address key, bool burns) view returns (address)',
])
let network: TestNetwork
let gas: Funded
let ann: Funded
let opened: Opened
let factory: Address

beforeAll(async () => {
  network = await startNetwork()
  gas = await network.fund('gas')
  ann = await network.fund('ann')
  factory = await deploySupport(ann.sender, 'wallet-factory')
  opened = await openSettler(network, gas.sender, join(folder.path, 'settlements.db'))
})

afterAll(async () => {
  await opened?.store.close()
  await network?.close()
  folder.remove()
})

/** Passes its call data on to the wallet factory. */
const forward = (): Hex => concat(['0x365f5f375f5f365f5f73', factory, '0x5af100'])
/** Burns so much gas, then does as the factory. */
const burning = (gasToBurn: number): Hex =>
  concat(['0x5a5b5a810362', numberToHex(gasToBurn, { size: 3 }), '0x1160015750', forward()])
/** As the factory, until somebody calls it without data; from then on it burns all. */
const turning = (): Hex => {
  const honest = forward()
  const burnAt = numberToHex(15 + (honest.length - 2) / 2, { size: 1 })
  return concat(['0x3660095760015f55005b5f5460', burnAt, '0x57', honest, '0x5bfe'])
}

async function deploy(runtime: Hex): Promise<Address> {
  const length = numberToHex((runtime.length - 2) / 2, { size: 1 })
  const { contractAddress } = await ann.sender.send(
    { data: concat(['0x60', length, '0x8060095f395ff3', runtime]) },
    'deploying a factory',
  )
  return toAddress(contractAddress as string)
}

/** A payment from a wallet that is not there, to be created by `through`. */
async function payFromNowhere(
  owner: Party,
  through: Address,
  changes: Partial<TransferAuthorization> = {},
): Promise<TransferAuthorization> {
  const wallet = toAddress(
    await network.reader.readContract({
      address: factory,
      abi: factoryAbi,
      functionName: 'addressOf',
      args: [owner.address, false],
    }),
  )
  const { token } = dollarOf(network)
  await ann.sender.call({ address: token, abi: testDollarAbi, functionName: 'transfer', args: [wallet, 1_000_000n] })
  const seller = party('seller').address
  const payment = signTransfer(owner, dollarOf(network), network.domain.chainId, {
    to: seller,
    valueAtomic: 1_000n,
    from: wallet,
    ...changes,
  })
  const create = encodeFunctionData({ abi: factoryAbi, functionName: 'create', args: [owner.address, false] })
  const wrapped = encodeAbiParameters(parseAbiParameters('address, bytes, bytes'), [through, create, payment.signature])
  return { ...payment, signature: concat([wrapped, magic6492]) }
}

const sentByUs = () => network.reader.getTransactionCount({ address: gas.address })

describe('a factory that the payer names', () => {
  it('may take what creating a wallet takes, and no more than 750,000 gas in all', async () => {
    const payment = await payFromNowhere(party('thrifty'), await deploy(burning(200_000)))
    const outcome = await opened.settler.settle(payment, timeoutMs)
    expect(outcome).toMatchObject({ state: 'settled' })
    const { transaction } = outcome as { readonly transaction: Hex }
    const { gasUsed } = await network.reader.getTransactionReceipt({ hash: transaction })
    expect(gasUsed).toBeLessThan(750_000n)
  })

  it.each([600_000, 1_100_000])('is not called where it burns %i gas', async (gasToBurn) => {
    const payment = await payFromNowhere(party(`burner of ${gasToBurn}`), await deploy(burning(gasToBurn)))
    const before = await sentByUs()
    expect(await opened.settler.settle(payment, timeoutMs)).toMatchObject({ state: 'refused' })
    expect(await sentByUs()).toBe(before)
  })

  it('that burns only when we pay does so once, and its wallet is not created again at our expense', async () => {
    const owner = party('liar')
    const through = await deploy(turning())
    const first = await payFromNowhere(owner, through)
    const second = await payFromNowhere(owner, through)
    // The payer turns it when our transaction is signed and about to leave.
    const quick = async (...args: Parameters<typeof gas.sender.send>): ReturnType<typeof gas.sender.send> => {
      const [transaction, what, abi, options] = args
      const beforeSubmit = async (hash: Hex): Promise<void> => {
        await options?.beforeSubmit?.(hash)
        await ann.sender.send({ to: through }, 'turning')
      }
      return gas.sender.send(transaction, what, abi, { ...options, beforeSubmit })
    }
    const sender = { address: gas.sender.address, send: quick } as unknown as typeof gas.sender
    const { settler, store } = await openSettler(network, sender, join(folder.path, 'turned.db'))
    const [before, balance] = [await sentByUs(), await network.dollarsOf(party('seller').address)]
    expect(await settler.check(first)).toEqual({ state: 'payable' })
    expect(await settler.settle(first, timeoutMs)).toMatchObject({ state: 'refused' })
    expect(await sentByUs()).toBe(before + 1)
    const refusal = { state: 'refused', reason: 'wallet-missing' }
    expect(await settler.check(second)).toMatchObject(refusal)
    expect(await settler.settle(second, timeoutMs)).toMatchObject(refusal)
    expect(await sentByUs()).toBe(before + 1)
    expect(await network.dollarsOf(party('seller').address)).toBe(balance)
    // Once it is there, its payments count like any other.
    const args = [owner.address, false] as const
    await ann.sender.call({ address: factory, abi: factoryAbi, functionName: 'create', args })
    expect(await settler.settle(second, timeoutMs)).toMatchObject({ state: 'settled' })
    await store.close()
  })

  it('is called for nothing below half a dollar where gas costs money', async () => {
    const { settler, store } = await openSettler(network, gas.sender, join(folder.path, 'dear.db'), {
      leastCreatingAtomic: 500_000n,
    })
    const small = await payFromNowhere(party('small'), factory)
    const refusal = { state: 'refused', reason: 'wallet-missing' }
    expect(await settler.check(small)).toMatchObject(refusal)
    expect(await settler.settle(small, timeoutMs)).toMatchObject(refusal)
    const large = await payFromNowhere(party('large'), factory, { valueAtomic: 500_000n })
    expect(await settler.settle(large, timeoutMs)).toMatchObject({ state: 'settled' })
    await store.close()
  })
})
