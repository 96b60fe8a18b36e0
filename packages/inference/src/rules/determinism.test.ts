import { describe, expect, it } from 'vitest'
import { determinismClassHash, instructionSetOf, stateDeterminism } from './determinism.ts'

const word = (digit: string) => `0x${digit.repeat(64)}` as const
const input = {
  engine: 'engine 1',
  engineBuild: word('a'),
  instructionSet: 'avx512',
  modelHash: word('b'),
  manifest: { bitExact: true, quantisation: 'Q8_0' },
  keyValueType: 'F16',
}

describe('stateDeterminism', () => {
  it('names everything that decides the bits and hashes it', () => {
    const statement = stateDeterminism(input)
    expect(statement.exact).toBe(true)
    expect(statement.hash).toBe(determinismClassHash(statement.class))
    const changes = [
      { engine: 'engine 2' },
      { engineBuild: word('c') },
      { instructionSet: 'haswell' },
      { modelHash: word('d') },
      { manifest: { bitExact: true, quantisation: 'Q4_0' } },
      { keyValueType: 'F32' },
    ]
    const hashes = changes.map((change) => stateDeterminism({ ...input, ...change }).hash)
    expect(new Set([statement.hash, ...hashes]).size).toBe(changes.length + 1)
  })

  it('does not call weights exact that are not', () => {
    expect(stateDeterminism({ ...input, manifest: { bitExact: false, quantisation: 'F16' } }).exact).toBe(false)
  })
})

describe('instructionSetOf', () => {
  it('reads the kernel library among those loaded, on any platform', () => {
    expect(instructionSetOf(['/lib/libc.so.6', '/x/libggml-base.so', '/x/libggml-cpu-haswell.so'])).toBe('haswell')
    expect(instructionSetOf(['/x/libggml-cpu.so'])).toBe('generic')
    expect(instructionSetOf(['C:\\x\\ggml-cpu-alderlake.dll'])).toBe('alderlake')
    expect(instructionSetOf(['/x/libggml-cpu-armv8.2_1.so'])).toBe('armv8.2_1')
    expect(instructionSetOf(['/x/libllama.so'])).toBeUndefined()
  })

  it('joins the kernels that were measured to agree, and no others', () => {
    const setOf = (variant: string) => instructionSetOf([`/x/libggml-cpu-${variant}.so`])
    expect(['skylakex', 'cascadelake', 'icelake', 'zen4'].map(setOf)).toEqual(Array(4).fill('avx512'))
    expect(setOf('sapphirerapids')).toBe('sapphirerapids')
  })
})
