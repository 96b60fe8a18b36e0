import { readFileSync } from 'node:fs'
import { bytesToHex, type Hex, signDigest, systemRandom, zeroHash } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerWriter } from '@koinon/ledger'
import { batchSettlementAbi, budgetDelegateAbi, testDollarAbi } from '@koinon/ledger/abis'
import { concatHex, encodeAbiParameters, encodeDeployData, getContractAddress, parseAbi } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BudgetGrant, budgetGrantHash } from '../../rules/budget/grant.ts'
import { budgetRevocationDigest } from '../../rules/budget/owner-words.ts'
import { channelIdOf } from '../../rules/channel.ts'
import { budgetChannel, budgetGrant, payment, signedGrant } from '../../testing/budget.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { party, seed, temporaryFolder } from '../../testing/fixtures.ts'
import { verifyOwnerSignature } from '../../verifier/budget/verify-owner-signature.ts'
import { ChannelOpener } from '../channel-opener.ts'
import { createBudgetChain } from './budget-chain.ts'
import { BudgetSigner } from './budget-signer.ts'
import { delegateOf, deployBudgetDelegate, setDelegate } from './delegate-account.ts'
import { budgetSchema } from './schema.ts'

type Member = Awaited<ReturnType<TestNetwork['fund']>>
let net: TestNetwork
let owner: Member
let relay: Member
let delegate: Hex
const alice = party('alice').address
const folder = temporaryFolder()
let stores = 0

beforeAll(async () => {
  net = await startNetwork()
  owner = await net.fund('owner')
  relay = await net.fund('relay')
  delegate = await deployBudgetDelegate(net.reader, relay.sender, net.domain.escrow)
  expect(await delegateOf(net.reader, owner.address)).toBeUndefined()
  await setDelegate(net.reader, createLedgerWriter(net.network, bytesToHex(seed('owner'))), delegate)
}, 120_000)

afterAll(async () => {
  await net.close()
  folder.remove()
})

async function clockNow(): Promise<number> {
  return Number((await net.reader.getBlock()).timestamp)
}

/** A signer of the agent under a grant of the chain's own time and dollar. */
async function signerFor(changes: Partial<BudgetGrant> = {}) {
  const now = await clockNow()
  const asset = net.network.contracts.dollar
  const grant = budgetGrant({ asset, validFrom: now - 10, validUntil: now + 864_000, ...changes })
  const store = await DurableStore.open(`${folder.path}/${stores++}`, budgetSchema)
  const signer = new BudgetSigner({
    store,
    grants: [signedGrant(grant, 'owner', net.domain.chainId)],
    sessionKey: seed('agent'),
    domain: net.domain,
    assetDomain: { name: 'Test Dollar', version: '1', chainId: net.domain.chainId, verifyingContract: asset },
    chain: createBudgetChain({ reader: net.reader, unsettledBlocks: 0 }),
    reader: net.reader,
    clock: { nowMs: () => now * 1000 },
    maxStalenessMs: 0,
  })
  await signer.start()
  return { signer, grant, asset, hash: budgetGrantHash(grant, net.domain.chainId), close: () => store.close() }
}

async function send(answer: Awaited<ReturnType<BudgetSigner['sign']>>): Promise<void> {
  if (answer.state !== 'signed' || answer.kind !== 'batch') throw new Error('no batch')
  await relay.sender.send({ to: answer.to, data: answer.data }, 'a batch', budgetDelegateAbi)
}

