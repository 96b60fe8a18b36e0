import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashFile } from './build.ts'

describe('hashFile', () => {
  it('is the SHA-256 of the file, larger than one buffer or empty', async () => {
    for (const bytes of [new Uint8Array(600_000).fill(7), new Uint8Array(0)]) {
      const path = join(tmpdir(), `koinon-hash-${process.pid}-${bytes.length}`)
      await writeFile(path, bytes)
      expect(await hashFile(path)).toBe(`0x${createHash('sha256').update(bytes).digest('hex')}`)
    }
  })
})
