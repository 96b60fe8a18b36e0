import type { Address } from '@koinon/base'
import { joinSubnet } from '@koinon/ledger'
import { alphaStakingAbi, koinonTokenAbi, permitsAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registrationBurn, startTestLedger, type TestLedger, token } from '../testing/test-ledger.ts'
import { ensurePermitSought, ensureRootStake, ensureWeight } from './validator-stake.ts'

let ledger: TestLedger
let netuid: number
beforeAll(async () => {
  ledger = await startTestLedger()
  netuid = (await ledger.createSubnet(`0x${'5c'.repeat(32)}`)).netuid
}, 120_000)
afterAll(() => ledger?.close())

/** An account with a seat, and that much KOIN beside what the seat cost. */
async function member(amount: bigint) {
  const { network, reader, owner } = ledger
  const { address, sender } = ledger.nextAccount()
  const args = [address, amount + registrationBurn] as const
  await owner.sender.call({ address: network.contracts.token, abi: koinonTokenAbi, functionName: 'transfer', args })
  const membership = { network, reader, sender, address }
  await joinSubnet(membership, netuid, 'http://127.0.0.1:1')
  return membership
}

const koinOf = (address: Address) =>
  ledger.reader.readContract({
    address: ledger.network.contracts.token,
    abi: koinonTokenAbi,
    functionName: 'balanceOf',
    args: [address],
  })

describe('what makes a validator', () => {
  it('raises the stake on the root to what is asked, never above and never twice', async () => {
    const account = await member(12n * token)
    for (const amount of [3n, 10n, 5n]) await ensureRootStake(account, amount * token)
    const weight = await ledger.reader.readContract({
      address: ledger.network.contracts.staking,
      abi: alphaStakingAbi,
      functionName: 'weightOf',
      args: [netuid, account.address],
    })
    expect(weight).toBe(10n * token)
    expect(await koinOf(account.address)).toBe(2n * token)
  })

  it('gives a permit only to whoever asked, once', async () => {
    const account = await member(20n * token)
    await ensureRootStake(account, 15n * token)
    const permits = { address: ledger.network.contracts.permits, abi: permitsAbi } as const
    const permitted = () =>
      ledger.reader.readContract({ ...permits, functionName: 'permittedStakeOf', args: [netuid, account.address] })
    expect(await permitted()).toBe(0n)
    await ensurePermitSought(account, netuid)
    expect(await permitted()).toBe(15n * token)
    const nonce = await ledger.reader.getTransactionCount({ address: account.address })
    await ensurePermitSought(account, netuid)
    expect(await ledger.reader.getTransactionCount({ address: account.address })).toBe(nonce)
  })

  it('raises a weight by no more KOIN than is missing', async () => {
    const account = await member(20n * token)
    await ensureRootStake(account, 4n * token)
    await ensureWeight(account, netuid, 10n * token)
    await ensureWeight(account, netuid, 10n * token)
    expect(await koinOf(account.address)).toBe(10n * token)
    await expect(ensureWeight(account, netuid, 50n * token)).rejects.toMatchObject({
      code: 'ledger/too-little-koin',
      message: expect.stringContaining('holds 10 of the 40 KOIN'),
    })
  })
})
