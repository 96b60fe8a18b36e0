import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestLedger, type TestLedger } from '../testing/ledger.ts'
import { auditCopy, auditNetwork } from './audit.ts'

const options = {
  scope: { netuid: undefined, fromEpoch: 0, toEpoch: 10 },
  extras: ['decentralization'] as const,
  files: [],
  onProgress: () => undefined,
}
let folder: string
let ledger: TestLedger
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-audit-'))
  ledger = await startTestLedger(folder)
}, 60_000)
afterAll(async () => {
  await ledger.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('an audit of a network', () => {
  it('finds a network that was only just deployed in order, and keeps what it read', async () => {
    const exportTo = join(folder, 'deep', 'copy')
    const live = await auditNetwork(ledger.network, { ...options, exportTo })
    expect(live).toMatchObject({ differs: 0, open: 0 })
    expect(live.agreed).toBeGreaterThan(4)
    expect(live.decentralization).toMatchObject({
      stage: 'S0',
      binding: { name: 'independent validators' },
      subnets: [],
    })
    expect(readdirSync(exportTo).sort()).toEqual(['documents.jsonl', 'events.jsonl', 'manifest.json', 'views.jsonl'])
    const copied = await auditCopy(exportTo, options)
    expect(copied).toMatchObject({ differs: 0, open: 0, agreed: live.agreed + 3, head: live.head })
  })

  it('names a figure that was changed in a copy', async () => {
    const copy = join(folder, 'changed')
    await auditNetwork(ledger.network, { ...options, exportTo: copy })
    const path = join(copy, 'views.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/("name":"totalSupply".*"value":")\d/, '$19'))
    const { checks, differs } = await auditCopy(copy, options)
    expect(differs).toBe(2)
    expect(checks.flatMap(({ name, differences }) => differences.map(({ what }) => `${name}: ${what}`))).toEqual([
      'copy: SHA-256 of views.jsonl',
      'mints: supply',
    ])
  })

  it('refuses a subnet that was never created, of a network and of a copy', async () => {
    const noSuch = { ...options, scope: { ...options.scope, netuid: 9 } }
    const refusal = { code: 'ledger/no-subnet', message: 'There is no subnet 9 on this network' }
    await expect(auditNetwork(ledger.network, noSuch)).rejects.toMatchObject(refusal)
    const copy = join(folder, 'whole')
    await auditNetwork(ledger.network, { ...options, exportTo: copy })
    await expect(auditCopy(copy, noSuch)).rejects.toMatchObject(refusal)
  })

  it('says what is wrong with the server or the folder', async () => {
    const nothing = join(folder, 'nothing')
    await expect(auditCopy(nothing, options)).rejects.toMatchObject({
      code: 'node/no-audit-copy',
      message: `There is no copy of a network in ${nothing}: there is no such folder`,
    })
    await expect(auditCopy(folder, options)).rejects.toMatchObject({
      message: expect.stringMatching(/: its file \w+\.jsonl? is missing$/),
    })
    await expect(auditNetwork({ ...ledger.network, rpcUrl: 'http://127.0.0.1:1' }, options)).rejects.toMatchObject({
      code: 'ledger/rpc-unreachable',
    })
    await expect(auditNetwork(ledger.network, { ...options, files: [join(folder, 'none.ts')] })).rejects.toMatchObject({
      code: 'subnets/no-file',
    })
    await expect(auditNetwork({ ...ledger.network, chainId: 5 }, options)).rejects.toMatchObject({
      code: 'ledger/wrong-chain',
    })
  })
})
