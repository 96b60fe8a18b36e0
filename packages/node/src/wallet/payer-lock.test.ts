import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { holdTill } from './payer-lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-till-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the till of an account', () => {
  it('is one process at a time', async () => {
    const path = join(folder, 'till.lock')
    const release = await holdTill(path)
    await expect(holdTill(path, 100)).rejects.toMatchObject({ code: 'paywall/till-in-use' })
    release()
    ;(await holdTill(path, 100))()
  })

  it('is taken over from a process that was killed', async () => {
    const path = join(folder, 'killed.lock')
    writeFileSync(path, '4194399')
    ;(await holdTill(path, 100))()
  })
})
