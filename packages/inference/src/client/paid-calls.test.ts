import type { ChannelConfig } from '@koinon/payments/rules'
import { describe, expect, it } from 'vitest'
import { testChannel, testParty } from '../testing/parties.ts'
import { signerAllowance, signerOf } from './paid-calls.ts'

const [victim, thief, gateway] = ['victim', 'thief', 'gateway'].map(testParty) as [
  ReturnType<typeof testParty>,
  ReturnType<typeof testParty>,
  ReturnType<typeof testParty>,
]

function attemptOn(config: ChannelConfig) {
  const voucher = {
    channelId: `0x${'01'.repeat(32)}`,
    maxClaimableAtomic: 1n,
    signature: `0x${'02'.repeat(65)}`,
  } as const
  return { kind: 'call', commitment: { backEnd: 'channel', config, voucher } } as const
}

describe('whose allowance a paid call uses', () => {
  it('is that of the key that signs, not of an account that a channel names', () => {
    const forged = signerOf(attemptOn(testChannel(victim.account, thief.account, gateway.account)))
    const own = signerOf(attemptOn(testChannel(victim.account, victim.account, gateway.account)))
    expect([forged, own]).toEqual([thief.account, victim.account])
    expect(signerAllowance(forged).keyHash).not.toBe(signerAllowance(own).keyHash)
  })
})
