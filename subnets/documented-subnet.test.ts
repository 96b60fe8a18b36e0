import { readFileSync } from 'node:fs'
import { runSubnetDev, subnetFields } from '@koinon/subnets/dev'
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
})
