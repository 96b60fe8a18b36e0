import { defaultDevice, init, type Array as JaxArray, numpy as np } from '@jax-js/jax'
import { beforeAll, describe, expect, test } from 'vitest'
import { initialTensors, referenceLogits } from './engine-step.ts'
import { forward, type Parameters, rotationTables, weightedLoss } from './forward.ts'
import { ciShape, parameterSpecs } from './shape.ts'

const shape = { ...ciShape, vocabularySize: 64, width: 32, hiddenWidth: 64 }

beforeAll(async () => {
  await init('wasm')
  defaultDevice('wasm')
})

describe('forward', () => {
  test('a position does not see what comes after it', async () => {
    const tensors = initialTensors(shape, 3)
    const one = await referenceLogits(shape, tensors, [1, 2, 3, 4])
    const other = await referenceLogits(shape, tensors, [1, 2, 3, 9])
    const width = shape.vocabularySize
    expect(one.subarray(0, 3 * width)).toEqual(other.subarray(0, 3 * width))
    expect(one.subarray(3 * width)).not.toEqual(other.subarray(3 * width))
  })

  test('sees the order of earlier tokens', async () => {
    const tensors = initialTensors(shape, 3)
    const last = (logits: Float32Array) => logits.subarray(3 * shape.vocabularySize)
    const one = await referenceLogits(shape, tensors, [1, 2, 3, 4])
    const swapped = await referenceLogits(shape, tensors, [2, 1, 3, 4])
    expect(last(one)).not.toEqual(last(swapped))
  })

  test('its gradient agrees with finite differences', async () => {
    const { valueAndGrad } = await import('@jax-js/jax')
    const tensors = initialTensors(shape, 7)
    const tokens = [5, 6, 7, 8, 9, 10]
    const targets = [6, 7, 8, 9, 10, 11]
    const parameters = (): Parameters =>
      Object.fromEntries(
        parameterSpecs(shape).map(({ name, dimensions }) => {
          const values = new Float32Array(tensors.get(name)?.values ?? [])
          return [name, np.array(values, { shape: [...dimensions] })]
        }),
      )
    const embedded = () => {
      const table = tensors.get('embedding')?.values as Float32Array
      const rows = tokens.flatMap((token) => [...table.subarray(token * shape.width, (token + 1) * shape.width)])
      return np.array(new Float32Array(rows), { shape: [1, tokens.length, shape.width] })
    }
    const loss = (given: Parameters, rows: JaxArray): JaxArray =>
      weightedLoss(
        forward(rows, given, shape),
        np.array(new Int32Array(targets), { dtype: np.int32 }),
        np.array(new Float32Array(targets.length).fill(1)),
        shape,
      )
    const [, gradients] = valueAndGrad(loss)(parameters(), embedded())
    for (const name of ['0.query', '1.down', '0.attentionNorm', '1.value', 'finalNorm']) {
      const gradient = (await (gradients[name] as JaxArray).data()) as Float32Array
      const values = tensors.get(name)?.values as Float32Array
      let at = 0
      for (let index = 0; index < gradient.length; index++) {
        if (Math.abs(gradient[index] as number) > Math.abs(gradient[at] as number)) at = index
      }
      const kept = values[at] as number
      const step = 0.01
      values[at] = kept + step
      const above = (await loss(parameters(), embedded()).data())[0] as number
      values[at] = kept - step
      const below = (await loss(parameters(), embedded()).data())[0] as number
      values[at] = kept
      const measured = (above - below) / (2 * step)
      expect(Math.abs(measured - (gradient[at] as number)), name).toBeLessThan(0.02 * Math.abs(measured) + 1e-3)
    }
  })

  test('rotation keeps lengths: cosine and sine of one pair lie on the unit circle', () => {
    const { cosine, sine } = rotationTables(shape, 5)
    for (let at = 0; at < cosine.length; at++) {
      expect((cosine[at] as number) ** 2 + (sine[at] as number) ** 2).toBeCloseTo(1, 5)
    }
  })
})
