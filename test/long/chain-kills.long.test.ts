import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../harness/cli.ts'

const kills = 1_000
const deadlineMs = 3_000_000

describe('the embedded chain under load', () => {
  it(`loses nothing acknowledged in ${kills} kills`, async () => {
    const report = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const args = [join(repository, 'test/chaos/chain-kill.ts'), String(kills)]
      execFile(process.execPath, args, { timeout: deadlineMs, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
        if (stdout.trim() === '') reject(new Error(`${error?.message}\n${stderr.slice(-2_000)}`))
        else resolve(JSON.parse(stdout.trim().split('\n').at(-1) as string) as Record<string, unknown>)
      })
    })
    expect(report).toMatchObject({ kills, lost: [], changedBlocks: [] })
    expect(report['acknowledged']).toBeGreaterThan(kills)
  })
})
