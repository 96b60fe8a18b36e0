import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Address, bytesToHex, type Hex, systemRandom, toAddress } from '@koinon/base'
import { createLedgerReader, createLedgerWriter, TransactionSender } from '@koinon/ledger'
import { testDollarAbi } from '@koinon/ledger/abis'
import { concat, encodeAbiParameters, encodeFunctionData, parseAbi, parseAbiParameters } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Asset, TransferAuthorization } from '../rules/terms.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { configOf, type Party, party, temporaryFolder } from '../testing/fixtures.ts'
import { deploySupport, dollarOf, openSettler, signDeposit, signTransfer } from '../testing/settlement.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>
type Opened = Awaited<ReturnType<typeof openSettler>>

const timeoutMs = 30_000
const folder = temporaryFolder()
const seller = party('seller').address
const magic6492 = '0x6492649264926492649264926492649264926492649264926492649264926492'
const factoryAbi = parseAbi([
  'function create(address key, bool burns) returns (address)',
  'function addressOf(address key, bool burns) view returns (address)',
])
const hostileAbi = parseAbi([
  'function setFee(uint256 bps)',
  'function attackWith(address target, bytes data)',
  'function reentered() view returns (bool)',
  'function transfer(address to, uint256 value) returns (bool)',
])
let network: TestNetwork
let gas: Funded
let ann: Funded
let opened: Opened
let factory: Address
let hostile: Asset

beforeAll(async () => {
  network = await startNetwork()
  gas = await network.fund('gas')
  ann = await network.fund('ann')
  factory = await deploySupport(ann.sender, 'wallet-factory')
  const token = await deploySupport(ann.sender, 'hostile-dollar')
  hostile = { token, name: 'Hostile Dollar', version: '1', decimals: 6 }
  opened = await openSettler(network, gas.sender, join(folder.path, 'settlements.db'), {
    assets: [dollarOf(network), hostile],
  })
})

afterAll(async () => {
  await opened.store.close()
  await network.close()
  folder.remove()
})

function pay(payer: Party, asset: Asset, changes: Partial<TransferAuthorization> = {}): TransferAuthorization {
  return signTransfer(payer, asset, network.domain.chainId, { to: seller, valueAtomic: 1_000n, ...changes })
}

/** A wallet contract of the factory with some dollars; it need not exist yet. */
async function fundWallet(owner: Party, burns: boolean): Promise<Address> {
  const wallet = toAddress(
    await network.reader.readContract({
      address: factory,
      abi: factoryAbi,
      functionName: 'addressOf',
      args: [owner.address, burns],
    }),
  )
  const { token } = dollarOf(network)
  await ann.sender.call({ address: token, abi: testDollarAbi, functionName: 'transfer', args: [wallet, 10_000n] })
  return wallet
}

function wrap(signature: Hex, target: Address, data: Hex): Hex {
  const wrapped = encodeAbiParameters(parseAbiParameters('address, bytes, bytes'), [target, data, signature])
  return concat([wrapped, magic6492])
}

describe('wallets that are contracts', () => {
  it('pay before they exist (ERC-6492) and after (ERC-1271)', async () => {
    const owner = party('wallet owner')
    const wallet = await fundWallet(owner, false)
    const create = encodeFunctionData({ abi: factoryAbi, functionName: 'create', args: [owner.address, false] })
    const first = pay(owner, dollarOf(network), { from: wallet })
    const unborn = { ...first, signature: wrap(first.signature, factory, create) }
    expect(await opened.settler.check(first)).toMatchObject({ state: 'refused', reason: 'bad-signature' })
    expect(await opened.settler.settle(unborn, timeoutMs)).toMatchObject({ state: 'settled' })
    const second = pay(owner, dollarOf(network), { from: wallet })
    expect(await opened.settler.settle(second, timeoutMs)).toMatchObject({ state: 'settled' })
    expect(await opened.settler.settle({ ...second, signature: '0x00' }, timeoutMs)).toMatchObject({
      state: 'refused',
      reason: 'bad-signature',
    })
  })

  it('cannot have the settler call its own money away as a factory', async () => {
    const { token } = dollarOf(network)
    const before = await network.dollarsOf(gas.address)
    const steal = encodeFunctionData({ abi: testDollarAbi, functionName: 'transfer', args: [ann.address, before] })
    const payment = pay(ann, dollarOf(network))
    const outcome = await opened.settler.settle(
      { ...payment, signature: wrap(payment.signature, token, steal) },
      timeoutMs,
    )
    expect(await network.dollarsOf(gas.address)).toBe(before)
    expect(['settled', 'refused']).toContain(outcome.state)
  })

  it('cannot burn the gas of others', async () => {
    const owner = party('burner')
    const wallet = await fundWallet(owner, true)
    await ann.sender.call({
      address: factory,
      abi: factoryAbi,
      functionName: 'create',
      args: [owner.address, true],
    })
    const nonce = await network.reader.getTransactionCount({ address: gas.address })
    const burning = pay(owner, dollarOf(network), { from: wallet })
    const [burnt, honest] = await Promise.all([
      opened.settler.settle(burning, timeoutMs),
      opened.settler.settle(pay(ann, dollarOf(network)), timeoutMs),
    ])
    // Unknown where the dry run takes longer than anybody waits.
    expect(burnt.state).not.toBe('settled')
    expect(honest.state).toBe('settled')
    expect(await network.reader.getTransactionCount({ address: gas.address })).toBe(nonce + 1)
  })
})

