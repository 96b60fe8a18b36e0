import { systemRandom } from '@koinon/base'
import { createSubnet, joinSubnet, leaveSubnet, type Membership, quoteLock, withMargin } from '@koinon/ledger'
import { koinonTokenAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accountKey } from '../home/secrets.ts'
import { openMembership } from '../joined/joined-node.ts'
import { localSubnet } from '../local/parameters.ts'
import { inferenceSpecHash } from '../local/subnet-spec.ts'
import { fundAccount, type Treasury } from '../local/treasury.ts'
import { temporaryHome } from '../testing/home.ts'
import { startLocalLedger } from '../testing/local-ledger.ts'
import { ensureLocalNetwork } from '../testing/local-network.ts'
import { MatchBook } from './match-book.ts'
import { challengeSentence, findSeatChallenge, type SeatEvent, SeatWatcher } from './seat-watcher.ts'

const koin = 10n ** 18n
const { home, remove } = temporaryHome()
let ledger: Awaited<ReturnType<typeof startLocalLedger>>
let treasury: Treasury
let netuid: number

beforeAll(async () => {
  ledger = await startLocalLedger(home)
  const specHash = inferenceSpecHash()
  treasury = await ensureLocalNetwork(home, ledger.rpcUrl, 'http://127.0.0.1:1', specHash)
  const rules = { ...localSubnet.rules, immunitySeconds: 0 }
  const one = { ...localSubnet, rules, specHash, maxNeurons: 1 }
  netuid = await createSubnet(treasury, one, withMargin(await quoteLock(treasury)))
}, 60_000)
afterAll(async () => {
  await ledger?.stop()
  remove()
})

async function member(name: string): Promise<Membership> {
  const key = accountKey(home, name, systemRandom)
  await fundAccount(treasury, key.address, { nativeWei: koin, koin: 20n * koin, dollar: 0n })
  return openMembership(treasury.network, key)
}

describe('a watched seat', () => {
  it('tells of a challenge once, keeps the seat within the limit, and tells when it is lost', async () => {
    const [holder, newcomer] = [await member('holder'), await member('newcomer')]
    await joinSubnet(holder, netuid, 'http://127.0.0.1:1')
    const events: SeatEvent[] = []
    const watch = (matchUpTo?: bigint) =>
      new SeatWatcher({
        membership: holder,
        netuid,
        book: new MatchBook(home.run, netuid),
        ...(matchUpTo === undefined ? {} : { matchUpTo }),
        onEvent: (event) => void events.push(event),
      })
    const idle = watch()
    await idle.look()
    expect(events).toEqual([])
    await expect(joinSubnet(newcomer, netuid, 'http://127.0.0.1:2')).rejects.toMatchObject({
      code: 'ledger/seat-challenged',
    })
    await idle.look()
    await idle.look()
    expect(events).toMatchObject([{ kind: 'challenged', willMatch: false, challenge: { uid: 0 } }])
    expect(await findSeatChallenge(home, 'holder', netuid)).toMatch(/^a newcomer claims seat 0 with 0\.2\d* KOIN/)
    expect(await findSeatChallenge(home, 'nobody', netuid)).toBeUndefined()

    await watch(1n).look()
    expect(events.at(-1)).toMatchObject({ kind: 'challenged', willMatch: false })
    await watch(10n * koin).look()
    expect(events.slice(-2)).toMatchObject([{ kind: 'challenged', willMatch: true }, { kind: 'kept' }])
    await idle.look()
    expect(events.at(-1)).toEqual({ kind: 'settled' })
    expect(await findSeatChallenge(home, 'holder', netuid)).toBeUndefined()

    const { deposit } = events.flatMap((event) => ('challenge' in event ? [event.challenge] : []))[0] ?? { deposit: 0n }
    const kinds: string[] = []
    for (const place of [3, 4, 5]) {
      // As after a restart: what was burned before, the first match included, counts.
      const watching = watch(4n * deposit)
      const claim = joinSubnet(newcomer, netuid, `http://127.0.0.1:${place}`)
      await expect(claim).rejects.toMatchObject({ code: 'ledger/seat-challenged' })
      await watching.look()
      kinds.push(events.at(-1)?.kind ?? '')
    }
    // The price rises by 26 % each time; what is allowed is for 24 hours, not for each claim.
    expect(kinds).toEqual(['kept', 'kept', 'challenged'])
    expect(events.at(-1)).toMatchObject({ willMatch: false })

    await leaveSubnet(holder, netuid)
    await idle.look()
    await idle.look()
    expect(events.filter(({ kind }) => kind === 'lost')).toHaveLength(1)
    const token = { address: treasury.network.contracts.token, abi: koinonTokenAbi } as const
    const args = [treasury.network.contracts.subnets] as const
    expect(await treasury.reader.readContract({ ...token, functionName: 'balanceOf', args })).toBe(0n)
  }, 60_000)

  it('is told of in words with the time that is left', () => {
    const challenge = { uid: 5, newcomer: `0x${'07'.repeat(20)}`, deposit: koin, endsAtSeconds: 1_000 } as const
    expect(challengeSentence(challenge, { nowMs: () => 940_000 } as never)).toContain('for 60 s more')
    expect(challengeSentence(challenge, { nowMs: () => 2_000_000 } as never)).toContain('no longer')
  })
})
