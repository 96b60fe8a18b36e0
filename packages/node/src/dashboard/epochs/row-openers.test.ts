import { localBeaconLabel, type NetworkFile } from '@koinon/ledger'
import { localNetworkBeacon, quicknetBeacon } from '@koinon/subnets'
import { describe, expect, it } from 'vitest'
import { beaconJson, createRowOpeners } from './row-openers.ts'

const account = (byte: string): `0x${string}` => `0x${byte.repeat(20)}`
const reveal = (transactionHash: string, hotkey: string) => ({ transactionHash, args: { hotkey } })

describe('createRowOpeners', () => {
  it('names who opened for another, asks once for each transaction, and guesses nothing', async () => {
    const asked: string[] = []
    const getTransaction = async ({ hash }: { hash: string }) => {
      asked.push(hash)
      if (hash === '0x03') throw new Error('not there')
      return { from: account('AA') }
    }
    const openersOf = createRowOpeners({ getTransaction } as never)
    const reveals = [reveal('0x01', account('aa')), reveal('0x02', account('bb')), reveal('0x03', account('cc'))]
    for (let look = 0; look < 2; look++) expect(await openersOf(reveals)).toEqual([undefined, account('aa'), undefined])
    expect(asked).toEqual(['0x01', '0x02', '0x03', '0x03'])
  })
})

describe('beaconJson', () => {
  const network = { chainId: 7, contracts: { epochs: account('e1') } } as unknown as NetworkFile
  const withBeacon = (beacon: NetworkFile['beacon']) => beaconJson({ ...network, beacon } as NetworkFile)

  it('says of every beacon whose honesty sealed rows rest on', () => {
    expect(beaconJson(network)).toEqual({ kind: 'none', trust: expect.stringContaining('none') })
    const local = withBeacon(localNetworkBeacon(new Uint8Array(32).fill(1), 'http://127.0.0.1:5'))
    expect(local).toMatchObject({ kind: 'local', trust: localBeaconLabel, periodSeconds: 1 })
    const quicknet = quicknetBeacon()
    expect(withBeacon(quicknet)).toMatchObject({
      kind: 'drand',
      trust: expect.stringContaining('more than half of its operators'),
      chainHash: '0x52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
    })
    // The same name under another key is another beacon.
    const named = { ...quicknet, publicKey: local['publicKey'] } as NetworkFile['beacon']
    expect(withBeacon(named)['trust']).toBe('beacon quicknet: whoever holds its key can open weights early')
  })
})