describe('tokens with bad manners', () => {
  const set = (functionName: 'setFee' | 'attackWith', args: readonly unknown[]) =>
    ann.sender.call({ address: hostile.token, abi: hostileAbi, functionName, args: args as never })

  it('that take a fee pay nobody: less than the price is not the price', async () => {
    await set('setFee', [100n])
    const refusal = { state: 'refused', reason: 'reverted', detail: 'the payee would gain 990 of 1000' }
    expect(await opened.settler.settle(pay(ann, hostile), timeoutMs)).toEqual(refusal)
    const config = { ...configOf(ann.address, seller, 'fee'), token: hostile.token }
    const deposit = signDeposit(ann, hostile, network.domain, config, 5_000n)
    expect(await opened.settler.deposit(config, deposit, timeoutMs)).toMatchObject({ state: 'refused' })
    await set('setFee', [0n])
  })

  it('that call back move the value once', async () => {
    const payment = pay(ann, hostile)
    const { from, to, valueAtomic, validAfter, validBefore, nonce, signature } = payment
    const again = encodeFunctionData({
      abi: testDollarAbi,
      functionName: 'transferWithAuthorization',
      args: [from, to, valueAtomic, validAfter, validBefore, nonce, signature],
    })
    await set('attackWith', [hostile.token, again])
    expect(await opened.settler.settle(payment, timeoutMs)).toMatchObject({ state: 'settled' })
    const held = await network.reader.readContract({
      address: hostile.token,
      abi: testDollarAbi,
      functionName: 'balanceOf',
      args: [seller],
    })
    expect(held).toBe(1_000n)
    expect(
      await network.reader.readContract({ address: hostile.token, abi: hostileAbi, functionName: 'reentered' }),
    ).toBe(false)
    await set('attackWith', [`0x${'00'.repeat(20)}`, '0x'])
  })
})

describe('a payer that is quick', () => {
  it('has its nonce counted as used for something else, and is told apart from one that paid beside it', async () => {
    const { token } = dollarOf(network)
    const stolen = pay(ann, dollarOf(network))
    const { nonce } = stolen
    const toSelf = pay(ann, dollarOf(network), { nonce, to: ann.address })
    const other = pay(ann, dollarOf(network), { nonce: bytesToHex(systemRandom(32)) })
    // One transaction uses the nonce for itself and pays the seller the same amount for another call.
    const submit = ({ from, to, valueAtomic, validAfter, validBefore, nonce, signature }: TransferAuthorization) => ({
      target: token,
      allowFailure: false,
      callData: encodeFunctionData({
        abi: testDollarAbi,
        functionName: 'transferWithAuthorization',
        args: [from, to, valueAtomic, validAfter, validBefore, nonce, signature],
      }),
    })
    await ann.sender.call({
      address: '0xca11bde05977b3631167028862be2a173976ca11',
      abi: parseAbi([
        'function aggregate3((address target, bool allowFailure, bytes callData)[] calls) returns ((bool success, bytes returnData)[])',
      ]),
      functionName: 'aggregate3',
      args: [[submit(toSelf), submit(other)]],
    })
    expect(await opened.settler.findOut(stolen)).toMatchObject({ state: 'refused', reason: 'nonce-used' })
    expect(await opened.settler.findOut(other)).toMatchObject({ state: 'settled' })
  })
})

describe('a ledger that goes silent', () => {
  it('leaves an unknown outcome that is found out, and never a second payment', async () => {
    const proxy = await startProxy(network.url)
    const draft = { ...network.network, rpcUrl: proxy.url }
    const reader = createLedgerReader(draft, 1_000)
    const sender = new TransactionSender(
      reader,
      createLedgerWriter(draft, bytesToHex(party('gas two').secretKey), 1_000),
    )
    await network.fund('gas two')
    const { settler, store } = await openSettler(network, sender, join(folder.path, 'silent.db'), { reader })
    const before = await network.dollarsOf(seller)
    const methods = ['eth_call', 'eth_sendRawTransaction', 'eth_getTransactionReceipt'] as const
    for (const method of methods) {
      const payment = pay(ann, dollarOf(network))
      proxy.silence(method)
      expect(await settler.settle(payment, 2_500)).toMatchObject({ state: 'unknown' })
      expect(await settler.findOut(payment)).toMatchObject({ state: expect.stringMatching('unknown|settled') })
      proxy.silence(undefined)
      let outcome = await settler.settle(payment, timeoutMs)
      for (let attempt = 0; outcome.state === 'unknown' && attempt < 100; attempt++) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        outcome = await settler.settle(payment, timeoutMs)
      }
      expect(outcome).toMatchObject({ state: 'settled' })
    }
    expect(await network.dollarsOf(seller)).toBe(before + BigInt(methods.length) * 1_000n)
    await store.close()
    proxy.close()
  }, 90_000)
})

/** Passes requests on; of a silenced method the ledger hears, and the answer is lost. */
async function startProxy(url: string) {
  let silenced: string | undefined
  const server: Server = createServer((request, response) => {
    void (async () => {
      let body = ''
      for await (const part of request) body += String(part)
      const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      const text = await answer.text()
      if (silenced !== undefined && body.includes(`"${silenced}"`)) return response.destroy()
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    })().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    silence(method: string | undefined) {
      silenced = method
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
