import { bytesToHex, type Hex, secretKeyToAddress, signDigest, zeroHash } from '@koinon/base'
import { epochsAbi } from '@koinon/ledger/abis'
import { encodeFunctionData } from 'viem'
import { describe, expect, it } from 'vitest'
import { submittedSignatures } from './submitted-signatures.ts'

const digest = Uint8Array.from({ length: 32 }, (_, index) => index)
const keys = [1, 2, 3].map((n) => Uint8Array.from({ length: 32 }, () => n))
const signedBy = keys.map(secretKeyToAddress)
const signatures = keys.map((key) => signDigest(digest, key))
const result = {
  netuid: 1,
  epoch: 2n,
  previousHash: zeroHash,
  root: zeroHash,
  minersTotal: 3n,
  dividendsTotal: 4n,
  validatorsHash: zeroHash,
  carryHash: zeroHash,
  specHash: zeroHash,
  dataHash: zeroHash,
}
const posting = { validators: [zeroHash], seats: [], amounts: [], carry: [] }
const input = encodeFunctionData({
  abi: epochsAbi,
  functionName: 'submitRoot',
  args: [result, posting, 7n, [...signatures, `0x${'11'.repeat(65)}`]],
})
const root = { resultHash: bytesToHex(digest), signedBy }

describe('submittedSignatures', () => {
  it('finds the signatures by signer, also in a call that hands them on', () => {
    const expected = new Map(signedBy.map((signer, place) => [signer, signatures[place]]))
    expect(submittedSignatures(input, root)).toEqual(expected)
    const wrapped: Hex = `0x12345678${'00'.repeat(36)}${input.slice(2)}${'00'.repeat(28)}`
    expect(submittedSignatures(wrapped, root)).toEqual(expected)
  })

  it('ends soon, however much a submitter writes down', () => {
    const word = (value: number): string => value.toString(16).padStart(64, '0')
    const foreign = signDigest(
      digest,
      Uint8Array.from({ length: 32 }, () => 9),
    ).slice(2)
    // Calls that share one list of pointers to one signature.
    const shared = (calls: number, pointers: number): string => {
      const headBytes = 4 + 32 * 13
      const noPosting = [128, 128, 128, 128, 0].map(word).join('')
      const list = `${word(pointers)}${word(32 * pointers).repeat(pointers)}${word(65)}${foreign}${'00'.repeat(31)}`
      const heads = Array.from({ length: calls }, (_, call) => {
        const base = headBytes * call + 4
        const [posting, signed] = [headBytes * calls - base, headBytes * calls + noPosting.length / 2 - base]
        return `${input.slice(2, 10)}${word(1).repeat(10)}${word(posting)}${word(7)}${word(signed)}`
      })
      return `${heads.join('')}${noPosting}${list}`
    }
    expect(submittedSignatures(`0x${shared(4, 40)}${input.slice(2)}`, root).size).toBe(3)
    const startedAtMs = performance.now()
    // What fits into one transaction: minutes of decoding, if it were all looked at.
    expect(submittedSignatures(`0x${shared(700, 9_000)}${input.slice(2)}`, root).size).toBe(0)
    expect(submittedSignatures(`0x${shared(100, 1_500)}`, root).size).toBe(0)
    expect(performance.now() - startedAtMs).toBeLessThan(10_000)
  })

  it('takes nothing from who did not sign, and nothing from other calls', () => {
    expect([...submittedSignatures(input, { ...root, signedBy: signedBy.slice(1) }).keys()]).toEqual(signedBy.slice(1))
    expect(submittedSignatures(input, { ...root, resultHash: zeroHash }).size).toBe(0)
    expect(submittedSignatures(`${input.slice(0, 10)}ff` as Hex, root).size).toBe(0)
    expect(submittedSignatures('0x', root).size).toBe(0)
  })
})
