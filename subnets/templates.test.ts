import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readSubnetFile, runSubnetDev } from '@koinon/subnets/dev'
import { describe, expect, it } from 'vitest'

const folder = new URL('./', import.meta.url)
const templates = readdirSync(folder).filter((name) => /^(?!inference)[a-z-]+\.ts$/.test(name))

describe('templates', () => {
  it('are there', () => {
    expect(templates).toEqual(['arena.ts', 'embedding.ts', 'forecast.ts', 'probing.ts', 'scraping.ts'])
  })

  it.each(templates)('%s pays its honest baseline and hardly anything else', async (name) => {
    const file = readSubnetFile(fileURLToPath(new URL(name, folder)))
    const { miners, problems, subnet } = await runSubnetDev({ file, epochs: 3, seed: '7' })
    expect(subnet.name).toBe(name.slice(0, -3))
    expect(problems).toEqual([])
    for (const { play, incentivePpm } of miners) {
      if (play === 'honest') expect(incentivePpm).toBeGreaterThan(250_000)
      else expect(incentivePpm).toBeLessThan(30_000)
    }
  })
})
