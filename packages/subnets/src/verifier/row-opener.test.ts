/** Opening for the silent on the real contracts, with a real local timekeeper behind HTTP that is also late, away and lying. */
import { type Address, type Hex, sha256Hex, systemClock, systemRandom } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openNetworkBeacon, type Timekeeper } from '../client/index.ts'
import { type EpochWindow, epochWindow, packRow, weightsCommitment } from '../rules/index.ts'
import { firstRoundAt, sealRow } from '../rules/timelock/index.ts'
import { startTestLedger, type TestAccount, type TestLedger, testPhases, token } from '../testing/test-ledger.ts'
import { connect } from '../testing/test-peers.ts'
import { startTestTimekeeper, type TestTimekeeper } from '../testing/test-timekeeper.ts'
import type { ValidatorEvent } from './ports.ts'
import { RowOpener } from './row-opener.ts'

const specHash = `0x${'5c'.repeat(32)}` as const
const packedRow = packRow([{ uid: 0, weight: 65_535 }])
const otherRow = packRow([{ uid: 1, weight: 65_535 }])
/** The contract refuses it: the subnet has 16 seats. */
const foreignRow = packRow([{ uid: 99, weight: 65_535 }])
const epoch = 1
let ledger: TestLedger
let timekeeper: TestTimekeeper
let netuid: number
let window: EpochWindow
let source: Timekeeper
let accounts: readonly TestAccount[]
let lateSeconds = 0
const closing: (() => Promise<void>)[] = []

const chainOf = (account: TestAccount) => connect(timekeeper.network, account.privateKey)
const silent = ['honest', 'garbage', 'other row', 'foreign row', 'only hashed'] as const
const accountOf = (name: (typeof silent)[number]): TestAccount => accounts[silent.indexOf(name)] as TestAccount
const saltOf = ({ address }: TestAccount): Hex => sha256Hex(address)

async function commit(account: TestAccount, row: Hex, sealedRow: Hex | undefined): Promise<void> {
  const { ledger: chain, writer } = chainOf(account)
  const { chainId, weightsContract } = chain.domain
  const hotkey = account.address
  const salt = saltOf(account)
  const commitment = weightsCommitment({ chainId, weightsContract, netuid, epoch, hotkey, packedRow: row, salt })
  const sealed = sealedRow === undefined ? {} : { sealedRow }
  await writer.commitWeights(netuid, epoch, { commitment, specHash, ...sealed })
}

const sealed = (account: TestAccount, row: Hex): Promise<Hex> =>
  sealRow(
    { chain: source.chain, round: firstRoundAt(source.chain, window.weightCommitEndsAtSeconds) },
    { hotkey: account.address, netuid, epoch, packedRow: row, salt: saltOf(account) },
    systemRandom,
  )

/** One look of a validator, and what it tells. */
async function look(opener: RowOpener, account: TestAccount, events: ValidatorEvent[]): Promise<void> {
  const { ledger: chain, writer } = chainOf(account)
  const options = {
    netuid,
    ledger: chain,
    writer,
    timekeeper: source,
    onEvent: (event: ValidatorEvent) => events.push(event),
  }
  const signal = new AbortController().signal
  opener.look({ options, epoch, window, nowSeconds: await ledger.nowSeconds(), signal })
  await opener.settle(30_000)
}

beforeAll(async () => {
  ledger = await startTestLedger()
  timekeeper = await startTestTimekeeper({
    ...ledger,
    nowSeconds: async () => (await ledger.nowSeconds()) - lateSeconds,
  })
  closing.push(timekeeper.close, ledger.close)
  const created = await ledger.createSubnet(specHash)
  netuid = created.netuid
  window = epochWindow({ genesisSeconds: created.genesisSeconds, ...testPhases }, epoch)
  accounts = [...silent, 'opener', 'second opener'].map(() => ledger.nextAccount())
  for (const account of accounts) await ledger.join(account, netuid, '', 10n * token)
  source = openNetworkBeacon(timekeeper.network, { ledger, clock: systemClock }) as Timekeeper
  await ledger.moveTo(window.workCommitEndsAtSeconds + 1)
  // Committed twice: the last one counts.
  await commit(accountOf('honest'), otherRow, await sealed(accountOf('honest'), otherRow))
  await commit(accountOf('honest'), packedRow, await sealed(accountOf('honest'), packedRow))
  await commit(accountOf('garbage'), packedRow, `0x01${'77'.repeat(300)}`)
  await commit(accountOf('other row'), packedRow, await sealed(accountOf('other row'), otherRow))
  await commit(accountOf('foreign row'), foreignRow, await sealed(accountOf('foreign row'), foreignRow))
  await commit(accountOf('only hashed'), packedRow, undefined)
}, 60_000)
afterAll(async () => {
  for (const close of closing) await close()
})

