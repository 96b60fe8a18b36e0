import { defaultDevice, init, type Array as JaxArray, numpy as np } from '@jax-js/jax'
import { beforeAll, describe, expect, test } from 'vitest'
import { initialTensors } from './engine-step.ts'
import { adamCorrections, matrixGroups, optimiserLayout, updateStep } from './optimiser.ts'
import { createRandom, normal } from './random.ts'
import { ciShape, elementCount, parameterCount, parameterSpecs, releaseShape } from './shape.ts'

const shape = { ...ciShape, vocabularySize: 32, width: 32, hiddenWidth: 96, layers: 1 }

beforeAll(async () => {
  await init('wasm')
  defaultDevice('wasm')
})

describe('matrixGroups', () => {
  test('covers every matrix once, with no more rows than columns', () => {
    const groups = matrixGroups(releaseShape)
    const names = groups.flatMap(({ members }) => members)
    const matrices = parameterSpecs(releaseShape).filter(({ kind }) => kind === 'matrix')
    expect(names.sort()).toEqual(matrices.map(({ name }) => name).sort())
    for (const { rows, columns } of groups) expect(rows).toBeLessThanOrEqual(columns)
    expect(parameterCount(releaseShape)).toBe(1_049_728)
  })
})

describe('updateStep', () => {
  test('moves a matrix by a nearly orthogonal step of the size of the rate', async () => {
    const { parameters, before, after } = await setup()
    for (const name of ['0.query', '0.gate', '0.down']) {
      const spec = parameters.find((entry) => entry.name === name)
      const [rows, columns] = (spec as NonNullable<typeof spec>).dimensions as [number, number]
      const step = (before.get(name) as Float32Array).map((value, at) => value - (after.get(name)?.[at] as number))
      const gram = singularSpread(step, rows, columns)
      expect(gram.largest / gram.smallest, name).toBeLessThan(6)
    }
  })

  test('moves norms and embedding against the sign of their gradient', async () => {
    const { gradients, before, after } = await setup()
    for (const name of ['finalNorm', 'embedding']) {
      const gradient = gradients.get(name) as Float32Array
      let agree = 0
      for (let at = 0; at < gradient.length; at++) {
        const moved = (after.get(name)?.[at] as number) - (before.get(name)?.[at] as number)
        if (Math.sign(moved) === -Math.sign(gradient[at] as number)) agree++
      }
      expect(agree / gradient.length, name).toBeGreaterThan(0.9)
    }
  })

  test('the bias corrections of Adam fade to 1', () => {
    expect(adamCorrections(1).first).toBeCloseTo(10)
    expect(adamCorrections(1).second).toBeCloseTo(100)
    expect(adamCorrections(5_000).first).toBeCloseTo(1)
  })
})

/** Largest and smallest eigenvalue of M M^T (or M^T M for tall ones) by its diagonal after power steps: a rough spread. */
function singularSpread(matrix: Float32Array, rows: number, columns: number): { largest: number; smallest: number } {
  const tall = rows > columns
  const [count, length] = tall ? [columns, rows] : [rows, columns]
  const at = (row: number, column: number) => matrix[tall ? column * columns + row : row * columns + column] as number
  let largest = 0
  let smallest = Number.POSITIVE_INFINITY
  for (let row = 0; row < count; row++) {
    let square = 0
    for (let column = 0; column < length; column++) square += at(row, column) ** 2
    largest = Math.max(largest, square)
    smallest = Math.min(smallest, square)
  }
  return { largest, smallest }
}

async function setup() {
  const tensors = initialTensors(shape, 1)
  const random = createRandom(2)
  const parameters = parameterSpecs(shape)
  const gradients = new Map(
    parameters.map((spec) => [spec.name, new Float32Array(elementCount(spec)).map(() => normal(random))]),
  )
  const load = (name: string, values: Float32Array) => {
    const dimensions = tensors.get(name)?.dimensions ?? []
    return np.array(new Float32Array(values), { shape: [...dimensions] })
  }
  const state = { momentum: {}, first: {}, second: {} } as Record<
    'momentum' | 'first' | 'second',
    Record<string, JaxArray>
  >
  for (const { name, dimensions } of optimiserLayout(shape)) {
    const [kind, rest] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)]
    state[kind as keyof typeof state][rest] = np.zeros([...dimensions])
  }
  const result = updateStep(
    shape,
    Object.fromEntries(parameters.map(({ name }) => [name, load(name, tensors.get(name)?.values as Float32Array)])),
    Object.fromEntries(parameters.map(({ name }) => [name, load(name, gradients.get(name) as Float32Array)])),
    state,
    {
      matrixRate: np.array(0.1),
      adamRate: np.array(0.01),
      firstCorrection: np.array(adamCorrections(1).first),
      secondCorrection: np.array(adamCorrections(1).second),
    },
  )
  const before = new Map(parameters.map(({ name }) => [name, tensors.get(name)?.values as Float32Array]))
  const after = new Map<string, Float32Array>()
  for (const { name } of parameters) after.set(name, (await result.parameters[name]?.data()) as Float32Array)
  return { parameters, gradients, before, after }
}
