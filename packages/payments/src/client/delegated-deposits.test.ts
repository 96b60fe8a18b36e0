/** Deposits out of a MetaMask smart account by delegation, with the contracts of @metamask/delegation-abis on the real EVM. */
import { join } from 'node:path'
import { type Address, bytesToHex, type Hex, signDigest, systemRandom, toAddress } from '@koinon/base'
import { createLedgerWriter } from '@koinon/ledger'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import { DelegationManager as managerAbi } from '@metamask/delegation-abis'
import {
  AllowedCalldataEnforcer,
  DelegationManager,
  EIP7702StatelessDeleGator,
  ERC20PeriodTransferEnforcer,
} from '@metamask/delegation-abis/bytecode'
import {
  concatHex,
  decodeFunctionData,
  encodeAbiParameters,
  encodeFunctionData,
  erc20Abi,
  pad,
  parseAbiParameters,
  toHex,
} from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { channelIdOf } from '../rules/channel.ts'
import { type Delegation, delegationDigest, rootAuthority } from '../rules/delegation.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { configOf, temporaryFolder } from '../testing/fixtures.ts'
import { testPayer } from '../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../testing/seller.ts'
import { createPayingFetch } from '../x402/client/create-paying-fetch.ts'
import { delegatedPaymentSigner } from './delegated-payment-signer.ts'
import { deployDelegationCollector } from './delegation-collector.ts'
import { receiptOf } from './paying-fetch.ts'
import type { ChannelFunding, PaymentSigner } from './payment-signer.ts'

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
let enforcers: { readonly period: Address; readonly calldata: Address }

beforeAll(async () => {
  net = await startNetwork()
  const gas = await net.fund('gas')
  account = await net.fund('smart account')
  agent = await net.fund('agent')
  thief = await net.fund('thief')
  const deploy = async (bytecode: string, args: Hex = '0x') => {
    const receipt = await gas.sender.send({ data: concatHex([bytecode as Hex, args]) }, 'deploying')
    return toAddress(receipt.contractAddress as string)
  }
  const addresses = (...list: readonly Address[]) => concatHex(list.map((address) => pad(address)))
  manager = await deploy(DelegationManager, addresses(gas.address))
  // No entry point: nothing here goes through one.
  const code = await deploy(EIP7702StatelessDeleGator, addresses(manager, gas.address))
  enforcers = { period: await deploy(ERC20PeriodTransferEnforcer), calldata: await deploy(AllowedCalldataEnforcer) }
  const writer = createLedgerWriter(net.network, bytesToHex(account.secretKey))
  const authorization = await writer.signAuthorization({
    account: writer.account,
    contractAddress: code,
    executor: 'self',
  })
  const hash = await writer.sendTransaction({
    authorizationList: [authorization],
    to: account.address,
    value: 0n,
  } as never)
  await net.reader.waitForTransactionReceipt({ hash })
  const { escrow } = net.domain
  collector = await deployDelegationCollector({ reader: net.reader, sender: gas.sender, escrow, manager })
  seller = await startSeller(net, await net.fund('seller'), gas, { path: join(folder.path, 'seller.db') })
}, 120_000)

afterAll(async () => {
  await seller?.close()
  await net?.close()
  folder.remove()
})

/** The account lets the agent transfer dollars to the escrow, at most so much a day. */
function granted(salt: bigint, changes: Partial<Delegation> = {}): Delegation {
  const { dollar } = net.network.contracts
  const words = (...values: readonly bigint[]) => values.map((value) => toHex(value, { size: 32 }))
  const unsigned = {
    delegate: agent.address,
    delegator: account.address,
    authority: rootAuthority,
    caveats: [
      {
        enforcer: enforcers.period,
        terms: concatHex([dollar, ...words(capAtomic, 86_400n, BigInt(Math.floor(Date.now() / 1000) - 60))]),
        args: '0x' as const,
      },
      {
        enforcer: enforcers.calldata,
        terms: concatHex([...words(4n), pad(net.domain.escrow)]),
        args: '0x' as const,
      },
    ],
    salt,
    ...changes,
  }
  const digest = delegationDigest(unsigned, { chainId: net.domain.chainId, manager })
  return { ...unsigned, signature: signDigest(digest, account.secretKey) }
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

describe('a thief', () => {
  const modes: readonly Hex[] = [word('00')]
  const contextOf = (delegations: readonly Delegation[]) =>
    encodeAbiParameters(
      parseAbiParameters([
        'Delegation[] delegations',
        'struct Delegation { address delegate; address delegator; bytes32 authority; Caveat[] caveats; uint256 salt; bytes signature; }',
        'struct Caveat { address enforcer; bytes terms; bytes args; }',
      ]),
      [delegations as never],
    )
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
