import type { Address } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { earningsFacts, joinedAccounts, keptSentence, withdrawalSentence } from './earnings-words.ts'

const account: Address = `0x${'3f'.repeat(20)}`
const wallet: Address = `0x${'59'.repeat(20)}`
const held = { nativeWei: 10n ** 18n, koin: 5n * 10n ** 17n, dollar: 50_000_123n }

describe('the words for earnings', () => {
  it('show the account, what it holds, what is owed and how to spend it', () => {
    expect(earningsFacts({ account, held, unclaimedAtomic: 42n }, true)).toEqual([
      ['account', `${account}, the provider's own: it holds its gas money and what it earns`],
      ['it holds', '0.5 KOIN, 50.000123 test dollars, 1 ETH of gas money'],
      ['not yet claimed', '0.000042 test dollars'],
      ['to spend it', 'koinon provider withdraw'],
    ])
  })

  it('never show what is not known as nothing', () => {
    const shown = earningsFacts({ account }, false).map(([label, value]) => `${label}: ${value}`)
    expect(shown[1]).toBe('it holds: not known: the ledger does not answer')
    expect(shown.join()).not.toContain('not yet claimed')
    expect(keptSentence({ account }, false)).toContain(`${account} keeps what it earned;`)
  })

  it('say at the end which account keeps what', () => {
    expect(keptSentence({ account, held }, false)).toBe(
      `The provider's account ${account} keeps 0.5 KOIN, 50.000123 dollars; "koinon provider withdraw" sends it to your wallet.`,
    )
  })

  it('say what a withdrawal sent, and that its receiver may lack gas', () => {
    const done = { from: account, to: wallet, koin: 10n ** 18n, dollar: 2n, claimedAtomic: 0n, transactionHashes: [] }
    expect(withdrawalSentence(done, true, true)).toMatch(
      /^Sent 1 KOIN, 0\.000002 test dollars from 0x3f.* to 0x59[\s\S]*koinon wallet faucet$/,
    )
    expect(withdrawalSentence(done, false, true)).not.toContain('faucet')
    expect(withdrawalSentence(done, true, false)).not.toContain('faucet')
    expect(withdrawalSentence({ ...done, koin: 0n, dollar: 0n }, true, true)).toContain('nothing to send')
    expect(withdrawalSentence({ ...done, to: account }, true, true)).toContain('nothing was sent')
  })

  it('tell the two accounts of a home apart before the second exists', () => {
    expect(joinedAccounts(wallet)).toMatch(/Your wallet: 0x59.*\nA provider gets an account of its own/)
  })
})
