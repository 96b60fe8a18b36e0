import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLedgerReader } from './clients.ts'
import { koinonTokenAbi } from './generated/koinon-token.ts'
import { findOwnChallenge, findSeat, joinSubnet, keepSeat, leaveSubnet, type Membership } from './membership.ts'
import {
  finaliseChallenge,
  findChallengeable,
  quoteSeat,
  readChallenges,
  readSeatRules,
  withMargin,
} from './seat-market.ts'
import { createSubnet, listSubnets, quoteLock, readSubnet, type SubnetParameters } from './subnet-directory.ts'
import { startBareAnvil, testSubnet, withContracts } from './testing/network.ts'

const koin = 10n ** 18n
const small: SubnetParameters = {
  ...testSubnet,
  name: 'small',
  maxNeurons: 2,
  initialBurn: koin,
  rules: {
    ...testSubnet.rules,
    minBurn: koin / 10n,
    maxBurn: 10n * koin,
    burnHalfLifeSeconds: 604_800,
    immunitySeconds: 30,
    noticeSeconds: 600,
  },
}

let chain: Awaited<ReturnType<typeof start>>
let netuid: number
const start = async () => {
  const bare = await withContracts(await startBareAnvil())
  // anvil comes without Multicall3, as chains of others may.
  const network = { ...bare.network, chainKind: 'external' } as const
  return { ...bare, network, reader: createLedgerReader(network) }
}
beforeAll(async () => {
  chain = await start()
  const { network, reader, founder } = chain
  const membership = { network, reader, sender: founder.sender }
  const price = await quoteLock(membership)
  // Doubled by the first subnet, falling since.
  expect(price).toBeGreaterThan((19n * koin) / 10n)
  netuid = await createSubnet(membership, small, withMargin(price))
}, 60_000)
afterAll(() => chain?.close())

async function member(amount = 20n * koin): Promise<Membership> {
  const { sender } = await chain.account()
  const { network, reader, founder } = chain
  const transfer = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'transfer' } as const
  await founder.sender.call({ ...transfer, args: [sender.address, amount] })
  return { network, reader, sender }
}
const koinOf = ({ reader, network, sender }: Membership) =>
  reader.readContract({
    address: network.contracts.token,
    abi: koinonTokenAbi,
    functionName: 'balanceOf',
    args: [sender.address],
  })
const elapse = async (seconds: number) => {
  await chain.anvil.call('evm_increaseTime', seconds)
  await chain.anvil.call('evm_mine')
}
const join = (who: Membership, maxBurn?: bigint) =>
  joinSubnet(who, netuid, 'http://127.0.0.1:1', maxBurn === undefined ? {} : { maxBurn })

describe('seats of a full subnet', () => {
  it('are bought below a maximum, claimed with notice, matched or lost', async () => {
    const [first, second, third] = [await member(), await member(), await member()]
    const quoted: bigint[] = []
    await joinSubnet(first, netuid, '', { onQuote: (price, maximum) => void quoted.push(price, maximum) })
    expect(quoted[0]).toBeGreaterThan((99n * koin) / 100n)
    expect(quoted[1]).toBe(withMargin(quoted[0] ?? 0n))
    const { price } = await quoteSeat(chain, netuid)
    expect(price).toBeGreaterThan((120n * koin) / 100n)
    await expect(join(second, price / 2n)).rejects.toMatchObject({ code: 'ledger/seat-too-dear', retry: 'later' })
    await join(second)
    expect(await quoteSeat(chain, netuid)).toMatchObject({ isFull: true })

    expect(await findChallengeable(chain, netuid)).toBeUndefined()
    await expect(join(third)).rejects.toMatchObject({ code: 'ledger/subnet-full', retry: 'later' })
    await elapse(60)
    expect(await findChallengeable(chain, netuid)).toBe(0)
    const before = await koinOf(third)
    await expect(join(third)).rejects.toMatchObject({ code: 'ledger/seat-challenged', details: { uid: 0 } })
    const [open] = await readChallenges(chain, netuid)
    expect(open).toMatchObject({ uid: 0, newcomer: third.sender.address })
    expect(await koinOf(third)).toBe(before - (open?.deposit ?? 0n))
    // Again changes nothing while the notice lasts.
    await expect(join(third)).rejects.toMatchObject({ code: 'ledger/seat-challenged' })
    expect(await koinOf(third)).toBe(before - (open?.deposit ?? 0n))

    const own = await findOwnChallenge(first, netuid)
    expect(own).toEqual(open)
    expect(await findOwnChallenge(second, netuid)).toBeUndefined()
    if (own !== undefined) await keepSeat(first, netuid, own)
    expect(await koinOf(third)).toBe(before - (own?.deposit ?? 0n) / 10n)
    expect(await readChallenges(chain, netuid)).toEqual([])

    await expect(join(third)).rejects.toMatchObject({ code: 'ledger/seat-challenged', details: { uid: 1 } })
    await expect(finaliseChallenge(first, netuid, 1)).rejects.toMatchObject({
      code: 'ledger/refused',
      details: { reason: expect.stringContaining('NoticeNotOver') },
    })
    await elapse(600)
    expect(await join(third)).toMatchObject({ uid: 1 })
    expect(await findSeat(second, netuid)).toBeUndefined()

    const fourth = await member()
    await expect(join(fourth)).rejects.toMatchObject({ code: 'ledger/seat-challenged', details: { uid: 0 } })
    await leaveSubnet(first, netuid)
    expect(await join(fourth)).toMatchObject({ uid: 0, isChallenged: false })
    expect(await koinOf(fourth)).toBeGreaterThan(10n * koin)
  }, 60_000)
})

