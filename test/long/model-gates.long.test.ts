import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

type Manifest = { readonly gates: Readonly<Record<string, { readonly share: number; readonly minimum: number }>> }

const path = new URL('../../models/demo/manifest.json', import.meta.url)
const { gates } = JSON.parse(readFileSync(path, 'utf8')) as Manifest

const demanded = Object.entries(gates).filter(([, gate]) => gate.minimum > 0)

it.each(demanded)('the committed demo model passes its gate %s', (_, gate) => {
  expect(gate.share).toBeGreaterThanOrEqual(gate.minimum)
})
