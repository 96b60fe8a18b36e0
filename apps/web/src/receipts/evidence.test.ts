import { sha256Hex } from '@koinon/base'
import { describe, expect, test } from 'vitest'
import { hashEvidence } from './evidence.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('hashEvidence', () => {
  test('hashes the bytes, a stream only up to its end', () => {
    const hashes = hashEvidence({
      requestBase64: base64('{"q":"ü"}'),
      responseBase64: base64('data: {}\n\ndata: [DONE]\n\n'),
    })
    expect(hashes).toEqual({ requestHash: sha256Hex('{"q":"ü"}'), responseHash: sha256Hex('data: {}\n\n') })
  })

  test('knows nothing of what is missing or malformed', () => {
    expect(hashEvidence({ requestBase64: '%%%' })).toEqual({ requestHash: undefined, responseHash: undefined })
  })
})
