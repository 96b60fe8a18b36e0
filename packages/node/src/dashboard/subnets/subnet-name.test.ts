import { koinonTokenAbi, subnetsAbi } from '@koinon/ledger/abis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Home } from '../../home/home.ts'
import { localNetworkParameters, localSubnet } from '../../local/parameters.ts'
import { inferenceSpecHash } from '../../local/subnet-spec.ts'
import { temporaryHome } from '../../testing/home.ts'
import { startLocalLedger } from '../../testing/local-ledger.ts'
import { ensureLocalNetwork } from '../../testing/local-network.ts'
import { createSubnetNames } from './subnet-name.ts'

let home: Home
let remove: () => void
let ledger: { readonly rpcUrl: string; stop(): Promise<void> }
beforeEach(async () => {
  ;({ home, remove } = temporaryHome())
  ledger = await startLocalLedger(home)
})
afterEach(async () => {
  await ledger.stop()
  remove()
})

describe('the name of a subnet', () => {
  it('is the one on the ledger, whoever created it, and is asked for once', async () => {
    const specHash = inferenceSpecHash()
    const { network, reader, sender } = await ensureLocalNetwork(home, ledger.rpcUrl, 'http://127.0.0.1:1', specHash)
    const { token, subnets } = network.contracts
    const lock = 2n * localNetworkParameters.minimumLock
    await sender.call({ address: token, abi: koinonTokenAbi, functionName: 'approve', args: [subnets, lock] })
    const other = { ...localSubnet, name: 'embeddings <b>', specHash }
    await sender.call({ address: subnets, abi: subnetsAbi, functionName: 'createSubnet', args: [other, lock] })

    const nameOf = createSubnetNames(reader, network)
    expect(await nameOf(2)).toBe('embeddings <b>')
    expect(await nameOf(1)).toBe('inference')
    await expect(nameOf(3)).rejects.toThrow(/SubnetNotFound/)
    await ledger.stop()
    expect(await nameOf(2)).toBe('embeddings <b>')
  }, 60_000)
})
