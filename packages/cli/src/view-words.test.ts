import { describe, expect, it } from 'vitest'
import { auditLine } from './commands/status.ts'
import { flowText, metagraphText, nextResultText, signedAmount, splitFacts, validatorsText } from './view-words.ts'

const token = 10n ** 18n
const next = { epoch: 1, expectedAtSeconds: 1_800_000_060, paysFromSeconds: 1_800_000_090, passed: 0 }
const neuron = {
  uid: 3,
  hotkey: `0x${'0a'.repeat(20)}`,
  stakeAtomic: `${1_000n * token}`,
  hasPermit: false,
  seeksPermit: true,
  registeredAtSeconds: 1_800_000_000,
  paidAtomic: '0',
}
const metagraph = {
  asOfBlock: 7,
  nowSeconds: 1_800_004_000,
  netuid: 2,
  neurons: [neuron],
  nextResult: next,
  source: 'gateway',
} as const

describe('figures in words', () => {
  it('tells a flow with its sign and since when', () => {
    expect(['0', `${token}`, `${-token / 4n}`].map(signedAmount)).toEqual(['0', '+1', '-0.25'])
    const flow = {
      sinceSeconds: 1_800_000_000,
      inAtomic: `${2n * token}`,
      outAtomic: `${3n * token}`,
      netAtomic: `${-token}`,
    }
    expect(flowText(flow)).toBe('-1 KOIN since 2027-01-15 08:00:00 UTC: people brought 2 and took out 3 by trades')
    expect(flowText(undefined)).toMatch(/^not known: there is no pool/)
  })

  it('tells how new alpha is divided, and of no epoch what it was not told', () => {
    const parts = { ownerBps: 1_800, minersBps: 4_100, validatorsBps: 4_100 }
    expect(splitFacts(parts)).toEqual([
      ['new alpha', 'owner 18 %, miners 41 %, validators 41 %, as the ledger has it'],
      ['accrued', 'no epoch is over of which all of it has accrued'],
    ])
    const amounts = { ownerAtomic: `${token}`, minersAtomic: `${2n * token}`, validatorsAtomic: `${3n * token}` }
    expect(splitFacts({ ...parts, epoch: 4, ...amounts })[1]).toEqual([
      'in epoch 4',
      '1 accrued to the owner, 2 to miners, 3 to validators and who staked on them',
    ])
    expect(splitFacts(undefined)).toEqual([])
  })
})

describe('a metagraph', () => {
  it('says when the first result is expected, and shows the seats without figures of an epoch', () => {
    const text = metagraphText(metagraph)
    expect(text).toContain('The first: that of epoch 1, expected at 2027-01-15 08:01:00 UTC, and paid from')
    expect(text).toMatch(/\n +3 +0x0a.* 1000 +- +- +- +- +0 +1 h 06 min +asks for it\n/)
    expect(text).toMatch(/stake weighs: its alpha of the subnet and its KOIN on the root/)
    expect(nextResultText({ ...next, epoch: 4, passed: 3 })).toMatch(/; 3 epochs before it passed without one$/)
  })

  it('does not take a result whose record is not served for none', () => {
    expect(metagraphText({ ...metagraph, signedEpoch: 9 })).toContain(
      'The result of epoch 9 of subnet 2 is signed, but',
    )
    expect(metagraphText({ ...metagraph, source: 'ledger' })).toContain('read from the ledger')
  })
})

describe('validators', () => {
  it('are told with take, permit, signatures and agreement', () => {
    const validator = { hotkey: neuron.hotkey, uid: 3, hasPermit: true, stakeAtomic: `${token}`, takeBps: 1_800 }
    const found = {
      asOfBlock: 7,
      source: 'ledger',
      subnets: [
        {
          netuid: 2,
          name: 'prices',
          epoch: 8,
          results: 5,
          validators: [
            {
              ...validator,
              lastSignedEpoch: 8,
              signedResults: 4,
              judged: { dividendsPpm: 1, asValidatorAtomic: '0', keptPpm: 930_000, agreementPpm: 970_000 },
            },
            { ...validator, uid: 4, pendingTake: { bps: 1_000, fromSeconds: 1_800_000_000 }, signedResults: 0 },
          ],
        },
      ],
    } as const
    const text = validatorsText(found)
    expect(text).toContain('subnet 2, prices: agreement is that of epoch 8\n')
    expect(text).toMatch(/ 18 % +yes +epoch 8; 4 of the last 5 +97\.0 % +93\.0 %\n/)
    expect(text).toMatch(/ 18 %, 10 % from 2027-01-15 08:00:00 UTC +yes +none of 5 +- +-\n/)
    expect(validatorsText({ ...found, subnets: [] })).toContain('There is no such subnet that lives.')
  })
})

describe('the last audit', () => {
  it('is said to be none, or when it was and what it found', () => {
    expect(auditLine(undefined)).toContain('none was run from this home')
    const audit = {
      atMs: 1_800_000_000_000,
      chainId: 5,
      epochsContract: '0x',
      block: 70,
      agreed: 9,
      differs: 0,
      open: 2,
      contradicted: 0,
      unanswered: 0,
    }
    expect(auditLine({ ...audit, outcome: 'open', isWhole: false })).toBe(
      'Last audit: 2027-01-15 08:00:00 UTC, of a part only, up to block 70: nothing differs, not all could be checked (9 figures agree, 0 differ, 2 could not be checked).',
    )
  })
})
