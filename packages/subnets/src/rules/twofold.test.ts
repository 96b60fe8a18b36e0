import { type Hex, secretKeyToAddress, sha256Hex, signDigest, zeroHash } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { type EpochResult, resultDigest } from './result.ts'
import { ledgerSignature, twofoldSignature } from './twofold.ts'

const domain = { chainId: 7, epochsContract: `0x${'0e'.repeat(20)}` } as const
const [key, other] = [1, 2].map((n) => Uint8Array.from({ length: 32 }, () => n)) as [Uint8Array, Uint8Array]
const result: EpochResult = {
  netuid: 1,
  epoch: 2,
  previousHash: zeroHash,
  root: zeroHash,
  minersTotal: 3n,
  dividendsTotal: 4n,
  validatorsHash: zeroHash,
  carryHash: zeroHash,
  specHash: zeroHash,
  dataHash: zeroHash,
}
const sign = (change: Partial<EpochResult>, by = key) => {
  const signed = { ...result, ...change }
  return { result: signed, signature: signDigest(resultDigest(domain, signed), by) }
}
const dataHash = sha256Hex('another')

describe('twofoldSignature', () => {
  it('names who signed two results of one epoch', () => {
    const found = twofoldSignature(domain, sign({}), sign({ dataHash }))
    expect(found).toMatchObject({ netuid: 1, epoch: 2, signer: secretKeyToAddress(key) })
    expect(new Set(found.resultHashes).size).toBe(2)
  })

  it.each([
    ['the same result', sign({}), 'subnets/not-two-results'],
    ['another epoch', sign({ epoch: 3, dataHash }), 'subnets/not-two-results'],
    ['another subnet', sign({ netuid: 2, dataHash }), 'subnets/not-two-results'],
    ['another signer', sign({ dataHash }, other), 'subnets/two-signers'],
    ['no signature', { ...sign({ dataHash }), signature: `0x${'ff'.repeat(65)}` as Hex }, 'subnets/bad-signature'],
  ])('finds no offence in %s', (_, second, code) => {
    expect(() => twofoldSignature(domain, sign({}), second)).toThrow(expect.objectContaining({ code }))
  })
})

describe('ledgerSignature', () => {
  it('writes v as the ledger takes it', () => {
    const { signature } = sign({})
    const v = Number.parseInt(signature.slice(-2), 16)
    const short: Hex = `0x${signature.slice(2, -2)}0${v - 27}`
    expect([ledgerSignature(short), ledgerSignature(signature)]).toEqual([signature, signature])
  })
})
