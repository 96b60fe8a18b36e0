/** Size of a llama-architecture decoder. Widths are in elements; `heads * headWidth` equals `width`. */
export type ModelShape = {
  readonly vocabularySize: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly hiddenWidth: number
  /** Positions seen in training. */
  readonly trainedContext: number
  /** Positions declared to engines. */
  readonly declaredContext: number
  readonly ropeBase: number
  readonly normEpsilon: number
}

/** The released model: 1.05 M parameters. */
export const releaseShape: ModelShape = {
  vocabularySize: 1536,
  width: 128,
  layers: 4,
  heads: 4,
  hiddenWidth: 384,
  trainedContext: 128,
  declaredContext: 512,
  ropeBase: 10_000,
  normEpsilon: 1e-5,
}

/** A model small enough to test the mechanics within a minute; its answers are worthless. */
export const ciShape: ModelShape = {
  ...releaseShape,
  vocabularySize: 640,
  width: 64,
  layers: 2,
  heads: 2,
  hiddenWidth: 128,
  trainedContext: 64,
}

/** Name, row-major dimensions and kind of one parameter; matrices map inputs (rows) to outputs (columns). */
export type ParameterSpec = {
  readonly name: string
  readonly dimensions: readonly number[]
  readonly kind: 'embedding' | 'matrix' | 'norm'
}

/** Every parameter of a model, in the one order used by checkpoints, optimiser and export. */
export function parameterSpecs(shape: ModelShape): ParameterSpec[] {
  const { width, hiddenWidth } = shape
  const matrix = (name: string, rows: number, columns: number): ParameterSpec => ({
    name,
    dimensions: [rows, columns],
    kind: 'matrix',
  })
  const norm = (name: string): ParameterSpec => ({ name, dimensions: [width], kind: 'norm' })
  const specs: ParameterSpec[] = [{ name: 'embedding', dimensions: [shape.vocabularySize, width], kind: 'embedding' }]
  for (let layer = 0; layer < shape.layers; layer++) {
    specs.push(
      norm(`${layer}.attentionNorm`),
      matrix(`${layer}.query`, width, width),
      matrix(`${layer}.key`, width, width),
      matrix(`${layer}.value`, width, width),
      matrix(`${layer}.output`, width, width),
      norm(`${layer}.feedForwardNorm`),
      matrix(`${layer}.gate`, width, hiddenWidth),
      matrix(`${layer}.up`, width, hiddenWidth),
      matrix(`${layer}.down`, hiddenWidth, width),
    )
  }
  specs.push(norm('finalNorm'))
  return specs
}

/** Number of elements of a parameter. */
export function elementCount(spec: ParameterSpec): number {
  return spec.dimensions.reduce((product, dimension) => product * dimension, 1)
}

/** Number of trainable elements of a model. */
export function parameterCount(shape: ModelShape): number {
  return parameterSpecs(shape).reduce((sum, spec) => sum + elementCount(spec), 0)
}
