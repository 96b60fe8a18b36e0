import { describe, expect, it } from 'vitest'
import { localNetworkBeacon, quicknetBeacon, sealSentence } from './network-beacon.ts'

const network = { chainId: 7, contracts: { epochs: `0x${'e1'.repeat(20)}` } } as const

describe('what people are told of sealed weights', () => {
  const local = localNetworkBeacon(new Uint8Array(32).fill(1), 'http://127.0.0.1:5')
  const quicknet = quicknetBeacon()

  it('says what is sealed until when, and who could look early, in words of no specification', () => {
    expect(sealSentence({ ...network, beacon: local })).toBe(
      'the marks that validators give to miners, sealed until all have given theirs; whoever runs this network has the key and could look early',
    )
    expect(sealSentence({ ...network, beacon: quicknet })).toContain('drand, a public service')
    expect(sealSentence(network)).toContain('falls silent stay closed')
  })

  it('trusts no name: quicknet under another key is whose key it is', () => {
    const named = { ...quicknet, publicKey: local.publicKey }
    expect(sealSentence({ ...network, beacon: named })).toContain('whoever has the key of "quicknet" could look early')
  })
})
