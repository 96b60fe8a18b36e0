import { describe, expect, it } from 'vitest'
import { doubleFile } from '../../testing/double-file.ts'
import { ReopeningSandbox } from './reopening-sandbox.ts'
import { SubnetSandbox } from './sandbox.ts'

describe('ReopeningSandbox', () => {
  it('closes what nobody uses, opens it anew, and closes nothing in the middle of a use', async () => {
    const opened: SubnetSandbox[] = []
    const sandbox = new ReopeningSandbox(async () => {
      const one = await SubnetSandbox.open(doubleFile)
      opened.push(one)
      return one
    }, 50)
    let finish: () => void = () => undefined
    const long = sandbox.use(async ({ description }) => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return description.name
    })
    expect(await sandbox.use(async ({ description }) => description.tasks)).toBe(3)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(opened.map(({ hasEnded }) => hasEnded)).toEqual([false])
    finish()
    expect(await long).toBe('double')
    await expect.poll(() => opened[0]?.hasEnded, { timeout: 10_000 }).toBe(true)
    expect(await sandbox.use(async ({ description }) => description.name)).toBe('double')
    expect(opened).toHaveLength(2)
    await sandbox.close()
    expect(opened[1]?.hasEnded).toBe(true)
  })

  it('opens anew what was lost in a use', async () => {
    let count = 0
    const sandbox = new ReopeningSandbox(() => {
      count++
      return SubnetSandbox.open(doubleFile)
    })
    await expect(
      sandbox.use(async (open) => {
        await open.close()
        return open.tasks({ epoch: 1, beacon: `0x${'5a'.repeat(32)}` })
      }),
    ).rejects.toMatchObject({ code: 'subnets/file-failed' })
    expect(await sandbox.use(async ({ description }) => description.version)).toBe(1)
    expect(count).toBe(2)
    await sandbox.close()
  })
})
