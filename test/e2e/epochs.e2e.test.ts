/** Epochs are judged, signed, activated and paid without anybody doing anything. Epochs of a local network last a minute. */
import { systemClock } from '@koinon/base'
import { createLedgerReader } from '@koinon/ledger'
import { homeAt } from '@koinon/node/home'
import { networkOf } from '@koinon/node/wallet'
import {
  createSubnetLedger,
  epochWindow,
  firstRoundAt,
  openNetworkBeacon,
  openSealedRow,
  type VerifiedRound,
} from '@koinon/subnets'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { getJson } from '../harness/ask.ts'
import { koinon, koinonJson } from '../harness/cli.ts'
import { LedgerView } from '../harness/ledger.ts'
import { waitFor } from '../harness/wait.ts'

const network = inject('network')
const patienceMs = 240_000
/** What is staked may be worth a unit less at each payment than was paid. */
const rounding = 1_000n

type EpochLine = { readonly epoch: number; readonly state: string; readonly paidAtomic: string }
type EpochDetail = EpochLine & {
  readonly beacon?: string
  readonly root?: string
  readonly weights: readonly { readonly validatorUid: number; readonly row: readonly (readonly [number, number])[] }[]
  readonly payouts: readonly {
    readonly account: string
    readonly amountAtomic: string
    readonly cumulativeAtomic: string
    readonly why: string
  }[]
  readonly checks: readonly {
    readonly minerUid: number
    readonly checks: readonly { readonly name: string; readonly state: string; readonly detail?: string }[]
  }[]
}

let paid: EpochDetail

beforeAll(async () => {
  const { epoch } = await waitFor('an epoch has been paid', patienceMs, async () => {
    const { epochs } = await getJson<{ epochs: EpochLine[] }>(network, '/api/epochs?netuid=1&limit=20')
    return epochs.find(({ state, paidAtomic }) => state === 'active' && BigInt(paidAtomic) > 0n)
  })
  paid = (await koinonJson(['epoch', 'show', String(epoch), '--home', network.home])).data as unknown as EpochDetail
}, patienceMs + 30_000)

describe('a paid epoch', () => {
  it('has a beacon, a root and rows of both validators', () => {
    expect(paid.beacon).toMatch(/^0x[0-9a-f]{64}$/)
    expect(paid.root).toMatch(/^0x[0-9a-f]{64}$/)
    expect(paid.weights).toHaveLength(2)
    for (const { row } of paid.weights) expect(row.length).toBeGreaterThan(0)
  })

  it('paid miners and validators, says why, and the sum is what was paid', () => {
    const accounts = paid.payouts.map(({ account }) => account)
    const ledger = new LedgerView(network.home)
    for (const validator of ['validator-1', 'validator-2']) expect(accounts).toContain(ledger.account(validator))
    expect(
      accounts.some((account) => ['miner-1', 'miner-2', 'miner-3'].some((miner) => ledger.account(miner) === account)),
    ).toBe(true)
    for (const { account, why } of paid.payouts) {
      const isValidator = ['validator-1', 'validator-2'].some((validator) => ledger.account(validator) === account)
      expect(why.startsWith('Validator: ')).toBe(isValidator)
    }
    const sum = paid.payouts.reduce((total, { amountAtomic }) => total + BigInt(amountAtomic), 0n)
    expect(sum).toBe(BigInt(paid.paidAtomic))
  })

  it('had its rows sealed to the beacon of the network, which gives its round to anybody', async () => {
    const file = networkOf(homeAt(network.home))
    const ledger = createSubnetLedger(createLedgerReader(file), file)
    const commitments = await ledger.weightsCommitments(1, paid.epoch)
    expect(commitments).toHaveLength(2)
    const beacon = openNetworkBeacon(file, { ledger, clock: systemClock })
    const { weightCommitEndsAtSeconds } = epochWindow(await ledger.clock(1), paid.epoch)
    const round = await beacon?.round(firstRoundAt(beacon.chain, weightCommitEndsAtSeconds))
    for (const { hotkey, sealed } of commitments) {
      const { packedRow } = await openSealedRow(sealed, round as VerifiedRound, {
        hotkey,
        netuid: 1,
        epoch: paid.epoch,
      })
      expect((await ledger.reveals(1, paid.epoch)).find((reveal) => reveal.hotkey === hotkey)?.row).toBe(packedRow)
    }
  })

  it('was earned by checks that passed: no honest miner was accused', () => {
    const failed = paid.checks.flatMap(({ minerUid, checks }) =>
      checks.filter(({ state }) => state === 'fail').map(({ name, detail }) => `miner ${minerUid}: ${name}: ${detail}`),
    )
    expect(failed).toEqual([])
  })

  it('arrived: every paid miner has at least what it was paid as alpha on its hotkey', async () => {
    const ledger = new LedgerView(network.home)
    for (const name of ['miner-1', 'miner-2', 'miner-3']) {
      const payout = paid.payouts.find(({ account }) => account === ledger.account(name))
      if (payout === undefined) continue
      expect((await ledger.alpha(name)) + rounding).toBeGreaterThanOrEqual(BigInt(payout.cumulativeAtomic))
    }
  })

  it('is shown on the command line, alone and in the list', async () => {
    const alone = await koinon(['epoch', 'show', String(paid.epoch), '--home', network.home])
    expect(alone.code).toBe(0)
    const [row] = /validator \d+: .*/.exec(alone.stdout) ?? ['']
    const shares = [...row.matchAll(/=([\d.]+) %/g)].map(([, share]) => Number(share))
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 0)
    const list = await koinonJson(['epoch', 'show', '--home', network.home])
    const line = (list.data['epochs'] as EpochLine[]).find(({ epoch }) => epoch === paid.epoch)
    expect(line).toMatchObject({ state: 'active', paidAtomic: paid.paidAtomic })
  })

  it('is shown on the page, where the network says who was paid', async () => {
    const { subnets, beacon } = await getJson<{
      subnets: [
        {
          neurons: { kind: string; paidAtomic: string; incentivePpm: number; online: boolean }[]
          openedRows: { byOthers: number; ofLast: number }
        },
      ]
      beacon: { kind: string; trust: string }
    }>(network, '/api/network')
    expect(beacon).toMatchObject({ kind: 'local', trust: expect.stringMatching(/^local stand-in: whoever runs/) })
    expect(subnets[0].openedRows.ofLast).toBeGreaterThanOrEqual(2)
    const miners = subnets[0].neurons.filter(({ kind }) => kind === 'miner')
    expect(miners.some(({ paidAtomic }) => BigInt(paidAtomic) > 0n)).toBe(true)
    const validators = subnets[0].neurons.filter(({ kind }) => kind === 'validator')
    for (const validator of validators) expect(BigInt(validator.paidAtomic)).toBeGreaterThan(0n)
  })
})