describe('a budget on the chain', () => {
  it('opens a channel, pays by vouchers that the escrow takes, and is concluded', async () => {
    const { signer, asset, close } = await signerFor()
    expect(await delegateOf(net.reader, owner.address)).toBe(delegate)
    const channel = budgetChannel({ token: asset })
    const deposit = { kind: 'deposit', ...payment('chain deposit', 600n), asset, channel }
    const signed = await signer.sign(deposit)
    expect(await signer.conclude(deposit.id)).toBe('reserved')
    await send(signed)
    expect(await signer.conclude(deposit.id)).toBe('spent')
    const channelId = channelIdOf(channel, net.domain)
    const call = {
      kind: 'payCall',
      ...payment('chain call', 40n),
      asset,
      method: 'POST',
      path: '/v1/chat',
      rail: { kind: 'channel', channel, cumulativeAtomic: 40n },
    }
    const paid = await signer.sign(call)
    if (paid.state !== 'signed' || paid.kind !== 'voucher') throw new Error('no voucher')
    expect(signer.spent[0]?.totalAtomic).toBe(600n)
    const merchant = await net.fund('alice')
    await merchant.sender.call({
      address: net.domain.escrow,
      abi: batchSettlementAbi,
      functionName: 'claim',
      args: [[{ voucher: { channel, maxClaimableAmount: 40n }, signature: paid.voucher.signature, totalClaimed: 40n }]],
    })
    const before = await net.dollarsOf(alice)
    await merchant.sender.call({
      address: net.domain.escrow,
      abi: batchSettlementAbi,
      functionName: 'settle',
      args: [alice, asset],
    })
    expect((await net.dollarsOf(alice)) - before).toBe(40n)
    expect(
      await net.reader.readContract({
        address: net.domain.escrow,
        abi: batchSettlementAbi,
        functionName: 'channels',
        args: [channelId],
      }),
    ).toEqual([600n, 40n])
    await close()
  })

  it('gives a charge back only once the chain says that the batch is dead', async () => {
    const { signer, asset, close } = await signerFor({ maxTotalAtomic: 100n })
    const transfer = { kind: 'transfer', ...payment('never sent', 100n), asset }
    const signed = await signer.sign(transfer)
    await expect(signer.sign({ ...transfer, ...payment('second', 1n), asset })).rejects.toThrow(
      'dollars in all there are',
    )
    await net.advanceSeconds(599)
    expect(await signer.conclude(transfer.id)).toBe('reserved')
    await net.advanceSeconds(10)
    expect(await signer.conclude(transfer.id)).toBe('released')
    await expect(send(signed)).rejects.toThrow('BatchExpired')
    await expect(signer.sign(transfer)).rejects.toThrow('over')
    expect(signer.spent[0]?.totalAtomic).toBe(0n)
    await close()
  })

  it('stops at a revocation on chain, by nonce and by grant, also when the account lays the code down', async () => {
    const { signer, asset, hash, close } = await signerFor({ maxTotalAtomic: 200n })
    const signed = await signer.sign({ kind: 'transfer', ...payment('before', 10n), asset })
    const digest = budgetRevocationDigest({ grant: hash }, net.domain.chainId)
    await relay.sender.call({
      address: owner.address,
      abi: budgetDelegateAbi,
      functionName: 'revokeBudgetWithSignature',
      args: [hash, signDigest(digest, seed('owner'))],
    })
    await expect(signer.sign({ kind: 'transfer', ...payment('after', 10n), asset })).rejects.toThrow('revoked')
    await expect(send(signed)).rejects.toThrow('BudgetRefused')
    const writer = createLedgerWriter(net.network, bytesToHex(seed('owner')))
    await setDelegate(net.reader, writer, undefined)
    await expect(signer.sign({ kind: 'transfer', ...payment('again', 10n), asset })).rejects.toThrow('revoked')
    await setDelegate(net.reader, writer, delegate)
    await close()

    const second = await signerFor({ maxTotalAtomic: 201n })
    await owner.sender.call({ address: owner.address, abi: budgetDelegateAbi, functionName: 'revokeBudgets', args: [] })
    await expect(second.signer.sign({ kind: 'transfer', ...payment('nonce', 10n), asset })).rejects.toThrow('revoked')
    await second.close()
    const third = await signerFor({ maxTotalAtomic: 202n, revocationNonce: 1 })
    await send(await third.signer.sign({ kind: 'transfer', ...payment('new nonce', 10n), asset }))
    await third.close()
  })

  it('lets the owner go on signing deposits as before (ERC-1271)', async () => {
    const opener = new ChannelOpener({
      reader: net.reader,
      sender: relay.sender,
      payer: owner.account,
      domain: net.domain,
      token: net.network.contracts.dollar,
      collector: net.network.contracts.depositCollector,
      clock: { nowMs: () => Date.now() + 3_600_000 },
      random: systemRandom,
    })
    const opened = await opener.open({ receiver: alice, payerAuthorizer: party('agent').address, depositAtomic: 77n })
    expect(opened.depositAtomic).toBe(77n)
  })

  it('pays exact transfers from the key, at most once', async () => {
    const agent = await net.fund('agent')
    const { signer, asset, close } = await signerFor({ revocationNonce: 1 })
    const now = await clockNow()
    const intent = {
      kind: 'payCall',
      ...payment('exact', 25n),
      asset,
      method: 'POST',
      path: '/v1/chat',
      rail: { kind: 'exact', validBefore: now + 300 },
    }
    const signed = await signer.sign(intent)
    if (signed.state !== 'signed' || signed.kind !== 'exact') throw new Error('no transfer')
    const { from, to, value, validAfter, validBefore, nonce } = signed.authorization
    expect(from).toBe(agent.address)
    const call = {
      address: asset,
      abi: testDollarAbi,
      functionName: 'transferWithAuthorization',
      args: [from, to, value, BigInt(validAfter), BigInt(validBefore), nonce, signed.signature],
    } as const
    expect(await signer.conclude(intent.id)).toBe('reserved')
    await relay.sender.call(call as never)
    await expect(relay.sender.call(call as never)).rejects.toThrow()
    expect(await signer.conclude(intent.id)).toBe('spent')
    await close()
  })
})

