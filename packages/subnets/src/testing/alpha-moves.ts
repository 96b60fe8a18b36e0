/** Everything that people do with alpha and stake, on a subnet of a test: what audits have to follow. Nothing of it is for production. */
import { type Address, type Hex, hexToBytes, signDigest, toAddress, zeroHash } from '@koinon/base'
import {
  alphaStakingAbi,
  convictionAbi,
  delegationAbi,
  epochsAbi,
  koinonTokenAbi,
  permitsAbi,
  poolEmissionAbi,
  poolsAbi,
  subnetsAbi,
} from '@koinon/ledger/abis'
import { type EpochResult, resultDigest } from '../rules/index.ts'
import type { PaidSubnet } from './paid-subnet.ts'
import { registrationBurn, type TestAccount, type TestLedger, token } from './test-ledger.ts'

const day = 86_400
const root = 0
const half = token / 2n

export type AlphaMoves = {
  readonly trader: TestAccount
  readonly parent: TestAccount
  /** Trades, stakes, takes, choices. To be done while validators hold their permits. */
  begin(otherNetuid: number): Promise<void>
  /** Two validators and one place: who has more puts the other out, who has less is not, and a place is asked for. */
  contest(contestedNetuid: number): Promise<void>
  /** Two days later, when the raised takes hold: children, in force for the first validator; tickets, root dividends, departures. */
  goOn(otherNetuid: number): Promise<void>
  /** Ends it all: children, a slash for two results of the last whole epoch but one, a permit given up. */
  end(): Promise<void>
}

