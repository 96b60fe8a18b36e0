import type { Address } from '@koinon/base'
import { joinSubnet } from '@koinon/ledger'
import { alphaStakingAbi, koinonTokenAbi, poolsAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stakeOn } from '../client/alpha-stake.ts'
import { createSubnetLedger, createSubnetLedgerWriter, type Upkeep } from '../client/index.ts'
import { buyAlpha, type PoolAccount } from '../client/pool-trades.ts'
import { leastFeesToBurn } from '../client/upkeep.ts'
import { type PoolLedger, startPoolLedger } from '../testing/pool-ledger.ts'
import { type TestAccount, token } from '../testing/test-ledger.ts'
import { upkeepStep } from './upkeep-step.ts'

let place: PoolLedger
let netuid: number
beforeAll(async () => {
  place = await startPoolLedger()
  netuid = await place.openSubnet(1_000n * token)
}, 120_000)
afterAll(() => place?.ledger.close())

const fees = async () => {
  const { network, reader } = place.ledger
  const read = { address: network.contracts.pools, abi: poolsAbi, functionName: 'fees' } as const
  const [waiting, burned] = await reader.readContract({ ...read, blockTag: 'pending' })
  return { waiting, burned }
}

const supply = (): Promise<bigint> => {
  const { network, reader } = place.ledger
  const read = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'totalSupply' } as const
  return reader.readContract({ ...read, blockTag: 'pending' })
}

const trade = (account: PoolAccount, koin: bigint) => buyAlpha(account, { netuid, koin, leastAlpha: 1n })

function portsOf({ network, sender }: Pick<TestAccount, 'sender'> & Pick<PoolLedger['ledger'], 'network'>) {
  const done: Upkeep[] = []
  return {
    done,
    options: {
      netuid,
      ledger: createSubnetLedger(place.ledger.reader, network),
      writer: createSubnetLedgerWriter(sender, network),
      onDone: (what: Upkeep) => done.push(what),
    },
  }
}

describe('upkeep on the real contracts', () => {
  it('burns the fees that wait, once they are worth a transaction', async () => {
    const account = await place.account(100n * token)
    const { options, done } = portsOf({ ...account, network: place.ledger.network })
    await trade(account, 19n * token)
    await upkeepStep(options)
    expect([done, (await fees()).burned]).toEqual([[], 0n])
    await trade(account, token)
    const [before, { waiting }] = [await supply(), await fees()]
    expect(waiting).toBe(leastFeesToBurn)
    await upkeepStep(options)
    await upkeepStep(options)
    expect([done, await fees()]).toEqual([['burnFees'], { waiting: 0n, burned: waiting }])
    expect(await supply()).toBe(before - waiting)
  })

  it('counts the root stake of its hotkey where it had no room, as soon as it has', async () => {
    const account = await place.account(50n * token)
    const { options, done } = portsOf({ ...account, network: place.ledger.network })
    const others = Array.from({ length: 16 }, (_, index) => 100 + index)
    for (const other of others) await place.setRegistered(other, account.address, true)
    await joinSubnet(account, netuid, 'http://127.0.0.1:1')
    await stakeOn(account, { netuid: 0, hotkey: account.address, amount: 20n * token })
    const isCounted = async (): Promise<boolean> => {
      const { network, reader } = place.ledger
      const read = { address: network.contracts.staking, abi: alphaStakingAbi, functionName: 'hotkeyOf' } as const
      return (await reader.readContract({ ...read, args: [netuid, account.address as Address], blockTag: 'pending' }))
        .countsRoot
    }
    await upkeepStep(options)
    expect([done, await isCounted()]).toEqual([[], false])
    await place.setRegistered(others[3] as number, account.address, false)
    await upkeepStep(options)
    await upkeepStep(options)
    expect([done, await isCounted()]).toEqual([['countRoot'], true])
  })

  it('is no error where another came first, and tries the rest where one fails', async () => {
    const account = await place.account(100n * token)
    const { options, done } = portsOf({ ...account, network: place.ledger.network })
    await trade(account, 40n * token)
    const lost = {
      ...options.writer,
      burnFees: async () => {
        await options.writer.burnFees()
        throw new Error('another came first')
      },
    }
    await upkeepStep({ ...options, writer: lost })
    expect([done, (await fees()).waiting]).toEqual([[], 0n])
    const tried: string[] = []
    const broken = {
      hotkey: options.writer.hotkey,
      burnFees: async () => {
        throw new Error('no gas')
      },
      countRoot: async () => void tried.push('countRoot'),
    }
    const ledger = { upkeepDue: async (): Promise<readonly Upkeep[]> => ['burnFees', 'countRoot'] }
    await expect(upkeepStep({ netuid, ledger, writer: broken })).rejects.toThrow('no gas')
    expect(tried).toEqual(['countRoot'])
  })
})
