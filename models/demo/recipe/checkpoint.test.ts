import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

describe('checkpoint', () => {
  test('comes back bit for bit', () => {
    const { path, checkpoint } = setup()
    saveCheckpoint(path, checkpoint)
    expect(loadCheckpoint(path)).toEqual(checkpoint)
  })

  test('is undefined where nothing was saved', () => {
    expect(loadCheckpoint(setup().path)).toBeUndefined()
  })

  test('refuses a cut file, a longer file and a file of something else', () => {
    const { path, checkpoint } = setup()
    saveCheckpoint(path, checkpoint)
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, whole.length - 3))
    expect(() => loadCheckpoint(path)).toThrow('ends inside')
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(4)]))
    expect(() => loadCheckpoint(path)).toThrow('too many')
    writeFileSync(path, 'hello')
    expect(() => loadCheckpoint(path)).toThrow('not a checkpoint')
  })

  test('replaces the old one as a whole', () => {
    const { path, checkpoint } = setup()
    saveCheckpoint(path, checkpoint)
    saveCheckpoint(path, { ...checkpoint, step: 9 })
    expect(loadCheckpoint(path)?.step).toBe(9)
  })
})

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'))
  folders.push(folder)
  const tensors = new Map([
    ['a', { dimensions: [2, 2], values: new Float32Array([1, -0, Math.fround(0.1), 1e-40]) }],
    ['b', { dimensions: [1], values: new Float32Array([7]) }],
  ])
  return {
    path: join(folder, 'c.bin'),
    checkpoint: { identity: 'x', step: 3, cpuSeconds: 1.5, losses: [3, 2, 1], tensors },
  }
}
