import { createDecipheriv, hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bytesToHex, type Hex, hexToBytes, systemRandom } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { decryptWithRound } from './identity-encryption.ts'
import { roundPublicKey, type SignedRound, signRound, verifyRound } from './round.ts'
import { firstRoundAt, localRoundChain, quicknet, roundChainHash, roundPublishedAtSeconds } from './round-chain.ts'
import { maximumSealedBytes, openSealedRow, roundOfSealed, type SealedWeights, sealRow } from './sealed-row.ts'

type Published = SignedRound & { readonly randomness: Hex; readonly source: string }

const vectors = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/timelock.json', import.meta.url), 'utf8'),
) as {
  quicknet: typeof quicknet & { chainHash: Hex; source: string }
  rounds: [Published, Published, ...Published[]]
  rejected: (SignedRound & { why: string })[]
  tlock: SignedRound & { u: Hex; v: Hex; w: Hex; agePayload: Hex; text: string }
  sealed: { round: number; weights: SealedWeights; sealed: Hex; random: Hex[] }
  local: { secretKey: Hex; chain: typeof quicknet; chainHash: Hex; round: SignedRound }
}
const [published, next] = vectors.rounds
const { weights, sealed, round } = vectors.sealed
const opened = verifyRound(quicknet, published)
const flipped = (hex: Hex, place: number): Hex => {
  const bytes = hexToBytes(hex)
  bytes[place] = (bytes[place] as number) ^ 1
  return bytesToHex(bytes)
}

describe('a chain of rounds', () => {
  it('is fixed by its hash', () => {
    const { chainHash, source, ...chain } = vectors.quicknet
    expect(source).toContain('drand')
    expect(chain).toEqual(quicknet)
    expect(roundChainHash(quicknet)).toBe(chainHash)
    expect(roundChainHash({ ...quicknet, periodSeconds: 4 })).not.toBe(chainHash)
    expect(roundChainHash({ ...quicknet, beaconId: 'default' })).not.toBe(chainHash)
  })

  it('has a round for every moment', () => {
    expect(roundPublishedAtSeconds(quicknet, 1_000)).toBe(1_692_806_364)
    expect(firstRoundAt(quicknet, 1_692_806_364)).toBe(1_000)
    expect(firstRoundAt(quicknet, 1_692_806_362)).toBe(1_000)
    expect(firstRoundAt(quicknet, 1_692_806_361)).toBe(999)
    expect(firstRoundAt(quicknet, 0)).toBe(1)
  })
})

describe('verifyRound', () => {
  it('accepts every published round of quicknet', () => {
    for (const { randomness, ...one } of vectors.rounds) expect(verifyRound(quicknet, one).randomness).toBe(randomness)
  })

  it('refuses what quicknet did not sign', () => {
    for (const one of vectors.rejected)
      expect(() => verifyRound(quicknet, one), one.why).toThrow(
        expect.objectContaining({ code: 'subnets/bad-beacon-round' }),
      )
    expect(() => verifyRound({ ...quicknet, publicKey: vectors.local.chain.publicKey }, published)).toThrow(/signature/)
    expect(() => verifyRound(quicknet, { ...published, signature: '0x00' })).toThrow(/signature/)
    expect(() => verifyRound({ ...quicknet, publicKey: '0x00' }, published)).toThrow(/signature/)
  })

  it('accepts what a local timekeeper signs', () => {
    const { secretKey, chain, chainHash, round: signed } = vectors.local
    const key = hexToBytes(secretKey)
    expect(
      localRoundChain({
        ...chain,
        publicKey: roundPublicKey(key),
        chainId: 31_337,
        epochsContract: '0x00000000000000000000000000000000000000e1',
      }),
    ).toEqual(chain)
    expect(roundChainHash(chain)).toBe(chainHash)
    expect(signRound(key, signed.round)).toEqual(signed)
    expect(verifyRound(chain, signed).round).toBe(signed.round)
    expect(() => verifyRound(chain, { ...signed, round: signed.round + 1 })).toThrow(/signature/)
  })
})

