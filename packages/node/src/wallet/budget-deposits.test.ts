import { expect, it } from 'vitest'
import { type DepositFacts, sumDeposits } from './budget-deposits.ts'

const nowMs = 1_000_000
const channel = (changes: Partial<DepositFacts> = {}): DepositFacts => ({
  ...{ depositAtomic: 100n, claimedAtomic: 0n, owedAtomic: 10n },
  ...{ withdrawDelaySeconds: 900, askedAtomic: 0n, availableAtMs: 0 },
  ...changes,
})
const nothing = {
  ...{ openAtomic: 0n, withdrawDelaySeconds: 0, waitingAtomic: 0n, freeAtMs: 0 },
  ...{ freeAtomic: 0n, overclaimedAtomic: 0n },
}
const later = { availableAtMs: nowMs + 1 }

it.each<readonly [string, readonly DepositFacts[], Partial<typeof nothing>]>([
  ['none', [], {}],
  ['open', [channel()], { openAtomic: 90n, withdrawDelaySeconds: 900 }],
  ['claimed as owed', [channel({ claimedAtomic: 10n })], { openAtomic: 90n, withdrawDelaySeconds: 900 }],
  ['all owed', [channel({ owedAtomic: 100n })], {}],
  ['asked', [channel({ askedAtomic: 90n, ...later })], { waitingAtomic: 90n, freeAtMs: nowMs + 1 }],
  [
    'asked before more was deposited',
    [channel({ askedAtomic: 30n, ...later })],
    { openAtomic: 60n, withdrawDelaySeconds: 900, waitingAtomic: 30n, freeAtMs: nowMs + 1 },
  ],
  ['asked and free', [channel({ askedAtomic: 90n, availableAtMs: nowMs })], { freeAtomic: 90n }],
  [
    'claimed beyond what is owed',
    [channel({ claimedAtomic: 70n })],
    { openAtomic: 30n, withdrawDelaySeconds: 900, overclaimedAtomic: 60n },
  ],
  [
    'asked, and claimed beyond what is owed',
    [channel({ askedAtomic: 90n, claimedAtomic: 70n, ...later })],
    { waitingAtomic: 30n, freeAtMs: nowMs + 1, overclaimedAtomic: 60n },
  ],
  ['claimed whole', [channel({ claimedAtomic: 100n })], { overclaimedAtomic: 90n }],
  [
    'several',
    [channel(), channel({ askedAtomic: 90n, ...later }), channel({ askedAtomic: 90n, availableAtMs: nowMs })],
    { openAtomic: 90n, withdrawDelaySeconds: 900, waitingAtomic: 90n, freeAtMs: nowMs + 1, freeAtomic: 90n },
  ],
])('sums what lies in channels: %s', (_name, channels, sums) => {
  expect(sumDeposits(channels, nowMs)).toEqual({ ...nothing, ...sums })
})
