/** Deposits out of a MetaMask smart account by delegation, with the contracts of @metamask/delegation-abis on the real EVM. */
import { join } from 'node:path'
import { type Address, type Hex, systemRandom } from '@koinon/base'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import { DelegationManager as managerAbi } from '@metamask/delegation-abis'
import {
  concatHex,
  decodeFunctionData,
  encodeAbiParameters,
  encodeFunctionData,
  erc20Abi,
  parseAbiParameters,
  toHex,
} from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { channelIdOf } from '../rules/channel.ts'
import { type Delegation, delegationHash } from '../rules/delegation.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { configOf, temporaryFolder } from '../testing/fixtures.ts'
import { testPayer } from '../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../testing/seller.ts'
import { type SmartAccount, startSmartAccount } from '../testing/smart-account.ts'
import { createPayingFetch } from '../x402/client/create-paying-fetch.ts'
import { delegatedPaymentSigner } from './delegated-payment-signer.ts'
import { deployDelegationCollector } from './delegation-collector.ts'
import { receiptOf } from './paying-fetch.ts'
import type { ChannelFunding, PaymentSigner } from './payment-signer.ts'
import { readDelegation } from './read-delegation.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

const folder = temporaryFolder()
const capAtomic = 150_000n
let net: TestNetwork
let account: Funded
let agent: Funded
let thief: Funded
let seller: TestSeller
let manager: Address
let collector: Address
let smart: SmartAccount

beforeAll(async () => {
  net = await startNetwork()
  const gas = await net.fund('gas')
  agent = await net.fund('agent')
  thief = await net.fund('thief')
  smart = await startSmartAccount(net, gas)
  ;({ account, manager } = smart)
  const { escrow } = net.domain
  collector = await deployDelegationCollector({ reader: net.reader, sender: gas.sender, escrow, manager })
  seller = await startSeller(net, await net.fund('seller'), gas, { path: join(folder.path, 'seller.db') })
}, 120_000)

afterAll(async () => {
  await seller?.close()
  await net?.close()
  folder.remove()
})

function granted(salt: bigint, changes: Partial<Delegation> = {}): Delegation {
  return smart.granted(agent.address, capAtomic, salt, changes)
}

function signerOf(delegation: Delegation): PaymentSigner {
  return delegatedPaymentSigner({
    secretKey: agent.secretKey,
    delegations: [delegation],
    domain: net.domain,
    manager,
    collector,
    sender: agent.sender,
    random: systemRandom,
  })
}

function fundingOf(salt: Hex, amountAtomic: bigint, leastAtomic = amountAtomic): ChannelFunding {
  const config = {
    ...configOf(account.address, seller.terms().payTo, '', agent.address),
    token: net.network.contracts.dollar,
    salt,
  }
  const call = { origin: '', resourceUrl: '', method: 'GET', paymentId: salt, requestHash: salt, maximumAtomic: 0n }
  return { call, domain: net.domain, config, maxClaimableAtomic: leastAtomic, amountAtomic, leastAtomic }
}

const depositOf = async ({ config }: ChannelFunding) => {
  const args = [channelIdOf(config, net.domain)] as const
  const [balance] = await net.reader.readContract({
    address: net.domain.escrow,
    abi: batchSettlementAbi,
    functionName: 'channels',
    args,
  })
  return balance
}

const word = (byte: string): Hex => `0x${byte.repeat(32)}`

describe('a payer by delegation', () => {
  it('pays calls from a channel that the smart account filled', async () => {
    const before = await net.dollarsOf(account.address)
    const payer = testPayer(net, agent.secretKey, { signer: signerOf(granted(1n)) })
    const pay = createPayingFetch({ payer })
    for (let run = 1; run <= 2; run++) {
      const answer = await pay(`${seller.url}/delegated`)
      expect([answer.status, receiptOf(answer)?.payer]).toEqual([200, account.address])
    }
    expect(before - (await net.dollarsOf(account.address))).toBe(100_000n)
    const [channel] = payer.channels()
    expect(channel).toMatchObject({ depositAtomic: 100_000n, owedAtomic: 2_000n })
    expect(channel?.config).toMatchObject({ payer: account.address, payerAuthorizer: agent.address })
  })

  it('gets what the caveats leave, and then nothing', async () => {
    const signer = signerOf(granted(2n))
    const first = fundingOf(word('01'), 100_000n)
    await signer.fundChannel?.(first)
    const second = fundingOf(word('02'), 100_000n, 50_000n)
    await signer.fundChannel?.(second)
    expect([await depositOf(first), await depositOf(second)]).toEqual([100_000n, 50_000n])
    await expect(signer.fundChannel?.(fundingOf(word('03'), 1n))).rejects.toMatchObject({
      code: 'payments/delegation-refused',
    })
  })

  it('pays neither exactly nor up to a ceiling, and takes no delegation of another key', async () => {
    const payer = testPayer(net, agent.secretKey, { signer: signerOf(granted(3n)) }, { maximumInChannelsAtomic: 0n })
    const pay = createPayingFetch({ payer })
    await expect(pay(`${seller.url}/exactly`)).rejects.toMatchObject({ code: 'payments/nothing-payable' })
    const other = granted(4n, { delegate: thief.address })
    expect(() => signerOf(other)).toThrow(expect.objectContaining({ code: 'payments/delegation-mismatch' }))
  })
})