describe('identity encryption', () => {
  it("opens what drand's own implementation sealed", () => {
    const { u, v, w, agePayload, text, ...one } = vectors.tlock
    // Opening needs no key of the chain, only its signature over the round.
    const fileKey = decryptWithRound(
      { ...one, chain: quicknet, randomness: '0x' },
      { u: hexToBytes(u), v: hexToBytes(v), w: hexToBytes(w) },
    )
    // The file around it is of age: nonce (16) | ChaCha20-Poly1305 under HKDF(file key, nonce, 'payload').
    const payload = hexToBytes(agePayload)
    const key = Buffer.from(hkdfSync('sha256', fileKey, payload.subarray(0, 16), 'payload', 32))
    const lastChunk = Buffer.from([...new Uint8Array(11), 1])
    const decipher = createDecipheriv('chacha20-poly1305', key, lastChunk, { authTagLength: 16 })
    decipher.setAuthTag(payload.subarray(-16))
    expect(decipher.update(payload.subarray(16, -16), undefined, 'utf8') + decipher.final('utf8')).toBe(text)
  })
})

describe('a sealed row', () => {
  it('follows the vector', async () => {
    const random = vectors.sealed.random.map(hexToBytes)
    expect(await sealRow({ chain: quicknet, round }, weights, () => random.shift() as Uint8Array)).toBe(sealed)
    expect(roundOfSealed(sealed)).toBe(round)
    expect(await openSealedRow(sealed, opened, weights)).toEqual(weights)
  })

  it('holds the longest row of a subnet, and an abstention', async () => {
    for (const seats of [256, 0]) {
      const packedRow = bytesToHex(
        Uint8Array.from({ length: 4 * seats }, (_, i) => [0, Math.floor(i / 4), 0xff, 0xff][i % 4] as number),
      )
      const long = { ...weights, packedRow }
      const text = await sealRow({ chain: quicknet, round }, long, systemRandom)
      expect(hexToBytes(text).length).toBe(maximumSealedBytes - 4 * (256 - seats))
      expect(await openSealedRow(text, opened, long)).toEqual(long)
    }
  })

  it('stays shut to every other round', async () => {
    const other = verifyRound(quicknet, next)
    await expect(openSealedRow(sealed, other, weights)).rejects.toThrow(/another round/)
    const renamed = `${sealed.slice(0, 4)}${(round + 1).toString(16).padStart(16, '0')}${sealed.slice(20)}` as Hex
    await expect(openSealedRow(renamed, other, weights)).rejects.toMatchObject({ code: 'subnets/bad-timelock' })
    await expect(openSealedRow(renamed, { ...opened, round: round + 1 }, weights)).rejects.toThrow(/altered/)
  })

  it('stays shut when a byte of it is altered', async () => {
    // Version, round, U, V, W, text, tag.
    for (const place of [0, 8, 9, 60, 110, 140, 180, hexToBytes(sealed).length - 1]) {
      await expect(openSealedRow(flipped(sealed, place), opened, weights)).rejects.toMatchObject({
        code: 'subnets/bad-timelock',
      })
    }
    for (const bad of ['0x', sealed.slice(0, -2), `${sealed}00`, `0x${'01'.repeat(maximumSealedBytes + 1)}`] as Hex[]) {
      await expect(openSealedRow(bad, opened, weights)).rejects.toMatchObject({ code: 'subnets/bad-timelock' })
    }
  })

  it('opens for the hotkey, subnet and epoch that it was made for, and under its timekeeper', async () => {
    for (const owner of [
      { ...weights, hotkey: `0x${'b2'.repeat(20)}` as Hex },
      { ...weights, netuid: 2 },
      { ...weights, epoch: 8 },
    ]) {
      await expect(openSealedRow(sealed, opened, owner)).rejects.toMatchObject({ code: 'subnets/foreign-timelock' })
    }
    const elsewhere = { ...opened, chain: { ...quicknet, genesisSeconds: 1 } }
    await expect(openSealedRow(sealed, elsewhere, weights)).rejects.toMatchObject({ code: 'subnets/bad-timelock' })
  })

  it('takes no row that the ledger would refuse', async () => {
    const bad = (packedRow: Hex) => sealRow({ chain: quicknet, round }, { ...weights, packedRow }, systemRandom)
    await expect(bad('0x00000000')).rejects.toMatchObject({ code: 'subnets/bad-row' })
    await expect(
      bad(`0x${Array.from({ length: 257 }, (_, uid) => `${uid.toString(16).padStart(4, '0')}ffff`).join('')}`),
    ).rejects.toThrow(/too long/)
    await expect(sealRow({ chain: quicknet, round: 0 }, weights, systemRandom)).rejects.toThrow(/Round 0/)
  })
})