describe("owners' signatures", () => {
  const digest = seed('something signed')
  const byKey = (name: string): Hex => signDigest(digest, seed(name))
  const creation = (): Hex => {
    const file = new URL('../../../../../contracts/test/support/key-account.hex', import.meta.url)
    const abi = parseAbi(['constructor(address key)'])
    return encodeDeployData({ abi, bytecode: readFileSync(file, 'utf8').trim() as Hex, args: [party('alice').address] })
  }

  it('count from a key without the ledger, from contracts with it, and from contracts to be', async () => {
    const { reader } = net
    const { address } = party('alice')
    expect(await verifyOwnerSignature({ account: address, digest, signature: byKey('alice') })).toBe(true)
    expect(await verifyOwnerSignature({ account: address, digest, signature: byKey('thief'), reader })).toBe(false)
    expect(await verifyOwnerSignature({ account: owner.address, digest, signature: byKey('agent'), reader })).toBe(
      false,
    )

    const factory = '0x4e59b44847b379578588920ca78fbf26c0b4956c'
    const bytecode = creation()
    const account = getContractAddress({
      opcode: 'CREATE2',
      from: factory,
      salt: zeroHash,
      bytecode,
    }).toLowerCase() as Hex
    const wrapped = concatHex([
      encodeAbiParameters(
        [{ type: 'address' }, { type: 'bytes' }, { type: 'bytes' }],
        [factory, concatHex([zeroHash, bytecode]), byKey('alice')],
      ),
      `0x${'6492'.repeat(16)}`,
    ])
    expect(await verifyOwnerSignature({ account, digest, signature: byKey('alice'), reader })).toBe(false)
    expect(await verifyOwnerSignature({ account, digest, signature: wrapped, reader })).toBe(true)
    expect(await reader.getCode({ address: account })).toBeUndefined()
    await relay.sender.send({ to: factory, data: concatHex([zeroHash, bytecode]) }, 'an account')
    expect(await verifyOwnerSignature({ account, digest, signature: byKey('alice'), reader })).toBe(true)
    expect(await verifyOwnerSignature({ account, digest, signature: byKey('alice') })).toBe(false)
    expect(await verifyOwnerSignature({ account, digest, signature: byKey('thief'), reader })).toBe(false)
    expect(await verifyOwnerSignature({ account, digest, signature: wrapped, reader })).toBe(true)
    expect(await verifyOwnerSignature({ account, digest, signature: '0x', reader })).toBe(false)
  })
})