const contextOf = (delegations: readonly Delegation[]) =>
  encodeAbiParameters(
    parseAbiParameters([
      'Delegation[] delegations',
      'struct Delegation { address delegate; address delegator; bytes32 authority; Caveat[] caveats; uint256 salt; bytes signature; }',
      'struct Caveat { address enforcer; bytes terms; bytes args; }',
    ]),
    [delegations as never],
  )

describe('the file of a delegation', () => {
  it('is read as wallets give it, and as JSON of its delegations', () => {
    const first = granted(8n)
    const passedOn = granted(9n, {
      delegator: agent.address,
      delegate: thief.address,
      authority: delegationHash(first),
    })
    const context = contextOf([first])
    for (const file of [
      { delegationManager: manager, context },
      [{ signerMeta: { delegationManager: manager }, permissionsContext: context }],
      { manager, delegations: [{ ...first, salt: '8' }] },
    ])
      expect(readDelegation(JSON.parse(JSON.stringify(file)))).toEqual({ manager, delegations: [first] })
    expect(readDelegation({ manager, context: contextOf([passedOn, first]) }).delegations).toHaveLength(2)
  })

  it('is refused where a delegation passes on another than the one behind it, or cannot be read', () => {
    const [first, second] = [granted(10n), granted(11n)]
    const passedOn = granted(12n, { delegator: thief.address, authority: delegationHash(first) })
    for (const file of [
      null,
      {},
      { manager, delegations: [] },
      { manager, context: '0x1234' },
      { manager, context: contextOf([first, second]) },
      { manager, context: contextOf([passedOn, first]) },
      { manager, context: contextOf(Array(9).fill(first)) },
      { manager: '0x12', context: contextOf([first]) },
      { manager, delegations: [{ ...first, caveats: 'none' }] },
    ])
      expect(() => readDelegation(file)).toThrow(expect.objectContaining({ code: 'payments/bad-delegation' }))
  })
})

describe('a thief', () => {
  const modes: readonly Hex[] = [word('00')]
  const transferTo = (to: Address) =>
    concatHex([
      net.network.contracts.dollar,
      toHex(0n, { size: 32 }),
      encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, 1_000n] }),
    ])

  it('cannot use what filled a channel a second time, for another channel, or for more', async () => {
    const funding = fundingOf(word('11'), 10_000n)
    const from = await net.reader.getBlockNumber()
    await signerOf(granted(5n)).fundChannel?.(funding)
    const [log] = await net.reader.getLogs({ address: net.domain.escrow, fromBlock: from })
    const { input } = await net.reader.getTransaction({ hash: log?.transactionHash as Hex })
    await expect(thief.sender.send({ to: net.domain.escrow, data: input }, 'again')).rejects.toThrow()
    const { args } = decodeFunctionData({ abi: batchSettlementAbi, data: input })
    const collectorData = args?.[3] as Hex
    const stolen = { ...funding.config, receiver: thief.address, receiverAuthorizer: thief.address }
    for (const [config, amountAtomic] of [
      [stolen, 10_000n],
      [{ ...funding.config, payerAuthorizer: thief.address }, 10_000n],
      [funding.config, 20_000n],
    ] as const) {
      const call = { address: net.domain.escrow, abi: batchSettlementAbi, functionName: 'deposit' } as const
      await expect(
        thief.sender.call({ ...call, args: [config, amountAtomic, collector, collectorData] }),
      ).rejects.toThrow()
    }
    expect(await depositOf(funding)).toBe(10_000n)
  })

  it('with the agent’s key moves nothing but deposits, and nothing after the owner has taken the delegation back', async () => {
    const delegation = granted(6n)
    const redeem = (to: Address, who: Funded) =>
      who.sender.call({
        address: manager,
        abi: managerAbi,
        functionName: 'redeemDelegations',
        args: [[contextOf([delegation])], modes, [transferTo(to)]],
      } as never)
    await expect(redeem(thief.address, agent)).rejects.toThrow()
    await expect(redeem(net.domain.escrow, thief)).rejects.toThrow()
    await account.sender.call({
      address: manager,
      abi: managerAbi,
      functionName: 'disableDelegation',
      args: [delegation],
    } as never)
    await expect(signerOf(delegation).fundChannel?.(fundingOf(word('21'), 1_000n))).rejects.toMatchObject({
      code: 'payments/delegation-refused',
    })
  })

  it('cannot have the collector act for itself, or redeem what was delegated to somebody else', async () => {
    const funding = fundingOf(word('31'), 1_000n)
    for (const delegations of [[], [granted(7n)]]) {
      const data = encodeAbiParameters(parseAbiParameters('bytes, bytes32'), [contextOf(delegations), word('00')])
      await expect(
        agent.sender.call({
          address: net.domain.escrow,
          abi: batchSettlementAbi,
          functionName: 'deposit',
          args: [funding.config, 1_000n, collector, data],
        }),
      ).rejects.toThrow()
    }
    expect(await depositOf(funding)).toBe(0n)
  })
})
