import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  deployedFiles,
  laterFolderOf,
  openSubnetFile,
  parseTemplates,
  subnetFileSpec,
  templateFile,
  templateNames,
} from './subnet-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-subnet-files-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the names of templates', () => {
  it('are all, or some of them, each once', () => {
    expect(parseTemplates('all')).toEqual(templateNames)
    expect(parseTemplates('probing, forecast,probing')).toEqual(['probing', 'forecast'])
  })

  it.each(['', 'probing,', 'every', 'inference'])('are refused where one is unknown: "%s"', (text) => {
    expect(() => parseTemplates(text)).toThrow(
      expect.objectContaining({ code: 'usage/unknown-subnet', hint: expect.stringContaining('forecast') }),
    )
  })
})

describe('a subnet file', () => {
  it('is named on the ledger by its parameters and its bytes', async () => {
    const { subnet, specHash, sandbox } = await openSubnetFile(templateFile('probing'))
    await sandbox.close()
    expect(subnet.name).toBe('probing')
    expect(await subnetFileSpec(templateFile('probing'))).toEqual({
      name: 'probing',
      version: subnet.version,
      specHash,
      hasServe: true,
    })
    expect((await subnetFileSpec(templateFile('forecast'))).specHash).not.toBe(specHash)
  })

  it('is refused when it cannot be read or defines nothing', async () => {
    await expect(subnetFileSpec(join(folder, 'none.ts'))).rejects.toMatchObject({ code: 'subnets/no-file' })
    writeFileSync(join(folder, 'empty.ts'), 'export const nothing = 1\n')
    await expect(subnetFileSpec(join(folder, 'empty.ts'))).rejects.toMatchObject({ code: 'subnets/bad-definition' })
  })

  it('is known of a home when it was deployed from there', () => {
    for (const name of ['own-b.ts', 'own-a.ts', 'notes.txt']) writeFileSync(join(folder, name), '')
    expect(deployedFiles({ subnets: join(folder, 'not there') })).toEqual([])
    expect(deployedFiles({ subnets: folder }).filter((path) => path.includes('own-'))).toEqual([
      join(folder, 'own-a.ts'),
      join(folder, 'own-b.ts'),
    ])
    mkdirSync(laterFolderOf(join(folder, 'own-a.ts')))
    for (const name of ['version-10.ts', 'version-2.ts']) writeFileSync(join(folder, 'own-a', name), '')
    expect(deployedFiles({ subnets: folder }).filter((path) => path.includes('own-'))).toEqual([
      join(folder, 'own-a.ts'),
      join(folder, 'own-a', 'version-2.ts'),
      join(folder, 'own-a', 'version-10.ts'),
      join(folder, 'own-b.ts'),
    ])
  })
})
