import type { Address } from '@koinon/base'
import type { Withdrawal } from '@koinon/node/wallet'
import { tradeTerms } from '@koinon/subnets/pools'
import { describe, expect, it } from 'vitest'
import {
  earningsFacts,
  joinedAccounts,
  joinedSteps,
  keptSentence,
  saleFacts,
  withdrawalSentence,
} from './earnings-words.ts'

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
    const done: Withdrawal = {
      ...{ from: account, to: wallet, koin: 10n ** 18n, dollar: 2n, claimedAtomic: 0n },
      ...{ alpha: [], transactionHashes: [] },
    }
    expect(withdrawalSentence(done, 'provider', true, true)).toMatch(
      /^Sent 1 KOIN, 0\.000002 test dollars from 0x3f.* to 0x59[\s\S]*koinon wallet faucet$/,
    )
    expect(withdrawalSentence(done, 'provider', false, true)).not.toContain('faucet')
    expect(withdrawalSentence(done, 'provider', true, false)).not.toContain('faucet')
    expect(withdrawalSentence({ ...done, koin: 0n, dollar: 0n }, 'provider', true, true)).toContain(
      'holds no money to send',
    )
    expect(withdrawalSentence({ ...done, to: account }, 'provider', true, true)).toContain('nothing was sent')
  })

  it('call alpha by its subnet, say what it is worth about and what becomes of it', () => {
    const token = 10n ** 18n
    const pool = { alpha: 100n * token, koin: 50n * token, weightKoin: token / 2n }
    const alpha = [
      {
        netuid: 1,
        alpha: 12n * token,
        worth: 6n * token,
        bound: 2n * token,
        terms: tradeTerms(pool, 'sell', 10n * token, 100),
      },
      { netuid: 2, alpha: 5n, worth: 1n, bound: 0n },
    ]
    const shown = earningsFacts({ account, held, alpha }, true).map(([label, value]) => `${label}: ${value}`)
    expect(shown).toContain(
      'earned: 12 alpha of subnet 1, worth about 6 KOIN; 2 of it leaves only after the unbonding time',
    )
    expect(shown).toContain('earned: less than 0.000001 alpha of subnet 2, worth about less than 0.000001 KOIN')
    expect(shown.join('\n')).toContain('selling moves the price')
    expect(saleFacts(alpha)).toEqual([
      [
        'subnet 1',
        '10 alpha of subnet 1 would bring 4.543388 KOIN, at least 4.497954 or it is not sold; the sale moves the price by 17.34 %',
      ],
    ])
    expect(keptSentence({ account, held, alpha }, false)).toContain(
      'keeps 12 alpha of subnet 1, less than 0.000001 alpha of',
    )
    const outcome = { koin: 0n, leaving: 0n }
    const done: Withdrawal = {
      ...{ from: account, to: wallet, koin: 0n, dollar: 0n, claimedAtomic: 0n, transactionHashes: [] },
      alpha: [
        {
          netuid: 1,
          alpha: 10n * token,
          outcome: 'sold',
          koin: 4n * token,
          unpriced: 3n * token,
          leaving: 2n * token,
          freeAtSeconds: 86_400,
        },
        { netuid: 2, alpha: token, outcome: 'sent', ...outcome },
        { netuid: 3, alpha: 5n, outcome: 'kept', ...outcome },
        { netuid: 4, alpha: token, outcome: 'redeemed', ...outcome, koin: token },
      ],
    }
    expect(withdrawalSentence(done, 'validator', true, false).split('\n')).toEqual([
      'Sold 10 alpha of subnet 1 for 4 KOIN.',
      'Kept 3 alpha of subnet 1: you were shown no price for it, because it was bound or not yet there. Run the same command again to see one.',
      '2 alpha of subnet 1 is on its way, free from 1970-01-02 00:00:00 UTC: run the same command again then.',
      'Sent 1 alpha of subnet 2.',
      'Kept less than 0.000001 alpha of subnet 3: it is too little to sell, or more than the pool takes at once.',
      'Redeemed 1 alpha of subnet 4 for 1 KOIN; that subnet is dissolved.',
      `The validator's account ${account} holds no other money to send.`,
    ])
  })

  it('tell the two accounts of a home apart before the second exists', () => {
    expect(joinedAccounts(wallet)).toMatch(/Your wallet: 0x59.*\nA provider gets an account of its own/)
  })
  it('name the faucet to who joins only before what does not ask it itself', () => {
    const asking = (isTest: boolean) => joinedSteps(isTest).filter((step) => step.includes('koinon wallet faucet'))
    expect(asking(true)).toEqual([
      'To chat with its models: koinon wallet faucet, koinon keys create, then koinon chat "..."',
    ])
    expect(asking(false)).toEqual([])
  })
})
