import { defaultDevice, init, type Array as JaxArray, jit, numpy as np, valueAndGrad } from '@jax-js/jax'
import { KoinonError } from '@koinon/base'
import { forward, type Parameters, weightedLoss } from './forward.ts'
import { adamCorrections, optimiserLayout, updateStep } from './optimiser.ts'
import { createRandom, normal } from './random.ts'
import { elementCount, type ModelShape, parameterSpecs } from './shape.ts'

/** One batch: `rows` sequences of `length` tokens; targets are the tokens shifted by one. */
export type Batch = {
  readonly rows: number
  readonly length: number
  readonly inputs: Int32Array
  readonly targets: Int32Array
  /** Loss weight of each target; only the ratio matters. */
  readonly weights: Float32Array
}

/** What a step reports: weighted mean loss in nats and the gradient norm before clipping. */
export type StepReport = { readonly loss: number; readonly gradientNorm: number }

/** Plain tensors by name: parameters and optimiser state, everything a run needs to continue. */
export type Tensors = Map<string, { readonly dimensions: readonly number[]; readonly values: Float32Array }>

let ready: Promise<unknown> | undefined

async function initialise(): Promise<void> {
  ready ??= init('wasm')
  await ready
  defaultDevice('wasm')
}

/** Fresh parameters and zeroed optimiser state, a pure function of shape and seed. */
export function initialTensors(shape: ModelShape, seed: number): Tensors {
  const random = createRandom(seed)
  const tensors: Tensors = new Map()
  for (const spec of parameterSpecs(shape)) {
    const values = new Float32Array(elementCount(spec))
    const deviation = spec.kind === 'embedding' ? 0.02 : 1 / Math.sqrt(spec.dimensions[0] as number)
    const residual = spec.name.endsWith('.output') || spec.name.endsWith('.down')
    const scale = residual ? deviation / Math.sqrt(2 * shape.layers) : deviation
    for (let index = 0; index < values.length; index++)
      values[index] = spec.kind === 'norm' ? 1 : normal(random) * scale
    tensors.set(spec.name, { dimensions: spec.dimensions, values })
  }
  for (const entry of optimiserLayout(shape)) {
    const count = entry.dimensions.reduce((product, dimension) => product * dimension, 1)
    tensors.set(entry.name, { dimensions: entry.dimensions, values: new Float32Array(count) })
  }
  return tensors
}

/**
 * Training engine on jax-js (WebAssembly, one thread). Embedding rows are gathered and their gradients scattered in
 * JavaScript: inside the compiled gradient both leave the fast multiplication.
 */
export class StepEngine {
  private parameters: Parameters = {}
  private state: { momentum: Parameters; first: Parameters; second: Parameters } = {
    momentum: {},
    first: {},
    second: {},
  }
  private embedding = new Float32Array(0)
  private readonly shape: ModelShape
  private readonly gradient
  private readonly update

  private constructor(shape: ModelShape) {
    this.shape = shape
    const loss = (parameters: Parameters, embedded: JaxArray, targets: JaxArray, weights: JaxArray) =>
      weightedLoss(forward(embedded, parameters, shape), targets, weights, shape)
    this.gradient = jit((parameters: Parameters, embedded: JaxArray, targets: JaxArray, weights: JaxArray) => {
      const [value, [ofParameters, ofEmbedded]] = valueAndGrad(loss, { argnums: [0, 1] })(
        parameters,
        embedded,
        targets,
        weights,
      )
      return { value, ofParameters, ofEmbedded } as { value: JaxArray; ofParameters: Parameters; ofEmbedded: JaxArray }
    })
    this.update = jit(
      (
        parameters: Parameters,
        gradients: Parameters,
        lookup: JaxArray,
        state: { momentum: Parameters; first: Parameters; second: Parameters },
        scalars: Record<'matrixRate' | 'adamRate' | 'firstCorrection' | 'secondCorrection', JaxArray>,
      ) => {
        const head = gradients.embedding as JaxArray
        return updateStep(shape, parameters, { ...gradients, embedding: head.add(lookup) }, state, scalars)
      },
    )
  }

  /** Compiles nothing yet; the first step does. */
  static async create(shape: ModelShape, tensors: Tensors): Promise<StepEngine> {
    await initialise()
    const engine = new StepEngine(shape)
    engine.load(tensors)
    return engine
  }

