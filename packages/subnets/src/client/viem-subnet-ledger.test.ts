import { bytesToHex, hexToBytes, integerWord, secretKeyToAddress, signDigest, zeroHash } from '@koinon/base'
import { leaveSubnet } from '@koinon/ledger'
import { alphaStakingAbi, epochsAbi, weightsAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashOfWords } from '../rules/epoch-record.ts'
import { epochWindow, objectionDigest, packRow, resultDigest, seatClaims, weightsCommitment } from '../rules/index.ts'
import { resultRoot } from '../rules/result-tree.ts'
import { amountWord, noRow, seatWord, validatorWord } from '../rules/seat-words.ts'
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
    expect(await chain.seatsAt(netuid, genesisSeconds + 10_000)).toMatchObject([
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
      abi: alphaStakingAbi,
      functionName: 'unstake',
      // Of the root; a new share pool has a million shares for every unit.
      args: [0, validator.address, 25n * token * 1_000_000n, 1n],
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
      previousHash: zeroHash,
      root: hash,
      minersTotal: 77n,
      dividendsTotal: 78n,
      validatorsHash: hash,
      carryHash: hash,
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

  it('pays every seat of a root, once, and refuses other amounts', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(specHash)
    const validator = ledger.nextAccount()
    await ledger.join(validator, netuid, '', 30n * token)
    const miners = [ledger.nextAccount(), ledger.nextAccount()]
    for (const miner of miners) await ledger.join(miner, netuid, '')
    const { ledger: chain, writer } = connect(ledger.network, validator.privateKey)
    await ledger.moveTo(genesisSeconds + 3 * testPhases.epochSeconds)
    const window = epochWindow({ genesisSeconds, ...testPhases }, 1)
    expect([await chain.accrued(netuid, 2), await chain.ownerDue(netuid)]).toEqual([undefined, 0n])
    await writer.advanceEmission(128)
    expect((await chain.accrued(netuid, 2))?.miners).toBeGreaterThan(0n)
    const { startsAtSeconds, periodSeconds, finalUntilSeconds } = await chain.emissionClock()
    expect([(finalUntilSeconds - startsAtSeconds) % periodSeconds, finalUntilSeconds >= window.endsAtSeconds]).toEqual([
      0,
      true,
    ])
    const posting = {
      validators: [validatorWord({ hotkey: validator.address, age: noRow, stake: 30n * token })],
      seats: [0n, 5n, 86n].map((rank) => seatWord({ tenure: 1, consensus: 0n, rank, dividend: 0n })),
      amounts: [
        { mined: 0n, dividends: 40n },
        { mined: 5n, dividends: 0n },
        { mined: 86n, dividends: 0n },
      ].map(amountWord),
      carry: [],
    }
    const result = {
      netuid,
      epoch: 1,
      previousHash: zeroHash,
      root: resultRoot(posting),
      minersTotal: 91n,
      dividendsTotal: 40n,
      validatorsHash: hashOfWords(posting.validators),
      carryHash: hashOfWords(posting.carry),
      specHash,
      dataHash: zeroHash,
    }
    const signature = signDigest(resultDigest(chain.domain, result), hexToBytes(validator.privateKey))
    await writer.submitRoot(result, posting, [0], [signature])
    const [root] = await chain.roots(netuid)
    expect(root).toMatchObject({ epoch: 1, result, posting, signedBy: [validator.address] })
    const claims = seatClaims(await chain.seatsAt(netuid, window.endsAtSeconds - 1), posting)
    expect(claims.map(({ hotkey, mined, dividends }) => [hotkey, mined, dividends])).toEqual([
      [validator.address, 0n, 40n],
      [miners[0]?.address, 5n, 0n],
      [miners[1]?.address, 86n, 0n],
    ])
    await expect(writer.claimMany(netuid, 1, claims)).rejects.toThrow(/RootNotActive/)
    await ledger.moveTo((root?.activatesAtSeconds ?? 0) + 1)
    await writer.claimMany(netuid, 1, claims)
    await writer.claimMany(netuid, 1, claims)
    for (const { mined, dividends, ...seat } of claims) {
      expect(await chain.paidTo(netuid, seat)).toEqual({ mined, dividends })
    }
    const due = await chain.ownerDue(netuid)
    expect(due).toBe((await chain.accrued(netuid, 2))?.owner)
    await writer.claimOwner(netuid)
    expect([due > 0n, await chain.ownerDue(netuid)]).toEqual([true, 0n])
    const stolen = claims.map((claim) => ({ ...claim, word: bytesToHex(integerWord(BigInt(claim.word) + 1n)) }))
    await expect(writer.claimMany(netuid, 1, stolen)).rejects.toThrow(/ProofInvalid/)
  })
})
