import { bytesToHex, hexToBytes, secretKeyToAddress, signDigest } from '@koinon/base'
import { leaveSubnet } from '@koinon/ledger'
import { epochsAbi, stakingAbi, weightsAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  buildClaimsTree,
  claimLeafHash,
  objectionDigest,
  packRow,
  resultDigest,
  weightsCommitment,
} from '../rules/index.ts'
import { startTestLedger, type TestLedger, testPhases, token } from '../testing/test-ledger.ts'
import { connect } from '../testing/test-peers.ts'
import { createSubnetLedger } from './viem-subnet-ledger.ts'

const specHash = `0x${'5c'.repeat(32)}` as const

describe('createSubnetLedger on the real contracts', () => {
  let ledger: TestLedger
  beforeAll(async () => {
    ledger = await startTestLedger()
  })
  afterAll(() => ledger.close())

  it('tells who sat where at a past second, after they left', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(specHash)
    const chain = createSubnetLedger(ledger.reader, ledger.network)
    const [first, second, third] = [ledger.nextAccount(), ledger.nextAccount(), ledger.nextAccount()]
    await ledger.join(first, netuid, 'http://127.0.0.1:1')
    await ledger.join(second, netuid, 'http://127.0.0.1:2')
    await ledger.moveTo(genesisSeconds + 100)
    await leaveSubnet({ network: ledger.network, reader: ledger.reader, sender: first.sender }, netuid)
    await ledger.moveTo(genesisSeconds + 200)
    await ledger.join(third, netuid, 'http://127.0.0.1:3')
    expect(await chain.seatsAt(netuid, genesisSeconds - 1)).toEqual([])
    expect((await chain.seatsAt(netuid, genesisSeconds + 99)).map(({ hotkey }) => hotkey)).toEqual([
      first.address,
      second.address,
    ])
    expect((await chain.seatsAt(netuid, genesisSeconds + 150)).map(({ hotkey }) => hotkey)).toEqual([second.address])
    expect(await chain.seatsAt(netuid, genesisSeconds + 10_000)).toEqual([
      { uid: 0, hotkey: third.address },
      { uid: 1, hotkey: second.address },
    ])
    expect((await chain.endpoints(netuid)).map(({ endpoint }) => endpoint)).toEqual([
      'http://127.0.0.1:3',
      'http://127.0.0.1:2',
    ])
    expect(await chain.clock(netuid)).toEqual({ genesisSeconds, ...testPhases })
    await expect(chain.clock(99)).rejects.toMatchObject({ code: 'ledger/no-subnet', retry: 'never' })
    expect(await chain.specHash(netuid, 0)).toBe(specHash)
  })

  it('remembers permits of a past second though the stake has moved since', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(specHash)
    const chain = createSubnetLedger(ledger.reader, ledger.network)
    const validator = ledger.nextAccount()
    await ledger.join(validator, netuid, '', 30n * token)
    await ledger.moveTo(genesisSeconds + 100)
    await validator.sender.call({
      address: ledger.network.contracts.staking,
      abi: stakingAbi,
      functionName: 'unstake',
      args: [netuid, validator.address, 25n * token],
    })
    await ledger.moveTo(genesisSeconds + 200)
    expect(await chain.permittedAt(netuid, genesisSeconds + 90)).toEqual([
      { hotkey: validator.address, stake: 30n * token },
    ])
    // 5 is below the minimum of 10: stake, but no permit.
    expect(await chain.permittedAt(netuid, genesisSeconds + 150)).toEqual([])
  })

  it('says undefined for what is not there', async () => {
    const { netuid } = await ledger.createSubnet(specHash)
    const chain = createSubnetLedger(ledger.reader, ledger.network)
    expect(await chain.beacon(netuid, 0)).toBeUndefined()
    expect(await chain.weights(netuid, 0, ledger.owner.address)).toEqual({})
    expect([await chain.reveals(netuid, 0), await chain.workCommitments(netuid, 0), await chain.roots(netuid)]).toEqual(
      [[], [], []],
    )
  })

  it('agrees with the contracts on every hash', async () => {
    const { reader, network } = ledger
    const { epochs, weights } = network.contracts
    const domain = { chainId: network.chainId, epochsContract: epochs }
    const account = secretKeyToAddress(new Uint8Array(32).fill(3))
    const hash = `0x${'ab'.repeat(32)}` as const
    const result = {
      netuid: 1,
      epoch: 4,
      root: hash,
      cumulativeTotal: 77n,
      weightsHash: hash,
      stakeHash: hash,
      specHash: hash,
      dataHash: hash,
    }
    const onEpochs = { address: epochs, abi: epochsAbi } as const
    expect(
      await reader.readContract({ ...onEpochs, functionName: 'resultDigest', args: [{ ...result, epoch: 4n }] }),
    ).toBe(bytesToHex(resultDigest(domain, result)))
    expect(await reader.readContract({ ...onEpochs, functionName: 'objectionDigest', args: [1, 4n, hash] })).toBe(
      bytesToHex(objectionDigest(domain, 1, 4, hash)),
    )
    expect(await reader.readContract({ ...onEpochs, functionName: 'leafOf', args: [1, account, 9n] })).toBe(
      claimLeafHash(1, { account, cumulativeAmount: 9n }),
    )
    const packedRow = packRow([{ uid: 3, weight: 9 }])
    const input = {
      chainId: network.chainId,
      weightsContract: weights,
      netuid: 1,
      epoch: 4,
      hotkey: account,
      packedRow,
      salt: hash,
    }
    const { keccak256 } = await import('viem')
    expect(
      await reader.readContract({
        address: weights,
        abi: weightsAbi,
        functionName: 'commitmentFor',
        args: [1, 4n, account, keccak256(packedRow), hash],
      }),
    ).toBe(weightsCommitment(input))
  })

  it('pays every leaf of a tree of thirteen, once', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(specHash)
    const validator = ledger.nextAccount()
    await ledger.join(validator, netuid, '', 30n * token)
    const { ledger: chain, writer } = connect(ledger.network, validator.privateKey)
    await ledger.moveTo(genesisSeconds + 3 * testPhases.epochSeconds)
    const leaves = Array.from({ length: 13 }, (_, index) => ({
      account: secretKeyToAddress(new Uint8Array(32).fill(40 + index)),
      cumulativeAmount: BigInt(index + 1),
    }))
    const tree = buildClaimsTree(netuid, leaves)
    const hash = `0x${'cd'.repeat(32)}` as const
    const result = {
      netuid,
      epoch: 1,
      root: tree.root,
      cumulativeTotal: 91n,
      weightsHash: hash,
      stakeHash: hash,
      specHash,
      dataHash: hash,
    }
    await writer.submitRoot(result, [signDigest(resultDigest(chain.domain, result), hexToBytes(validator.privateKey))])
    const [root] = await chain.roots(netuid)
    expect(root).toMatchObject({ epoch: 1, result })
    await expect(writer.claimMany(netuid, 1, tree.claims)).rejects.toThrow(/RootNotActive/)
    await ledger.moveTo((root?.activatesAtSeconds ?? 0) + 1)
    await writer.claimMany(netuid, 1, tree.claims)
    await writer.claimMany(netuid, 1, tree.claims)
    for (const { account, cumulativeAmount } of leaves)
      expect(await chain.paidTo(netuid, account)).toBe(cumulativeAmount)
    const stolen = tree.claims.map((claim) => ({ ...claim, cumulativeAmount: claim.cumulativeAmount + 1n }))
    await expect(writer.claimMany(netuid, 1, stolen)).rejects.toThrow(/ProofInvalid/)
  })
})