export async function createAlphaMoves(
  ledger: TestLedger,
  { netuid, miners, validators }: PaidSubnet,
): Promise<AlphaMoves> {
  const { contracts, chainId } = ledger.network
  const [trader, parent] = [ledger.nextAccount(), ledger.nextAccount()]
  const [first, second] = validators as [TestAccount, TestAccount]
  const [miner, other] = miners as [TestAccount, TestAccount]
  const abis = {
    token: koinonTokenAbi,
    pools: poolsAbi,
    staking: alphaStakingAbi,
    delegation: delegationAbi,
    permits: permitsAbi,
    conviction: convictionAbi,
    emission: poolEmissionAbi,
    epochs: epochsAbi,
    subnets: subnetsAbi,
  } as const
  const call = (account: TestAccount, name: keyof typeof abis, functionName: string, ...args: readonly unknown[]) =>
    account.sender.call({ address: contracts[name], abi: abis[name], functionName, args } as never)
  const position = async (place: number, hotkey: Address, staker: Address): Promise<bigint> => {
    const args = [place, hotkey, staker] as const
    const read = { address: contracts.staking, abi: alphaStakingAbi, functionName: 'positionOf', args } as const
    return (await ledger.reader.readContract(read))[0]
  }
  const freeAlpha = (account: TestAccount): Promise<bigint> =>
    ledger.reader.readContract({
      address: contracts.pools,
      abi: poolsAbi,
      functionName: 'balanceOf',
      args: [account.address, BigInt(netuid)],
    })

  for (const account of [trader, parent]) {
    await call(ledger.owner, 'token', 'transfer', account.address, 50n * token)
    for (const spender of [contracts.pools, contracts.staking])
      await call(account, 'token', 'approve', spender, 50n * token)
  }

  return {
    trader,
    parent,
    async begin(otherNetuid) {
      await call(trader, 'pools', 'buy', netuid, 3n * token, 1n)
      await call(trader, 'pools', 'buyToPrice', netuid, 20n * token, 40n * token, 1n)
      await call(trader, 'pools', 'sell', netuid, token / 100n, 1n)
      await call(trader, 'pools', 'sellToPrice', netuid, half, 4n * token, 1n)
      await call(trader, 'pools', 'swap', netuid, otherNetuid, token / 50n, 1n)
      await call(trader, 'pools', 'burn', netuid, 7n)
      await call(trader, 'pools', 'moveAverage', netuid)
      await call(trader, 'pools', 'transfer', parent.address, BigInt(netuid), (await freeAlpha(trader)) / 4n)

      // Bound, because the hotkey is a validator; free, because it is none; moved and swapped from there.
      const eighth = (await freeAlpha(trader)) / 8n
      await call(trader, 'staking', 'stake', netuid, first.address, eighth)
      await call(trader, 'staking', 'stake', netuid, miner.address, 3n * eighth)
      const bound = await position(netuid, first.address, trader.address)
      await call(trader, 'staking', 'unstake', netuid, first.address, bound / 3n, 1n)
      const free = await position(netuid, miner.address, trader.address)
      await call(trader, 'staking', 'unstake', netuid, miner.address, free / 5n, 1n)
      await call(trader, 'staking', 'move', netuid, miner.address, other.address, free / 5n, 1n)
      await call(trader, 'staking', 'swap', netuid, miner.address, otherNetuid, other.address, free / 5n, 1n)

      await call(first, 'delegation', 'setTake', 500n)
      await call(first, 'delegation', 'setChildTake', 1_000n)
      await call(first, 'delegation', 'setTakesParent', netuid, parent.address, true)
      await call(miner, 'delegation', 'setAutoStake', netuid, second.address)
      await call(parent, 'staking', 'stake', netuid, parent.address, await freeAlpha(parent))
      await call(parent, 'staking', 'stake', root, first.address, 5n * token)
      await call(parent, 'delegation', 'announceChildren', netuid, [first.address], [(6n * token) / 10n])
      await call(ledger.owner, 'emission', 'announceParts', netuid, 900n, 5_000n)
      const lockable = (await freeAlpha(trader)) / 4n
      await call(trader, 'conviction', 'lock', netuid, parent.address, lockable)
      await call(trader, 'conviction', 'lock', netuid, trader.address, lockable)
      await call(trader, 'conviction', 'unlock', netuid, parent.address, lockable / 3n)
    },
    async contest(contested) {
      const subnets = { address: contracts.subnets, abi: subnetsAbi } as const
      const seats = await ledger.reader.readContract({ ...subnets, functionName: 'neurons', args: [netuid] })
      for (const account of [first, second]) {
        const agentId = seats.find((seat) => toAddress(seat.hotkey) === account.address)?.agentId
        await call(ledger.owner, 'token', 'transfer', account.address, registrationBurn)
        await call(account, 'token', 'approve', contracts.subnets, registrationBurn)
        await call(account, 'subnets', 'register', contested, agentId, '', registrationBurn)
        await call(account, 'permits', 'seekPermit', contested, true)
      }
      await call(trader, 'staking', 'stake', root, first.address, 5n * token)
      await call(parent, 'staking', 'stake', root, first.address, 25n * token)
      const lent = await position(root, first.address, parent.address)
      await call(parent, 'staking', 'unstake', root, first.address, lent / 2n, 1n)
      await call(trader, 'permits', 'refreshPermit', contested, second.address)
      await call(first, 'permits', 'seekPermit', contested, false)
    },
    async goOn(otherNetuid) {
      await ledger.moveTo((await ledger.nowSeconds()) + 2 * day)
      // A step in portions: each subnet is paid by its pool as it is then.
      await call(trader, 'emission', 'advance', 1n)
      await call(trader, 'pools', 'sell', otherNetuid, 9n, 1n)
      await call(trader, 'pools', 'buy', netuid, token / 10n, 1n)
      await call(trader, 'emission', 'advance', 128n)
      await call(trader, 'staking', 'applyChildren', netuid, parent.address)
      await call(trader, 'staking', 'withdraw', trader.address, 9n)
      await call(trader, 'conviction', 'withdraw', netuid, parent.address)
      await call(parent, 'staking', 'stake', netuid, parent.address, await claimed(parent))
      await call(
        parent,
        'staking',
        'unstake',
        root,
        first.address,
        (await position(root, first.address, parent.address)) / 2n,
        1n,
      )
      await call(trader, 'pools', 'buy', otherNetuid, token / 10n, 1n)
      await call(trader, 'pools', 'burnFees')
    },
    async end() {
      await call(parent, 'staking', 'claimRoot', netuid, first.address, 1n)
      await call(parent, 'staking', 'claimRoot', netuid, first.address, 50n)
      await call(parent, 'delegation', 'announceChildren', netuid, [], [])
      await ledger.moveTo((await ledger.nowSeconds()) + day)
      await call(trader, 'staking', 'applyChildren', netuid, parent.address)
      const read = { address: contracts.subnets, abi: subnetsAbi, functionName: 'epochAt' } as const
      const now = BigInt(await ledger.nowSeconds())
      const epoch = Number(await ledger.reader.readContract({ ...read, args: [netuid, now] })) - 2
      const result = (dataHash: Hex): EpochResult => ({
        netuid,
        epoch,
        previousHash: zeroHash,
        root: zeroHash,
        minersTotal: 1n,
        dividendsTotal: 2n,
        validatorsHash: zeroHash,
        carryHash: zeroHash,
        specHash: zeroHash,
        dataHash,
      })
      const domain = { chainId, epochsContract: contracts.epochs }
      const two = [result(zeroHash), result(`0x${'11'.repeat(32)}`)].flatMap((one) => [
        { ...one, epoch: BigInt(one.epoch) },
        signDigest(resultDigest(domain, one), hexToBytes(first.privateKey)),
      ])
      await call(trader, 'epochs', 'punishTwofold', ...two)
      await call(second, 'permits', 'seekPermit', netuid, false)
    },
  }

  /** Root dividends up to now; what they were. */
  async function claimed(account: TestAccount): Promise<bigint> {
    await call(account, 'staking', 'claimRoot', netuid, first.address, 50n)
    return freeAlpha(account)
  }
}
