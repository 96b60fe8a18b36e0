import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chainOf, checkChain, confirmTransaction, createLedgerReader, createLedgerWriter } from './clients.ts'
import { type BareChain, startEmbedded } from './testing/network.ts'

let chain: BareChain
beforeAll(async () => {
  chain = await startEmbedded()
})
afterAll(() => chain?.close())

describe('clients of a network file', () => {
  it('read and write on the chain that the file names', async () => {
    const account = await chain.account()
    const writer = createLedgerWriter(chain.network, account.privateKey)
    expect(writer.account.address.toLowerCase()).toBe(account.address)
    expect(chainOf(chain.network)).toMatchObject({ id: chain.network.chainId, name: 'test' })
    await checkChain(chain.reader, chain.network)
    expect(await chain.reader.getBalance({ address: account.address })).toBe(50n * 10n ** 18n)
    const several = await chain.reader.multicall({
      contracts: [
        { address: '0xca11bde05977b3631167028862be2a173976ca11', abi: blockNumberAbi, functionName: 'getBlockNumber' },
      ],
    })
    expect(several[0]?.status).toBe('success')
  })

  it('refuse another chain and an address where nothing answers', async () => {
    const other = { ...chain.network, chainId: 1 }
    await expect(checkChain(chain.reader, other)).rejects.toMatchObject({ code: 'ledger/wrong-chain' })
    const gone = { ...chain.network, rpcUrl: 'http://127.0.0.1:1' }
    await expect(checkChain(createLedgerReader(gone), gone)).rejects.toMatchObject({
      code: 'ledger/rpc-unreachable',
      retry: 'later',
    })
  })

  it('tell a reverted transaction from a mined one', async () => {
    const account = await chain.account()
    const writer = createLedgerWriter(chain.network, account.privateKey)
    // Init code that reverts: PUSH1 0 PUSH1 0 REVERT. The gas is given, so that no estimate refuses it before.
    const failing = await writer.sendTransaction({ data: '0x60006000fd', gas: 200_000n })
    await expect(confirmTransaction(chain.reader, failing, 'deploying nothing')).rejects.toMatchObject({
      code: 'ledger/reverted',
      message: expect.stringContaining('deploying nothing'),
      details: { hash: failing },
    })
    const fine = await writer.sendTransaction({ to: account.address, value: 1n })
    expect((await confirmTransaction(chain.reader, fine, 'sending')).status).toBe('success')
  })
})

const blockNumberAbi = [
  { type: 'function', name: 'getBlockNumber', stateMutability: 'view', inputs: [], outputs: [{ type: 'uint256' }] },
] as const
