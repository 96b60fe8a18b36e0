import { expect, it } from 'vitest'
import { changeSentences } from './change-words.ts'

it('says what changes, and from when', () => {
  expect(changeSentences({})).toEqual([])
  const fromSeconds = 1_800_000_000
  const when = '2027-01-15 08:00 UTC'
  expect(
    changeSentences({
      announced: {
        rules: { fromSeconds },
        texts: { fromSeconds, specHash: `0x${'5c'.repeat(32)}` },
        parts: { fromSeconds, ownerBps: 0, minersBps: 5_050, validatorsBps: 4_950 },
      },
      contest: { candidate: `0x${'a1'.repeat(20)}`, fromSeconds },
    }),
  ).toEqual([
    `From ${when}: other rules and prices of its seats.`,
    `From ${when}: another definition, 0x5c5c5c5c5c...`,
    `From ${when}: new alpha is divided 0 % to the owner, 50.5 % to the miners, 49.5 % to the validators.`,
    `From ${when}: 0xa1a1a1a1a1... may take the subnet by conviction, unless its owner locks as much.`,
  ])
})
