import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { bytesToBase64Url, bytesToHex } from './bytes.ts'
import { sha256Hex } from './hash.ts'
import { nodeBuffer, nodeCrypto } from './platform.ts'

it('finds what Node has', () => {
  expect(nodeCrypto?.hash('sha256', 'abc', 'hex')).toBe(createHash('sha256').update('abc').digest('hex'))
  expect(nodeBuffer).toBe(Buffer)
})

it('gives the same hashes and texts where there is no Node, as in a browser', () => {
  // A process of its own, because the choice is made once, when the modules load.
  const script = `
    const print = console.log
    process.getBuiltinModule = undefined
    const { bytesToBase64Url, base64UrlToBytes, bytesToHex, sha256, sha256Hex, utf8ToBytes } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
    const { nodeCrypto } = await import(${JSON.stringify(new URL('./platform.ts', import.meta.url).href)})
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i * 7)
    const text = bytesToBase64Url(bytes)
    print(JSON.stringify([nodeCrypto === undefined, text, bytesToHex(base64UrlToBytes(text)), bytesToHex(sha256(bytes)), sha256Hex('\\ud800 ä')]))`
  const output = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    { timeout: 60_000, encoding: 'utf8' },
  )
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i * 7)
  expect(JSON.parse(output)).toEqual([
    true,
    bytesToBase64Url(bytes),
    bytesToHex(bytes),
    `0x${createHash('sha256').update(bytes).digest('hex')}`,
    sha256Hex('\ud800 ä'),
  ])
})
