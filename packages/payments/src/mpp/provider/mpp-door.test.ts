import { bytesToHex, systemRandom, utf8ToBytes } from '@koinon/base'
import { Challenge } from 'mppx'
import { charge } from 'mppx/evm/client'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { depositNonce } from '../../client/deposit-authorization.ts'
import { channelIdOf } from '../../rules/channel.ts'
import type { Commitment, PaymentTerms } from '../../rules/terms.ts'
import { configOf, party, seed, testDomain } from '../../testing/fixtures.ts'
import { credentialHeader, type MppOffer, readOffers } from '../client/offers.ts'
import { formatChallenge, type PaymentChallenge } from '../rules/challenge.ts'
import { challengeNonce } from '../rules/challenge-id.ts'
import { formatCredential, type PaymentCredential } from '../rules/credential.ts'
import type { SessionTerms } from '../rules/session.ts'
import { type CallRequest, MppDoor } from './mpp-door.ts'

const [payer, seller] = [party('payer'), party('seller')]
const token = configOf(payer.address, seller.address).token
const session: SessionTerms = {
  ...testDomain,
  depositCollector: `0x${'cc'.repeat(20)}`,
  receiver: seller.address,
  receiverAuthorizer: seller.address,
  token,
  withdrawDelaySeconds: 900,
  suggestedDepositAtomic: 50_000n,
}
let nowMs = Date.parse('2026-11-22T12:00:00Z')
const options = {
  keys: [seed('challenges')],
  realm: 'api.test',
  clock: { nowMs: () => nowMs },
  random: systemRandom,
  session,
}
const door = new MppDoor(options)
const call: CallRequest = { method: 'POST', url: 'https://api.test/v1/answer?a=1', body: utf8ToBytes('{"q":1}') }
const terms: PaymentTerms = {
  resource: { url: call.url, method: call.method, description: 'An answer – for 0.001 $' },
  chainId: testDomain.chainId,
  asset: { token, name: 'Test dollar', version: '1', decimals: 6 },
  payTo: seller.address,
  maximumAtomic: 1_000n,
  backEnds: ['channel', 'exact'],
  timeoutSeconds: 60,
}
const header = () => door.challenges(call, terms).map(formatChallenge).join(', ')
const assetOf = () => terms.asset

/** A stock mppx client's answer to the charge among the challenges. */
async function stockCredential(): Promise<PaymentCredential> {
  const account = privateKeyToAccount(bytesToHex(payer.secretKey))
  const client = charge({ account, authorization: { name: 'Test dollar', version: '1' }, networks: [terms.chainId] })
  const challenge = Challenge.deserializeList(header()).find(({ intent }) => intent === 'charge')
  const authorization = await client.createCredential({ challenge: challenge as never, context: {} })
  return door.credential({ authorization }) as PaymentCredential
}

function voucherCommitment(deposit?: 'open' | 'topUp'): Extract<Commitment, { backEnd: 'channel' }> {
  const config = configOf(payer.address, seller.address)
  const voucher = payer.signer.sign({ channelId: channelIdOf(config, testDomain), maxClaimableAtomic: 4_000n })
  const base = { backEnd: 'channel', config, voucher } as const
  if (deposit === undefined) return base
  const salt = deposit === 'open' ? config.salt : bytesToHex(seed('another deposit'))
  const signature = voucher.signature
  return { ...base, deposit: { amountAtomic: 9n, validAfter: 0n, validBefore: 2_000_000_000n, salt, signature } }
}

const offers = () => readOffers(header(), terms.resource, call.body, { nowMs, assetOf })
const sessionOffer = () => offers().find((offer) => offer.session !== undefined) as MppOffer
const readHeader = (value: string, of = call) =>
  door.read(door.credential({ authorization: value }) as PaymentCredential, of, terms)
