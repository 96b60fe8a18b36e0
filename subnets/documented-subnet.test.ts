import { readFileSync } from 'node:fs'
import { runSubnetDev, SubnetSandbox, subnetFields } from '@koinon/subnets/dev'
import { describe, expect, it } from 'vitest'

const page = readFileSync(new URL('../docs/subnets.md', import.meta.url), 'utf8')

describe('docs/subnets.md', () => {
  it('shows a whole subnet in under 60 lines that pays the honest and nobody else', async () => {
    const source = /```ts\n(.*?)```/s.exec(page)?.[1] as string
    expect(source.trimEnd().split('\n').length).toBeLessThan(60)
    const { miners, problems } = await runSubnetDev({ file: { fileName: 'compress.ts', source }, epochs: 2, seed: '1' })
    expect(problems).toEqual([])
    expect(miners.map(({ earnedAtomic }) => earnedAtomic > 0n)).toEqual([true, true, true, false, false])
  })

  it('names every field that a subnet has', async () => {
    const { head, questions, mechanism } = subnetFields
    const table = page.slice(page.indexOf('## The fields'))
    for (const field of [...head, ...questions, ...mechanism, 'mechanisms'])
      expect([field, new RegExp(`\`${field}[\`(:]|\\b${field}:`).test(table)]).toEqual([field, true])
  })

  it('names the defaults that a file without them has, and who may use epoch confirm', async () => {
    const source = /```ts\n(.*?)```/s.exec(page)?.[1]?.replace(/^ {2}weights: .*\n/m, '') as string
    const sandbox = await SubnetSandbox.open({ fileName: 'compress.ts', source })
    try {
      const { aggregate, weights, aggregator } = sandbox.description
      for (const value of [aggregate, weights, aggregator]) expect(page).toContain(`\`'${value}'\` unless said`)
      expect(aggregator).not.toBe('stakeMedian')
      expect(page).toMatch(/epoch confirm 2 +only with aggregator: 'stakeMedian' in the file/)
    } finally {
      await sandbox.close()
    }
  })
})
