import type { JobDetailJson, JobStepName } from '@koinon/work/dashboard'
import { describe, expect, test } from 'vitest'
import { actionsFor, amountText, lifeOf, offerWords } from './words.ts'

const [client, provider, evaluator] = ['0xc1', '0xb2', '0xe3']
const step = (name: JobStepName) => ({ name, atMs: 1, transactionHash: '0x' })
const job = (more: Partial<JobDetailJson>): JobDetailJson => ({
  ...{ asOfBlock: 1, asOfMs: 1, isCut: false, jobId: '1', title: '', description: '', termsHash: '0x', state: 'open' },
  ...{ isOverdue: false, budgetAtomic: '1000001', client, provider, evaluator, endsAtMs: 9 },
  ...{ judgedBy: { kind: 'account' }, steps: [step('opened')] },
  ...more,
})

describe('the life of a job', () => {
  test.each([
    [job({}), 'Opened done, In escrow now, Handed in ahead, Judged ahead'],
    [
      job({ state: 'funded', steps: [step('opened'), step('funded')] }),
      'Opened done, In escrow done, Handed in now, Judged ahead',
    ],
    [
      job({ state: 'submitted', steps: ['opened', 'funded', 'submitted'].map((name) => step(name as JobStepName)) }),
      'Opened done, In escrow done, Handed in done, Judged now',
    ],
    [
      job({ state: 'rejected', steps: [step('opened'), step('rejected')] }),
      'Opened done, In escrow left, Handed in left, Rejected done',
    ],
    [
      job({ state: 'expired', steps: [step('opened'), step('funded'), step('expired')] }),
      'Opened done, In escrow done, Handed in left, Expired done',
    ],
  ])('%#: %s', (found, stages) => {
    expect(
      lifeOf(found)
        .map(({ name, state }) => `${name} ${state}`)
        .join(', '),
    ).toBe(stages)
  })

  test('says of one whose time is over that the escrow can go back', () => {
    const found = job({ state: 'funded', isOverdue: true, steps: [step('opened'), step('funded')] })
    expect(lifeOf(found)[2]?.note).toMatch(/anybody can send/)
  })
})

describe('what is offered', () => {
  const steps = (found: JobDetailJson, account: string) => actionsFor(found, account, 5).map((action) => action.step)
  test.each([
    ['its client may close an open job', job({}), client, ['reject']],
    ['strangers may do nothing', job({}), '0x99', []],
    ['the evaluator judges what was handed in', job({ state: 'submitted' }), evaluator, ['accept', 'reject']],
    ['in capitals too', job({ state: 'submitted' }), '0XE3', ['accept', 'reject']],
    ['the provider does not judge itself', job({ state: 'submitted' }), provider, []],
    ['nobody judges once the time is over', job({ state: 'submitted', isOverdue: true }), evaluator, ['refund']],
    ['anybody sends an overdue escrow back', job({ state: 'funded', isOverdue: true }), '0x99', ['refund']],
    ['nothing when it is over', job({ state: 'completed' }), client, []],
  ])('%s', (_, found, account, offered) => {
    expect(steps(found, account)).toEqual(offered)
  })

  test('the losing side may dispute once, in time, for the bond that the ledger asks', () => {
    const bonds = { bondAtomic: '0', disputeBondAtomic: '100000' }
    const judgement = { isAccepted: true, isSettled: false, finalAtMs: 6, disputedAtMs: 0, ...bonds }
    const judged = job({ state: 'submitted', judgement })
    expect(actionsFor(judged, client, 5)).toMatchObject([
      { step: 'dispute', question: expect.stringContaining('$0.10') },
    ])
    expect(steps(judged, provider)).toEqual([])
    expect(actionsFor(judged, client, 7)).toEqual([])
    expect(steps({ ...judged, judgement: { ...judgement, disputedAtMs: 3 } }, client)).toEqual([])
    expect(steps({ ...judged, judgement: { ...judgement, isAccepted: false } }, provider)).toEqual(['dispute'])
  })
})

test('amounts in another token are not dollars', () => {
  expect(amountText({}, '1500000')).toBe('$1.50')
  expect(amountText({}, '2995000')).toBe('$2.995')
  expect(amountText({ token: `0x${'ab'.repeat(20)}` }, '7')).toBe('7 units of 0xabab…abab')
})

test('nobody is asked to bid when the bidding is over', () => {
  for (const phase of [undefined, 'bidding'] as const) expect(offerWords('4', phase)).toContain('job bid 4 --price')
  expect(offerWords('4', 'revealing')).toContain('job bid 4 --reveal')
  expect(offerWords('4', 'over')).not.toContain('koinon job bid')
})