const altered = (credential: PaymentCredential, change: Partial<PaymentChallenge>): PaymentCredential => ({
  ...credential,
  challenge: { ...credential.challenge, ...change },
})
const code = (name: string) => expect.objectContaining({ code: `payments/${name}` })

describe('challenges of a seller', () => {
  it('say a payer the terms, one a back end and in the order of the seller', () => {
    const [first, second] = offers()
    expect(first?.terms).toEqual({ ...terms, backEnds: ['channel'], timeoutSeconds: 60 })
    expect(first?.session).toEqual({ ...session, isStepped: false })
    expect(second?.terms).toEqual({ ...terms, backEnds: ['exact'], timeoutSeconds: 60 })
    expect(second?.charge).toEqual({
      nonce: challengeNonce((second as MppOffer).challenge),
      validBefore: BigInt(nowMs / 1000 + 300),
    })
  })

  it('are never the same twice', () => {
    expect(new Set([...door.challenges(call, terms), ...door.challenges(call, terms)].map(({ id }) => id)).size).toBe(4)
  })

  it('are read by a stock client, whose charge is the commitment', async () => {
    const credential = await stockCredential()
    expect(door.read(credential, call, terms)).toMatchObject({
      action: 'charge',
      commitment: {
        backEnd: 'exact',
        authorization: {
          token,
          from: payer.address,
          to: seller.address,
          valueAtomic: 1_000n,
          nonce: challengeNonce(credential.challenge),
        },
      },
    })
  })

  it('take a voucher, with a deposit that opens or fills the channel', () => {
    for (const deposit of [undefined, 'open', 'topUp'] as const) {
      const commitment = voucherCommitment(deposit)
      expect(readHeader(credentialHeader(sessionOffer(), commitment).value)).toMatchObject({
        action: 'voucher',
        commitment,
      })
    }
  })

  it('take the draft’s own open, whose deposit has the channel’s salt', () => {
    const { config, voucher } = voucherCommitment('open')
    const { challenge } = sessionOffer()
    const nonce = depositNonce({ channelId: voucher.channelId, depositId: config.salt })
    const value = {
      from: payer.address,
      to: session.depositCollector,
      value: '9',
      validAfter: '0',
      validBefore: '2000000000',
      nonce,
    }
    const { channelId, signature } = voucher
    const payload = {
      action: 'open',
      type: 'authorization',
      channelId,
      authorization: value,
      signature,
      voucherSignature: signature,
      cumulativeAmount: '4000',
      salt: config.salt,
    }
    expect(readHeader(formatCredential({ challenge, payload }))).toMatchObject({
      commitment: voucherCommitment('open'),
    })
  })

  it('know by number a channel that the seller knows', () => {
    const commitment = voucherCommitment()
    const { channelId, signature } = commitment.voucher
    const payload = { action: 'voucher', channelId, cumulativeAmount: '4000', signature }
    const credential = { challenge: sessionOffer().challenge, payload }
    const knowing = new MppDoor({ ...options, configOf: () => commitment.config })
    expect(knowing.read(credential, call, terms)).toMatchObject({ commitment })
    expect(() => door.read(credential, call, terms)).toThrow(code('mpp-bad-credential'))
  })
})