describe('RowOpener', () => {
  const opener = new RowOpener()
  const events: ValidatorEvent[] = []
  const by = (): TestAccount => accounts.at(-2) as TestAccount
  const told = (kind: ValidatorEvent['kind']) => events.filter((event) => event.kind === kind)
  const revealed = async (): Promise<readonly Address[]> =>
    (await chainOf(by()).ledger.reveals(netuid, epoch)).map(({ hotkey }) => hotkey)

  it('leaves the first half of the phase to those who committed', async () => {
    await ledger.moveTo(window.weightCommitEndsAtSeconds + 40)
    await look(opener, by(), events)
    expect(events).toEqual([])
  })

  it('loses nothing while the timekeeper is late, away or lying, says each once, and asks again', async () => {
    await ledger.moveTo(window.weightCommitEndsAtSeconds + 76)
    lateSeconds = 1_000
    await look(opener, by(), events)
    lateSeconds = 0
    timekeeper.mood = 'away'
    // It waits a little before it looks again.
    await look(opener, by(), events)
    for (const [seconds, mood] of [
      [81, 'away'],
      [86, 'lies'],
      [91, 'away'],
    ] as const) {
      await ledger.moveTo(window.weightCommitEndsAtSeconds + seconds)
      timekeeper.mood = mood
      await look(opener, by(), events)
    }
    const errors = told('notOpened').map((event) => (event.kind === 'notOpened' ? event.error : undefined))
    expect(errors).toMatchObject([
      // A relay that has no such round yet is one that does not give it: only the ledger's clock is the client's own.
      { code: 'subnets/beacon-unreachable' },
    ])
    expect(await revealed()).toEqual([])
  })

  it('opens for the silent, ignores and counts what opens nothing', async () => {
    timekeeper.mood = 'honest'
    await ledger.moveTo(window.weightCommitEndsAtSeconds + 96)
    await look(opener, by(), events)
    expect(told('openedFor')).toEqual([{ kind: 'openedFor', epoch, hotkey: accountOf('honest').address }])
    expect(told('sealIgnored')).toEqual([
      { kind: 'sealIgnored', epoch, hotkey: accountOf('garbage').address, why: expect.stringContaining('to round') },
      {
        kind: 'sealIgnored',
        epoch,
        hotkey: accountOf('other row').address,
        why: 'what is sealed is not what was committed to',
      },
      {
        kind: 'sealIgnored',
        epoch,
        hotkey: accountOf('foreign row').address,
        why: expect.stringContaining('RowEntryInvalid'),
      },
    ])
    expect(await revealed()).toEqual([accountOf('honest').address])
    expect(await chainOf(by()).ledger.reveals(netuid, epoch)).toMatchObject([{ row: packedRow }])
    const count = events.length
    await look(opener, by(), events)
    expect(events).toHaveLength(count)
  })

  it('finds nothing left where another was quicker', async () => {
    const second: ValidatorEvent[] = []
    await look(new RowOpener(), accounts.at(-1) as TestAccount, second)
    expect(second.filter(({ kind }) => kind === 'openedFor')).toEqual([])
  })

  it('could not reveal another row than the one committed to: the contract refuses', async () => {
    const { writer } = chainOf(by())
    const { address } = accountOf('other row')
    await expect(
      writer.revealFor(netuid, epoch, address, otherRow, saltOf(accountOf('other row'))),
    ).rejects.toMatchObject({ code: 'ledger/refused', message: expect.stringContaining('CommitmentMismatch') })
  })
})
