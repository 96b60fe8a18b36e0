import { KoinonError } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { SubmittedRoot } from '../client/index.ts'
import type { Disputable, Dispute, SpecParts } from '../rules/index.ts'
import { showWrong } from './show-wrong.ts'

const root = { resultHash: '0x01' } as unknown as SubmittedRoot
const wrong = Array.from(
  { length: 20 },
  (_, uid): Disputable => ({ kind: 'rank', place: uid, dispute: () => ({ kind: 'rank', uid }) }),
)

/** What the ledger answers to the dispute of a uid: a code of an error, or nothing when it takes it. */
function setup(answer: (uid: number) => string | undefined, isDisabled = false) {
  const tried: number[] = []
  const writer = {
    dispute: async (_root: unknown, _spec: unknown, dispute: Dispute) => {
      const { uid } = dispute as { readonly uid: number }
      tried.push(uid)
      const code = answer(uid)
      if (code === undefined) return
      throw new KoinonError({ code, message: 'no', hint: 'none', details: { reason: `Why(${uid})` } })
    },
  }
  const show = () => showWrong({ ledger: { isDisabled: async () => isDisabled }, writer }, root, {} as SpecParts, wrong)
  return { show, tried }
}

describe('showWrong', () => {
  it('goes on from what the ledger refuses to what it takes, and says what it answered', async () => {
    const { show } = setup((uid) => (uid < 12 ? 'ledger/refused' : undefined))
    const refused = Array.from({ length: 12 }, (_, uid) => `rank ${uid}: Why(${uid})`)
    expect(await show()).toEqual({ shown: wrong[12], isOwn: true, refused })
    const none = await setup(() => 'ledger/refused').show()
    expect([none.shown, none.refused.length]).toEqual([undefined, 20])
  })

  it('knows that another was first', async () => {
    const { show, tried } = setup(() => 'ledger/refused', true)
    expect(await show()).toEqual({ shown: wrong[0], isOwn: false, refused: [] })
    expect(tried).toEqual([0])
  })

  it('does not ask a silent server for everything, and throws what may have been sent', async () => {
    const { show, tried } = setup(() => 'ledger/rpc-failed')
    expect((await show()).shown).toBe(undefined)
    expect(tried).toHaveLength(8)
    for (const code of ['ledger/unknown-outcome', 'ledger/unfunded'])
      await expect(setup(() => code).show()).rejects.toMatchObject({ code })
  })
})
