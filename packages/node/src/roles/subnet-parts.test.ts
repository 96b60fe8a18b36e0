import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import { afterEach, describe, expect, it } from 'vitest'
import { templateFile } from '../local/subnet-files.ts'
import { SubnetParts } from './subnet-parts.ts'

let parts: SubnetParts | undefined
afterEach(() => parts?.close())
const open = async (): Promise<SubnetParts> => {
  parts = await SubnetParts.open(templateFile('forecast'), () => undefined)
  return parts
}

describe('SubnetParts', () => {
  it('tells what a file is from one process, which one member takes over', async () => {
    const { description, sourceHash } = await open()
    expect(description).toMatchObject({ name: 'forecast', hasServe: true })
    expect(sourceHash).toMatch(/^0x[0-9a-f]{64}$/)
    const first = parts?.takeFirst()
    expect(first?.hasEnded).toBe(false)
    expect(parts?.takeFirst()).toBeUndefined()
    const own = await parts?.open(() => undefined)
    expect(own).not.toBe(first)
    expect(own?.sourceHash).toBe(sourceHash)
    await parts?.close()
    expect(first?.hasEnded).toBe(false)
    await Promise.all([first?.close(), own?.close()])
  })

  it('gives all members one view of the ledger', async () => {
    const opened = await open()
    const network = { rpcUrl: 'http://127.0.0.1:1', chainId: 7, startBlock: 0, contracts: {} } as NetworkFile
    const [one, other] = [createLedgerReader(network), createLedgerReader(network)]
    expect(opened.ledger(one, network)).toBe(opened.ledger(other, network))
  })

  it('says which file cannot be read', async () => {
    await expect(SubnetParts.open('/no/such/file.ts', () => undefined)).rejects.toMatchObject({
      code: 'subnets/no-file',
    })
  })
})
