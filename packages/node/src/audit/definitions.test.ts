import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hex, sha256Hex } from '@koinon/base'
import type { AuditSource } from '@koinon/ledger/audit'
import { afterAll, describe, expect, it } from 'vitest'
import { subnetFileSpec, templateFile } from '../local/subnet-files.ts'
import { inferenceSpecHash } from '../local/subnet-spec.ts'
import { namedDefinitions, openDefinitions } from './definitions.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-definitions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const created = (...hashes: readonly Hex[]) =>
  namedDefinitions({
    events: hashes.map((specHash) => ({ contract: 'subnets', name: 'SubnetCreated', args: { params: { specHash } } })),
  } as unknown as Pick<AuditSource, 'events'>)

describe('the definitions of an audit', () => {
  it('open no template for a network that has none', async () => {
    const told: string[] = []
    const { definitionOf, close } = await openDefinitions(created(inferenceSpecHash()), [], (text) => told.push(text))
    expect(definitionOf(inferenceSpecHash())?.subnet.name).toBe('inference')
    expect(definitionOf(sha256Hex('other'))).toBeUndefined()
    expect(told).toEqual([])
    await close()
  })

  it('find templates and files by what the ledger names, with the means to judge answers again', async () => {
    const own = join(folder, 'own.ts')
    writeFileSync(
      own,
      `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'
export const own = defineSubnet({
  name: 'own', version: 3, task: z.int(), response: z.int(), sample: () => 1, score: () => 1, aggregator: 'yuma2',
})
`,
    )
    const [forecast, mine] = [await subnetFileSpec(templateFile('forecast')), await subnetFileSpec(own)]
    const told: string[] = []
    const named = created(inferenceSpecHash(), mine.specHash, forecast.specHash)
    const { definitionOf, close } = await openDefinitions(named, [own], (text) => told.push(text))
    expect(definitionOf(mine.specHash)?.subnet).toMatchObject({ name: 'own', aggregator: { name: 'yuma2' } })
    expect(definitionOf(mine.specHash)?.replay).toBeDefined()
    expect(definitionOf(forecast.specHash)?.subnet.name).toBe('forecast')
    expect(definitionOf(sha256Hex('of somebody'))).toBeUndefined()
    expect(told.filter((line) => line.startsWith('definition of'))).toHaveLength(2)
    expect(told).toContainEqual(expect.stringMatching(/^looking for definitions of subnets in own\.ts/))
    await close()
  })

  it('stop looking when all are found', async () => {
    const told: string[] = []
    const { specHash } = await subnetFileSpec(templateFile('forecast'))
    const { close } = await openDefinitions([specHash], [], (text) => told.push(text))
    expect(told.filter((line) => line.startsWith('looking'))).toHaveLength(1)
    await close()
  })

  it('refuse a file that was named and is none', async () => {
    const missing = openDefinitions(created(), [join(folder, 'none.ts')], () => undefined)
    await expect(missing).rejects.toMatchObject({ code: 'subnets/no-file' })
  })
})
