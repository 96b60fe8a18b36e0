import { describe, expect, it } from 'vitest'
import { Gate } from './gate.ts'
import { Mutex } from './mutex.ts'

describe('Gate', () => {
  it('runs so many at once, lets so many wait and refuses the next', async () => {
    const gate = new Gate(2, 1)
    const release: (() => void)[] = []
    const job = () => gate.run(() => new Promise<number>((resolve) => release.push(() => resolve(release.length))))
    const running = [job(), job()]
    const waiting = job()
    await expect(job()).rejects.toMatchObject({ code: -32005 })
    expect(release).toHaveLength(2)
    release[0]?.()
    await running[0]
    await Promise.resolve()
    expect(release).toHaveLength(3)
    release[1]?.()
    release[2]?.()
    await Promise.all([...running, waiting])
    await expect(gate.run(async () => 'free again')).resolves.toBe('free again')
  })

  it('gives its place on after a failure', async () => {
    const gate = new Gate(1, 5)
    await expect(gate.run(async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(gate.run(async () => 1)).resolves.toBe(1)
  })
})

describe('Mutex', () => {
  it('runs one after the other in the order of asking, also after a failure', async () => {
    const mutex = new Mutex()
    const steps: string[] = []
    const job = (name: string, fails: boolean) =>
      mutex.run(async () => {
        steps.push(`${name} in`)
        await new Promise((resolve) => setImmediate(resolve))
        steps.push(`${name} out`)
        if (fails) throw new Error(name)
      })
    await Promise.allSettled([job('a', true), job('b', false), job('c', false)])
    expect(steps).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
  })
})
