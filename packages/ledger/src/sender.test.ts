import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { koinonTokenAbi } from './generated/koinon-token.ts'
import { subnetsAbi } from './generated/subnets.ts'
import type { NetworkFile } from './network-file.ts'
import {
  type ContractsNetwork,
  createAccount,
  startBareAnvil,
  startEmbedded,
  type TestAccount,
  testSubnet,
  withContracts,
} from './testing/network.ts'

const nobody = `0x${'de'.repeat(20)}` as const

describe.each([
  ['the embedded chain', async () => withContracts(await startEmbedded())],
  ['anvil', async () => withContracts(await startBareAnvil())],
])('TransactionSender on %s', (_, start: () => Promise<ContractsNetwork>) => {
  let chain: ContractsNetwork
  const servers: Server[] = []
  beforeAll(async () => {
    chain = await start()
  }, 60_000)
  afterAll(() => chain?.close())
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })

  const nonceOf = (account: TestAccount) => chain.reader.getTransactionCount({ address: account.address })
  const transfer = (amount: bigint) =>
    ({
      address: chain.network.contracts.token,
      abi: koinonTokenAbi,
      functionName: 'transfer',
      args: [nobody, amount],
    }) as const

  it('keeps the nonces of 200 transactions sent at once', async () => {
    const account = await chain.account()
    const receipts = await Promise.all(
      Array.from({ length: 200 }, () => account.sender.send({ to: nobody, value: 1n }, 'paying')),
    )
    expect(receipts.every(({ status }) => status === 'success')).toBe(true)
    expect(new Set(receipts.map(({ transactionHash }) => transactionHash)).size).toBe(200)
    expect(await nonceOf(account)).toBe(200)
  })

  it("names the contract's own error and takes no nonce for a refused call", async () => {
    const account = await chain.account()
    const [refused, fine] = await Promise.allSettled([
      account.sender.call(transfer(5n)),
      account.sender.send({ to: nobody, value: 1n }, 'paying'),
    ])
    expect(refused).toMatchObject({
      status: 'rejected',
      reason: { code: 'ledger/refused', message: expect.stringContaining('ERC20InsufficientBalance') },
    })
    expect(fine.status).toBe('fulfilled')
    expect(await nonceOf(account)).toBe(1)
    await expect(
      chain.founder.sender.call({
        address: chain.network.contracts.subnets,
        abi: subnetsAbi,
        functionName: 'createSubnet',
        args: [{ ...testSubnet, maxNeurons: 0 }, 2n * 10n ** 18n],
      }),
    ).rejects.toMatchObject({ code: 'ledger/refused', details: { reason: expect.stringContaining('maxNeurons') } })
  })

  it('leaves gas for the checkpoints that a call appends when it is mined in a later second', async () => {
    const account = await chain.account()
    const { hash, gasUsed } = await account.sender
      .send({ to: nobody, value: 1n }, 'paying')
      .then((receipt) => ({ hash: receipt.transactionHash, gasUsed: receipt.gasUsed }))
    const { gas } = await chain.reader.getTransaction({ hash })
    expect(gas - gasUsed).toBeGreaterThan(4n * 22_100n)
  })

  it('goes on after another program used the account', async () => {
    const account = await chain.account()
    await account.sender.send({ to: nobody, value: 1n }, 'paying')
    const other = createAccount(chain.network, account.privateKey)
    await other.sender.send({ to: nobody, value: 2n }, 'paying')
    expect((await account.sender.send({ to: nobody, value: 3n }, 'paying')).status).toBe('success')
    expect(await nonceOf(account)).toBe(3)
  })

  it('says that an account is unfunded', async () => {
    const poor = createAccount(chain.network, generatePrivateKey())
    await expect(poor.sender.send({ to: nobody, value: 1n }, 'paying')).rejects.toMatchObject({
      code: 'ledger/unfunded',
      message: expect.stringContaining(poor.address),
      details: { address: poor.address },
    })
  })

  it('says that nothing was sent when the ledger does not answer at all', async () => {
    const account = createAccount({ ...chain.network, rpcUrl: 'http://127.0.0.1:1' }, generatePrivateKey())
    await expect(account.sender.send({ to: nobody }, 'paying')).rejects.toMatchObject({
      code: 'ledger/rpc-failed',
      retry: 'later',
    })
  })

  it('says that nothing was sent when the ledger is lost between the estimate and the signing', async () => {
    const account = await chain.account()
    const lossy = await through((method) => (method === 'eth_getTransactionCount' ? 'lose' : 'pass'))
    await expect(
      createAccount(lossy, account.privateKey).sender.send({ to: nobody, value: 1n }, 'paying'),
    ).rejects.toMatchObject({ code: 'ledger/rpc-failed', retry: 'later' })
    expect(await nonceOf(account)).toBe(0)
  })

  it('calls a lost answer to a submission unknown, and sends the next transaction with a right nonce', async () => {
    const account = await chain.account()
    let isLossy = true
    const lossy = await through((method) => (isLossy && method === 'eth_sendRawTransaction' ? 'loseAnswer' : 'pass'))
    const { sender } = createAccount(lossy, account.privateKey)
    await expect(sender.send({ to: nobody, value: 1n }, 'paying')).rejects.toMatchObject({
      code: 'ledger/unknown-outcome',
      retry: 'unknown',
      details: { hash: expect.stringMatching(/^0x/) },
    })
    isLossy = false
    expect((await sender.send({ to: nobody, value: 2n }, 'paying')).status).toBe('success')
    expect(await nonceOf(account)).toBe(2)
  })

  it('does a payment once of which a server says that its nonce was used, when it was by this very one', async () => {
    const account = await chain.account()
    const payee = createAccount(chain.network, generatePrivateKey()).address
    let answers = 0
    const lying = await through((method) => (method === 'eth_sendRawTransaction' && answers++ === 0 ? 'lie' : 'pass'))
    const { sender } = createAccount(lying, account.privateKey)
    expect((await sender.send({ to: payee, value: 7n }, 'paying')).status).toBe('success')
    await sender.send({ to: nobody, value: 1n }, 'paying')
    expect(await chain.reader.getBalance({ address: payee })).toBe(7n)
    expect(await nonceOf(account)).toBe(2)
  })

  /** The same network through a proxy that loses requests, or only the answers to them, or denies that it took them. */
  async function through(fate: (method: string) => 'pass' | 'lose' | 'loseAnswer' | 'lie'): Promise<NetworkFile> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', async () => {
        const body = Buffer.concat(chunks).toString()
        const { id, method } = JSON.parse(body) as { readonly id: number; readonly method: string }
        const what = fate(method)
        if (what === 'lose') return response.destroy()
        const headers = { 'content-type': 'application/json' }
        const answer = await fetch(chain.network.rpcUrl, { method: 'POST', headers, body })
        if (what === 'loseAnswer') return response.destroy()
        const error = { code: -32_003, message: 'nonce too low' }
        if (what === 'lie') return response.writeHead(200, headers).end(JSON.stringify({ jsonrpc: '2.0', id, error }))
        return response.writeHead(answer.status, headers).end(await answer.text())
      })
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { ...chain.network, rpcUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }
})

describe('TransactionSender on a chain that goes back', () => {
  let chain: Awaited<ReturnType<typeof startBareAnvil>>
  beforeAll(async () => {
    chain = await startBareAnvil()
  }, 60_000)
  afterAll(() => chain?.close())

  it.each([
    ['and has new blocks', 3],
    ['and is shorter than before', 0],
  ])('behind what it saw mined, %s: uses the nonces again', { timeout: 20_000 }, async (_, newBlocks) => {
    const account = await chain.account()
    const send = () => account.sender.send({ to: nobody, value: 1n }, 'paying')
    for (let sent = 0; sent < 3; sent++) await send()
    await chain.anvil.call('anvil_rollback', 2)
    if (newBlocks > 0) await chain.anvil.call('anvil_mine', `0x${newBlocks.toString(16)}`)
    expect((await send()).status).toBe('success')
    expect((await send()).status).toBe('success')
    expect(await chain.reader.getTransactionCount({ address: account.address })).toBe(3)
  })
})
