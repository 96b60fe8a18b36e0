import { type Array as JaxArray, nn, numpy as np } from '@jax-js/jax'
import type { ModelShape } from './shape.ts'

/** Parameters of a model by name. Arrays are owned by the caller; functions here take references. */
export type Parameters = Record<string, JaxArray>

/** Cosine and signed sine of the half-split rotation, each `[positions, 2, headWidth / 2]`. */
export function rotationTables(
  shape: ModelShape,
  positions: number,
): { cosine: Float32Array<ArrayBuffer>; sine: Float32Array<ArrayBuffer> } {
  const headWidth = shape.width / shape.heads
  const half = headWidth / 2
  const cosine = new Float32Array(positions * headWidth)
  const sine = new Float32Array(positions * headWidth)
  for (let position = 0; position < positions; position++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = position / shape.ropeBase ** ((2 * pair) / headWidth)
      const first = position * headWidth + pair
      cosine[first] = Math.cos(angle)
      cosine[first + half] = Math.cos(angle)
      sine[first] = -Math.sin(angle)
      sine[first + half] = Math.sin(angle)
    }
  }
  return { cosine, sine }
}

function normalise(input: JaxArray, gain: JaxArray, epsilon: number): JaxArray {
  const scale = np.reciprocal(np.sqrt(np.mean(np.square(input.ref), -1, { keepdims: true }).add(epsilon)))
  return input.mul(scale).mul(gain)
}

function attention(input: JaxArray, parameters: Parameters, prefix: string, shape: ModelShape): JaxArray {
  const [batch, length] = input.shape as [number, number, number]
  const { heads, width } = shape
  const headWidth = width / heads
  const half = headWidth / 2
  const tables = rotationTables(shape, length)
  const table = (values: Float32Array<ArrayBuffer>) => np.array(values, { shape: [length, 1, 2, half] })
  const project = (name: string) => np.dot(input.ref, (parameters[`${prefix}${name}`] as JaxArray).ref)
  const rotate = (vectors: JaxArray) => {
    const split = vectors.reshape([batch, length, heads, 2, half])
    return split.ref
      .mul(table(tables.cosine))
      .add(np.flip(split, 3).mul(table(tables.sine)))
      .reshape([batch, length, heads, headWidth])
      .transpose([0, 2, 1, 3])
  }
  const query = rotate(project('query')).mul(1 / Math.sqrt(headWidth))
  const key = rotate(project('key'))
  const value = project('value').reshape([batch, length, heads, headWidth]).transpose([0, 2, 1, 3])
  input.dispose()
  const mask = new Float32Array(length * length)
  for (let row = 0; row < length; row++) mask.fill(-1e9, row * length + row + 1, (row + 1) * length)
  const scores = np.matmul(query, key.transpose([0, 1, 3, 2])).add(np.array(mask, { shape: [length, length] }))
  const mixed = np.matmul(nn.softmax(scores, -1), value)
  const joined = mixed.transpose([0, 2, 1, 3]).reshape([batch, length, width])
  return np.dot(joined, (parameters[`${prefix}output`] as JaxArray).ref)
}

function feedForward(input: JaxArray, parameters: Parameters, prefix: string): JaxArray {
  const gate = np.dot(input.ref, (parameters[`${prefix}gate`] as JaxArray).ref)
  const up = np.dot(input, (parameters[`${prefix}up`] as JaxArray).ref)
  return np.dot(nn.silu(gate).mul(up), (parameters[`${prefix}down`] as JaxArray).ref)
}

/**
 * Logits of every position.
 *
 * @param embedded Token embeddings already looked up, `[batch, length, width]` (consumed).
 * @param parameters All parameters; references are taken, the originals stay owned by the caller.
 * @returns `[batch * length, vocabularySize]`, the head tied to the embedding.
 */
export function forward(embedded: JaxArray, parameters: Parameters, shape: ModelShape): JaxArray {
  const [batch, length] = embedded.shape as [number, number, number]
  let stream = embedded
  for (let layer = 0; layer < shape.layers; layer++) {
    const prefix = `${layer}.`
    const norm = (name: string) =>
      normalise(stream.ref, (parameters[`${prefix}${name}`] as JaxArray).ref, shape.normEpsilon)
    const attended = attention(norm('attentionNorm'), parameters, prefix, shape)
    stream = stream.add(attended)
    stream = stream.ref.add(
      feedForward(
        normalise(stream, (parameters[`${prefix}feedForwardNorm`] as JaxArray).ref, shape.normEpsilon),
        parameters,
        prefix,
      ),
    )
  }
  const final = normalise(stream, (parameters.finalNorm as JaxArray).ref, shape.normEpsilon)
  const rows = final.reshape([batch * length, shape.width])
  return np.dot(rows, (parameters.embedding as JaxArray).ref.transpose([1, 0]))
}

/**
 * Weighted mean cross-entropy.
 *
 * @param logits `[rows, vocabularySize]` (consumed).
 * @param targets Token ids, int32 `[rows]` (consumed).
 * @param weights Loss weight of each row, summing to the divisor wanted (consumed).
 */
export function weightedLoss(logits: JaxArray, targets: JaxArray, weights: JaxArray, shape: ModelShape): JaxArray {
  const top = np.max(logits.ref, -1, { keepdims: true })
  const normaliser = np.log(np.sum(np.exp(logits.ref.sub(top.ref)), -1)).add(top.reshape([-1]))
  const chosen = np.sum(logits.mul(nn.oneHot(targets, shape.vocabularySize)), -1)
  return np.sum(normaliser.sub(chosen).mul(weights))
}
