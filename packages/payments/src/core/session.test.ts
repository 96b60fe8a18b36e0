import { bytesToHex } from '@koinon/base'
import { verifySessionNative } from '@koinon/base/node'
import { verifyDelegation } from '@koinon/work'
import { describe, expect, it } from 'vitest'
import { party, seed } from '../testing/fixtures.ts'
import { openSession } from './session.ts'

const payee = party('payee')
const nowMs = 1_750_000_000_000
const open = () =>
  openSession({
    account: payee.account,
    chainId: 7,
    lifetimeSeconds: 600,
    clock: { nowMs: () => nowMs },
    random: () => seed('session'),
  })

describe('openSession', () => {
  it('makes a key that speaks for the account, for a while', async () => {
    const { delegation, signer } = await open()
    expect(delegation.signer).toBe(payee.address)
    expect(delegation.sessionKey).toBe(signer.publicKey)
    expect(verifyDelegation(delegation, nowMs)).toBe(true)
    expect(verifyDelegation(delegation, nowMs + 599_000)).toBe(true)
    expect(verifyDelegation(delegation, nowMs + 600_000)).toBe(false)
    const message = seed('message')
    expect(verifySessionNative(signer.publicKey, message, signer.sign(message))).toBe(true)
  })

  it('covers answers that were under way when it began', async () => {
    const { delegation } = await open()
    expect(verifyDelegation(delegation, nowMs - 600_000)).toBe(true)
    expect(verifyDelegation(delegation, nowMs - 7_200_000)).toBe(false)
  })

  it('does not hold for another chain or account', async () => {
    const { delegation } = await open()
    expect(verifyDelegation({ ...delegation, chainId: 8 }, nowMs)).toBe(false)
    expect(verifyDelegation({ ...delegation, signer: party('other').address }, nowMs)).toBe(false)
    expect(bytesToHex(seed('session'))).not.toBe(delegation.sessionKey)
  })
})
