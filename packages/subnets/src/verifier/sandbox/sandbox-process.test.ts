import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { residentMiB } from './resident-memory.ts'
import { SandboxProcess, startConfined } from './sandbox-process.ts'

const beacon = `0x${'5a'.repeat(32)}` as const
const onLog = () => undefined

describe('a sandbox process', () => {
  it('leaves files, programs, threads and the environment out of reach of who gets out of the realm', async () => {
    const child = startConfined(fileURLToPath(new URL('../../testing/escaped-child.ts', import.meta.url)))
    const [found] = (await once(child, 'message')) as [Record<string, string>]
    child.kill('SIGKILL')
    const { 'read its own program': own, 'see the environment': environment, ...others } = found
    expect(own).toBe('works')
    expect(environment).toBe('nothing there')
    expect(Object.keys(others)).toHaveLength(7)
    expect(new Set(Object.values(others))).toEqual(new Set(['ERR_ACCESS_DENIED', 'ERR_DLOPEN_DISABLED']))
  })

  it.each([
    ['typed arrays', 'keep.push(new Uint8Array(8_388_608).fill(1))'],
    ['typed arrays, whatever is caught', 'try { keep.push(new Float64Array(1_048_576).fill(1)) } catch {}'],
    [
      'one buffer that grows',
      'keep[0] = keep[0] ? keep[0].transfer(keep[0].byteLength * 2) : new ArrayBuffer(1_048_576)',
    ],
    ['large strings', "keep.push('ab'.repeat(4_000_000 + keep.length).split(''))"],
  ])('keeps %s within its memory and the machine', async (_, statement) => {
    const process = new SandboxProcess(hungry(statement), { onLog })
    try {
      await process.loaded
      const own = await residentMiB(globalThis.process.pid)
      const text = await judge(process).catch((error: unknown) => String(error))
      expect(text).toMatch(/memory|allocation failed|Invalid array buffer length|longer than/i)
      expect(((await residentMiB(globalThis.process.pid)) as number) - (own as number)).toBeLessThan(200)
    } finally {
      await process.close()
    }
  })

  it('is ended by its watch in the middle of a call, where the system counts nothing', async () => {
    const statement = 'if (keep.length < 16) keep.push(new Uint8Array(8_388_608).fill(1))'
    const process = new SandboxProcess(hungry(statement), { onLog, mostMiB: 128 })
    await process.loaded
    await expect(judge(process)).rejects.toThrow(/took more than 128 MiB of memory/)
    expect(process.hasEnded).toBe(true)
    await process.close()
  })

  it('is gone from the system when a call that nothing interrupts was ended', async () => {
    const process = new SandboxProcess(hungry('new Array(2 ** 32 - 1).fill(0)'), { onLog })
    await process.loaded
    const pid = process.pid as number
    expect(await residentMiB(pid)).toBeGreaterThan(0)
    const answers = [{ uid: 4, hotkey: `0x${'00'.repeat(20)}`, responseText: '1' }] as const
    const input = { epoch: 1, beacon, index: 0, taskText: '1', answers, order: 'ascending' } as const
    await expect(process.ask({ kind: 'judge', input, timeoutMs: 100 }, 60_000)).rejects.toThrow(
      /hungry\.ts ended its process/,
    )
    expect(process.endedOf).toEqual({ uid: 4, work: 'judge' })
    await process.close()
    expect(() => globalThis.process.kill(pid, 0)).toThrow(/ESRCH/)
  })

  it('gives back what it held once it has ended', async () => {
    const process = new SandboxProcess(hungry(''), { onLog })
    await process.loaded
    await process.close()
    await expect(process.ask({ kind: 'tasks', input: { epoch: 1, beacon }, timeoutMs: 1_000 }, 1_000)).rejects.toThrow(
      /was closed/,
    )
  })
})

/** A file whose score does something for ever and lets nothing go. */
function hungry(statement: string) {
  const source = `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'
const keep = []
export const file = defineSubnet({
  name: 'hungry', version: 1, scoreTimeoutMs: 5000, task: z.int(), response: z.int(),
  sample: () => 1, score: () => { for (;;) { ${statement} } },
})`
  return { fileName: 'hungry.ts', source }
}

function judge(process: SandboxProcess): Promise<string> {
  const answers = [{ uid: 0, hotkey: `0x${'00'.repeat(20)}`, responseText: '1' }] as const
  const input = { epoch: 1, beacon, index: 0, taskText: '1', answers, order: 'ascending' } as const
  return process.ask({ kind: 'judge', input, timeoutMs: 5_000 }, 60_000)
}