describe('several that register at once', () => {
  it('pay what it costs when their turn comes, unless they said a maximum', async () => {
    const maximum = withMargin(await quoteLock(chain))
    const { network, reader, founder } = chain
    const rules = { ...small.rules, burnHalfLifeSeconds: 604_800 }
    const wide = { ...small, name: 'wide', maxNeurons: 8, rules }
    const crowded = await createSubnet({ network, reader, sender: founder.sender }, wide, maximum)
    const people = await Promise.all([1, 2, 3, 4].map(() => member()))
    const seats = await Promise.all(people.map((who) => joinSubnet(who, crowded, '')))
    expect(seats.map(({ uid }) => uid).sort()).toEqual([0, 1, 2, 3])
    const late = await member()
    await expect(joinSubnet(late, crowded, '', { maxBurn: (105n * koin) / 100n })).rejects.toMatchObject({
      code: 'ledger/seat-too-dear',
    })
  }, 60_000)
})

describe('the directory of subnets', () => {
  it('lists them and tells what one is like and costs', async () => {
    expect(await listSubnets(chain)).toEqual([1, 2, 3])
    const subnet = await readSubnet(chain, netuid)
    expect(subnet).toMatchObject({
      netuid,
      name: 'small',
      owner: chain.founder.address,
      dissolvedAtSeconds: undefined,
      maxNeurons: 2,
      versionKey: 0,
      specHash: small.specHash,
      rules: small.rules,
      announced: undefined,
    })
    expect(await readSeatRules(chain, netuid)).toEqual(small.rules)
    expect(subnet.seatPrice).toBeGreaterThanOrEqual(small.rules.minBurn)
    await expect(readSubnet(chain, 99)).rejects.toMatchObject({ code: 'ledger/no-subnet' })
  })
})

describe('createSubnet', () => {
  it('says the longest epoch that the unbonding of the network leaves room for, and takes it', async () => {
    const { network, reader, founder } = chain
    const membership = { network, reader, sender: founder.sender }
    const paced = (epochSeconds: number): SubnetParameters => {
      const sixth = Math.floor(epochSeconds / 6)
      return { ...small, epochSeconds, activationDelaySeconds: sixth }
    }
    const price = withMargin(await quoteLock(membership))
    await expect(createSubnet(membership, paced(300), price)).rejects.toMatchObject({
      code: 'ledger/epoch-too-long',
      details: { lastsSeconds: 650, unbondingSeconds: 600, longestEpochSeconds: 276 },
    })
    await expect(createSubnet(membership, paced(278), price)).rejects.toMatchObject({ code: 'ledger/epoch-too-long' })
    const created = await createSubnet(membership, paced(276), price)
    expect((await readSubnet(membership, created)).epochSeconds).toBe(276)
  })
})
