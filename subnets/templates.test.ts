import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sha256Hex } from '@koinon/base'
import { readSubnetFile, runSubnetDev } from '@koinon/subnets/dev'
import { describe, expect, it } from 'vitest'

const folder = new URL('./', import.meta.url)
const templates = readdirSync(folder).filter((name) => /^(?!inference)[a-z-]+\.ts$/.test(name))

/** Questions and weight rows of three epochs. One that changes is another subnet: raise its version. */
const records: Readonly<Record<string, string>> = {
  'arena.ts': '0x1e4f6f24ade11973d99f02996155d270c8b8a0ee4aa4e6dc6c0fbf5159a144a2',
  'embedding.ts': '0x7c88e8daae564389b35aab79626175535d484c25f112ebba017c295290506808',
  'forecast.ts': '0xb3a832816801b12ac63b40bb24981c3908450526e5ea5328585e145154f5ea2d',
  'probing.ts': '0x85ca934e9cea778e6ff9e1d8ab666b3462e25a46b717f206b1da9f17b4e6bccd',
  'scraping.ts': '0xa95b0aec39a4779346dc1b07fce4ebdeabf185a7f58db3e9470d8b143f990b4d',
}

describe('templates', () => {
  it('are there', () => {
    expect(templates).toEqual(['arena.ts', 'embedding.ts', 'forecast.ts', 'probing.ts', 'scraping.ts'])
  })

  it.each(templates)('%s pays its honest baseline and hardly anything else', async (name) => {
    const file = readSubnetFile(fileURLToPath(new URL(name, folder)))
    const { miners, problems, subnet, bundles } = await runSubnetDev({ file, epochs: 3, seed: '7' })
    expect(subnet.name).toBe(name.slice(0, -3))
    expect(problems).toEqual([])
    expect(sha256Hex(JSON.stringify(bundles.map(({ log }) => [log.beacon, log.tasks, log.row])))).toBe(records[name])
    for (const { play, incentivePpm } of miners) {
      if (play === 'honest') expect(incentivePpm).toBeGreaterThan(250_000)
      else expect(incentivePpm).toBeLessThan(30_000)
    }
  })
})