describe('a credential is refused', () => {
  it('for a challenge of another server, or of none', async () => {
    const credential = await stockCredential()
    const another = new MppDoor({ ...options, keys: [seed('another key')] })
    expect(() => another.read(credential, call, terms)).toThrow(code('mpp-challenge-unknown'))
    const elsewhere = new MppDoor({ ...options, realm: 'other.test' })
    expect(() => elsewhere.read(credential, call, terms)).toThrow(code('mpp-challenge-unknown'))
  })

  it('when any part of its challenge was changed, the amount first of all', async () => {
    const credential = await stockCredential()
    const cheaper = door.challenges(call, { ...terms, maximumAtomic: 1n, backEnds: ['exact'] })[0] as PaymentChallenge
    const { request, opaque } = cheaper
    const changes = [
      { request },
      { opaque },
      { expires: '2099-01-01T00:00:00Z' },
      { digest: undefined },
      { intent: 'session' },
      { realm: 'x' },
    ]
    for (const change of changes) {
      expect(() => door.read(altered(credential, change as never), call, terms)).toThrow(code('mpp-challenge-unknown'))
    }
  })

  it('late, at another route, by another method, and with another body', async () => {
    const credential = await stockCredential()
    const at = (change: Partial<CallRequest>) => () => door.read(credential, { ...call, ...change }, terms)
    expect(at({ url: 'https://api.test/v1/dearer' })).toThrow(code('mpp-challenge-elsewhere'))
    expect(at({ url: 'https://api.test/v1/answer?a=2' })).toThrow(code('mpp-challenge-elsewhere'))
    expect(at({ method: 'PUT' })).toThrow(code('mpp-challenge-elsewhere'))
    expect(at({ body: utf8ToBytes('{"q":2}') })).toThrow(code('mpp-body-differs'))
    expect(at({ body: new Uint8Array() })).toThrow(code('mpp-body-differs'))
    nowMs += 300_000
    try {
      expect(at({})).toThrow(code('mpp-challenge-expired'))
    } finally {
      nowMs -= 300_000
    }
  })

  it('when its authorization was signed for another challenge', async () => {
    const [credential, earlier] = [await stockCredential(), await stockCredential()]
    const { payload } = earlier
    expect(() => door.read({ ...credential, payload }, call, terms)).toThrow(code('commitment-mismatch'))
  })

  it('when its deposit is for another channel, payer or collector', () => {
    const value = credentialHeader(sessionOffer(), voucherCommitment('topUp')).value
    const credential = door.credential({ authorization: value }) as PaymentCredential
    const deposit = credential.payload['deposit'] as { authorization: Record<string, string> }
    for (const change of [{ nonce: `0x${'00'.repeat(32)}` }, { from: seller.address }, { to: seller.address }]) {
      const payload = {
        ...credential.payload,
        deposit: { ...deposit, authorization: { ...deposit.authorization, ...change } },
      }
      expect(() => door.read({ ...credential, payload }, call, terms)).toThrow(code('mpp-bad-credential'))
    }
    const moved = { ...credential.payload, salt: `0x${'01'.repeat(32)}` }
    expect(() => door.read({ ...credential, payload: moved }, call, terms)).toThrow(code('mpp-bad-credential'))
  })

  it('when it cannot be read, quickly however long it is', () => {
    const authorization = (value: string) => () => door.credential({ authorization: value })
    expect(authorization(`Payment ${'A'.repeat(1 << 20)}`)).toThrow(code('mpp-bad-credential'))
    for (const text of ['Payment !', 'Payment e30', 'Payment bnVsbA', `Payment ${'{'.repeat(40)}`]) {
      expect(authorization(text)).toThrow(code('mpp-bad-credential'))
    }
    expect(door.credential({ authorization: 'Bearer abc' })).toBeUndefined()
    expect(door.credential({})).toBeUndefined()
  })

  it('by a payer when realm, body or age are not those of its request', () => {
    const read = (change: { url?: string; body?: Uint8Array; atMs?: number }) =>
      readOffers(header(), { ...terms.resource, url: change.url ?? call.url }, change.body ?? call.body, {
        nowMs: change.atMs ?? nowMs,
        assetOf,
      }).length
    expect(read({})).toBe(2)
    expect(read({ url: 'https://evil.test/v1/answer?a=1' })).toBe(0)
    expect(read({ body: utf8ToBytes('other') })).toBe(0)
    expect(read({ atMs: nowMs + 301_000 })).toBe(0)
  })

  it('never with a key that can be guessed', () => {
    expect(() => new MppDoor({ ...options, keys: [new Uint8Array(16)] })).toThrow(code('mpp-bad-key'))
  })
})
