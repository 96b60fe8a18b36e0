import { readFileSync } from 'node:fs'
import { hexToBytes, utf8ToBytes } from '@koinon/base'
import { BodyDigest, Challenge, Credential, Receipt } from 'mppx'
import { describe, expect, it } from 'vitest'
import { formatChallenge, type PaymentChallenge, parseChallenges } from './challenge.ts'
import { challengeId, challengeNonce, contentDigest, isDigestOf, isOwnChallenge } from './challenge-id.ts'
import { chargeCommitment, chargePayload, readRequest } from './charge.ts'
import { formatCredential, parseCredential, sourceOf } from './credential.ts'
import { formatReceipt, parseReceipt } from './receipt.ts'

type Vectors = {
  readonly challenges: readonly { name: string; key: string; header: string; id: string; request: string }[]
  readonly credentials: readonly {
    name: string
    header: string
    authorization: string
    payer: string
    nonce: string
    payload: Record<string, string>
  }[]
  readonly lists: readonly { header: string; ids: readonly string[] }[]
  readonly receipts: readonly { receipt: Record<string, string>; header: string }[]
  readonly digests: readonly { body: string; mppx: string; contentDigest: string }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/mpp.json', import.meta.url), 'utf8'),
) as Vectors
const only = (header: string): PaymentChallenge => parseChallenges(header)[0] as PaymentChallenge

describe('specs/vectors/mpp.json', () => {
  it.each(vectors.challenges)('has the challenge $name', ({ header, id, key, request }) => {
    const challenge = only(header)
    expect(challenge).toMatchObject({ id, request, method: 'evm', intent: 'charge', realm: 'api.example.com' })
    expect(challengeId(challenge, hexToBytes(key))).toBe(id)
    expect(isOwnChallenge(challenge, hexToBytes(key))).toBe(true)
    expect(only(formatChallenge(challenge))).toEqual(challenge)
    expect(Challenge.deserialize(formatChallenge(challenge))).toEqual(Challenge.deserialize(header))
  })

  it.each(vectors.credentials)('has the credential $name', (vector) => {
    const challenge = only(vector.header)
    const credential = parseCredential(vector.authorization)
    // mppx escapes a description in the header and sends it plain.
    expect(credential?.challenge).toEqual(challenge)
    const { token } = readRequest(challenge) as { token: `0x${string}` }
    const commitment = chargeCommitment(challenge, token, credential?.payload ?? {})
    expect(commitment).toMatchObject({ backEnd: 'exact', authorization: { from: vector.payer, nonce: vector.nonce } })
    expect(challengeNonce(challenge)).toBe(vector.nonce)
    if (commitment.backEnd !== 'exact') return
    expect(sourceOf(424_242, commitment.authorization.from)).toBe(credential?.source)
    const again = formatCredential({ challenge, payload: chargePayload(commitment.authorization) })
    expect(Credential.deserialize(again).challenge).toEqual(Credential.deserialize(vector.authorization).challenge)
  })

  it.each(vectors.lists)('has a list of several challenges', ({ header, ids }) => {
    expect(parseChallenges(header).map(({ id }) => id)).toEqual(ids)
  })

  it.each(vectors.receipts)('has a receipt', ({ header, receipt }) => {
    expect(parseReceipt(header)).toEqual(receipt)
    expect(Receipt.deserialize(formatReceipt(parseReceipt(header) as never))).toEqual(receipt)
  })

  it.each(vectors.digests)('has the digests of "$body"', ({ body, mppx, contentDigest: digest }) => {
    const bytes = utf8ToBytes(body)
    expect(contentDigest(bytes)).toBe(digest)
    expect([mppx, digest].map((text) => isDigestOf(text, bytes))).toEqual([true, true])
    expect([mppx, digest].map((text) => isDigestOf(text, utf8ToBytes(`${body} `)))).toEqual([false, false])
    expect(BodyDigest.verify(mppx as `sha-256=${string}`, body)).toBe(true)
  })
})