  private load(tensors: Tensors): void {
    for (const [name, { dimensions, values }] of tensors) {
      const array = np.array(new Float32Array(values), { shape: [...dimensions] })
      const [kind, rest] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)]
      if (kind === 'momentum' || kind === 'first' || kind === 'second') this.state[kind][rest] = array
      else this.parameters[name] = array
    }
    this.embedding = new Float32Array(tensors.get('embedding')?.values ?? [])
  }

  /** One optimiser step; `step` counts from 1 and only feeds Adam's bias correction. */
  async step(batch: Batch, step: number, rates: { matrix: number; adam: number }): Promise<StepReport> {
    const { rows, length } = batch
    const { width } = this.shape
    const positions = rows * length
    const embedded = new Float32Array(positions * width)
    for (let position = 0; position < positions; position++) {
      const token = batch.inputs[position] as number
      embedded.set(this.embedding.subarray(token * width, (token + 1) * width), position * width)
    }
    let total = 0
    for (const weight of batch.weights) total += weight
    const { value, ofParameters, ofEmbedded } = this.gradient(
      referenced(this.parameters),
      np.array(embedded, { shape: [rows, length, width] }),
      np.array(new Int32Array(batch.targets), { dtype: np.int32 }),
      np.array(batch.weights.map((weight) => weight / total)),
    )
    const loss = (await value.data())[0] as number
    const flow = (await ofEmbedded.data()) as Float32Array
    const lookup = new Float32Array(this.embedding.length)
    for (let position = 0; position < positions; position++) {
      const row = (batch.inputs[position] as number) * width
      for (let column = 0; column < width; column++) {
        lookup[row + column] = (lookup[row + column] as number) + (flow[position * width + column] as number)
      }
    }
    const corrections = adamCorrections(step)
    const result = this.update(
      this.parameters,
      ofParameters,
      np.array(lookup, { shape: [this.shape.vocabularySize, width] }),
      this.state,
      {
        matrixRate: np.array(rates.matrix),
        adamRate: np.array(rates.adam),
        firstCorrection: np.array(corrections.first),
        secondCorrection: np.array(corrections.second),
      },
    )
    this.parameters = result.parameters
    this.state = result.state as typeof this.state
    this.embedding = new Float32Array((await (this.parameters.embedding as JaxArray).ref.data()) as Float32Array)
    const gradientNorm = (await result.norm.data())[0] as number
    return { loss, gradientNorm }
  }

  /** Copies everything out: parameters and optimiser state. */
  async tensors(): Promise<Tensors> {
    const out: Tensors = new Map()
    const copy = async (name: string, array: JaxArray) => {
      const values = new Float32Array((await array.ref.data()) as Float32Array)
      out.set(name, { dimensions: [...array.shape], values })
    }
    for (const spec of parameterSpecs(this.shape)) await copy(spec.name, this.parameters[spec.name] as JaxArray)
    for (const { name } of optimiserLayout(this.shape)) {
      const dot = name.indexOf('.')
      const kind = name.slice(0, dot) as 'momentum' | 'first' | 'second'
      await copy(name, this.state[kind][name.slice(dot + 1)] as JaxArray)
    }
    return out
  }
}

function referenced(arrays: Parameters): Parameters {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.ref]))
}

/** Logits of one token sequence by the training code: the reference of the export parity gate. `[length * vocabularySize]`. */
export async function referenceLogits(
  shape: ModelShape,
  tensors: Tensors,
  tokens: readonly number[],
): Promise<Float32Array> {
  await initialise()
  const parameters: Parameters = {}
  for (const spec of parameterSpecs(shape)) {
    const tensor = tensors.get(spec.name)
    if (!tensor) throw new KoinonError({ code: 'model/missing-parameter', message: `checkpoint lacks ${spec.name}` })
    parameters[spec.name] = np.array(new Float32Array(tensor.values), { shape: [...tensor.dimensions] })
  }
  const table = tensors.get('embedding')?.values as Float32Array
  const embedded = new Float32Array(tokens.length * shape.width)
  tokens.forEach((token, position) => {
    embedded.set(table.subarray(token * shape.width, (token + 1) * shape.width), position * shape.width)
  })
  const logits = forward(np.array(embedded, { shape: [1, tokens.length, shape.width] }), parameters, shape)
  const values = new Float32Array((await logits.data()) as Float32Array)
  for (const array of Object.values(parameters)) array.dispose()
  return values
}
