import { describe, expect, it } from 'vitest'
import { parseBeaconChoice, parseBeaconRelays } from './beacon-options.ts'

describe('--beacon and --beacon-relays', () => {
  it('keep what the home has unless told otherwise', () => {
    expect(parseBeaconChoice({})).toBeUndefined()
    expect(parseBeaconChoice({ beacon: 'local' })).toEqual({ kind: 'local' })
    expect(parseBeaconChoice({ beacon: 'quicknet' })).toEqual({ kind: 'quicknet' })
    expect(parseBeaconChoice({ beacon: 'quicknet', beaconRelays: 'https://a.example, http://b.example/x' })).toEqual({
      kind: 'quicknet',
      endpoints: ['https://a.example', 'http://b.example/x'],
    })
  })

  it.each(['', 'a.example', 'file:///etc/passwd', 'https://a.example,,', Array(9).fill('https://a.example').join()])(
    'take no relays %j',
    (text) => {
      expect(() => parseBeaconRelays(text)).toThrow(expect.objectContaining({ code: 'usage/bad-beacon-relays' }))
    },
  )

  it('take relays for no stand-in', () => {
    for (const kinds of [{}, { beacon: 'local' }] as const)
      expect(() => parseBeaconChoice({ ...kinds, beaconRelays: 'https://a.example' })).toThrow(
        /needs --beacon quicknet/,
      )
  })
})
