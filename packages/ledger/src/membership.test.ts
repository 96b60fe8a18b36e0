import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { koinonTokenAbi } from './generated/koinon-token.ts'
import { ensureIdentity, findSeat, joinSubnet, leaveSubnet, ofSubnet, readNeurons } from './membership.ts'
import { type ContractsNetwork, startEmbedded, withContracts } from './testing/network.ts'

const koin = 10n ** 18n
let chain: ContractsNetwork
beforeAll(async () => {
  chain = await withContracts(await startEmbedded())
}, 60_000)
afterAll(() => chain?.close())

async function member(amount: bigint) {
  const account = await chain.account()
  const { token } = chain.network.contracts
  if (amount > 0n) {
    const args = [account.address, amount] as const
    await chain.founder.sender.call({ address: token, abi: koinonTokenAbi, functionName: 'transfer', args })
  }
  return { ...account, network: chain.network, reader: chain.reader }
}
const koinOf = (address: `0x${string}`) =>
  chain.reader.readContract({
    address: chain.network.contracts.token,
    abi: koinonTokenAbi,
    functionName: 'balanceOf',
    args: [address],
  })

describe('membership of a subnet', () => {
  it('joins with an identity of its own, moves its endpoint, leaves and comes back', async () => {
    const account = await member(5n * koin)
    const seat = await joinSubnet(account, 1, 'http://127.0.0.1:1')
    expect(seat).toMatchObject({ hotkey: account.address, endpoint: 'http://127.0.0.1:1' })
    expect(await koinOf(account.address)).toBe(4n * koin)
    const nonce = await chain.reader.getTransactionCount({ address: account.address })

    expect(await joinSubnet(account, 1, 'http://127.0.0.1:1')).toEqual(seat)
    expect(await chain.reader.getTransactionCount({ address: account.address })).toBe(nonce)
    const moved = await joinSubnet(account, 1, 'http://127.0.0.1:2')
    expect(moved).toEqual({ ...seat, endpoint: 'http://127.0.0.1:2' })

    await leaveSubnet(account, 1)
    expect(await findSeat(account, 1)).toBeUndefined()
    await leaveSubnet(account, 1)
    const back = await joinSubnet(account, 1, 'http://127.0.0.1:3')
    expect(back.agentId).toBe(seat.agentId)
    expect(await koinOf(account.address)).toBe(3n * koin)
    expect((await readNeurons(chain.reader, chain.network, 1)).map(({ hotkey }) => hotkey)).toContain(account.address)
  })

  it('finds the identity again instead of registering a second', async () => {
    const account = await member(0n)
    const first = await ensureIdentity(account, 'http://a.invalid')
    expect(await ensureIdentity(account, 'http://b.invalid')).toBe(first)
  })

  it('says how much KOIN is missing before it sends anything', async () => {
    const account = await member(koin / 2n)
    await expect(joinSubnet(account, 1, 'http://127.0.0.1:1')).rejects.toMatchObject({
      code: 'ledger/too-little-koin',
      hint: expect.stringContaining('faucet'),
    })
    expect(await findSeat(account, 1)).toBeUndefined()
  })

  it('refuses a subnet that does not exist and an endpoint that is too long', async () => {
    const account = await member(5n * koin)
    const nonce = await chain.reader.getTransactionCount({ address: account.address })
    await expect(joinSubnet(account, 99, 'http://127.0.0.1:1')).rejects.toMatchObject({
      code: 'ledger/no-subnet',
      message: 'There is no subnet 99 on this network',
      hint: 'See which subnets there are: koinon subnet list',
      retry: 'never',
    })
    expect(await chain.reader.getTransactionCount({ address: account.address })).toBe(nonce)
    await expect(ofSubnet(1, Promise.reject(new Error('the line is down')))).rejects.toThrow('the line is down')
    await expect(joinSubnet(account, 1, `http://${'a'.repeat(5_000)}`)).rejects.toMatchObject({
      code: 'ledger/refused',
    })
  })
})
