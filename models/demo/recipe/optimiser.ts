import { type Array as JaxArray, numpy as np } from '@jax-js/jax'
import type { Parameters } from './forward.ts'
import { type ModelShape, type ParameterSpec, parameterSpecs } from './shape.ts'

/** Matrices of one shape, orthogonalised together in one batched multiplication; tall ones enter transposed. */
type MatrixGroup = {
  readonly name: string
  readonly members: readonly string[]
  readonly transposed: boolean
  readonly rows: number
  readonly columns: number
}

/** Groups the block matrices of a model so that every member has `rows <= columns`. */
export function matrixGroups(shape: ModelShape): MatrixGroup[] {
  const groups = new Map<string, { members: string[]; transposed: boolean; rows: number; columns: number }>()
  for (const spec of parameterSpecs(shape)) {
    if (spec.kind !== 'matrix') continue
    const [inputs, outputs] = spec.dimensions as [number, number]
    const transposed = inputs > outputs
    const [rows, columns] = transposed ? [outputs, inputs] : [inputs, outputs]
    const name = `${rows}x${columns}${transposed ? 't' : ''}`
    const group = groups.get(name) ?? { members: [], transposed, rows, columns }
    group.members.push(spec.name)
    groups.set(name, group)
  }
  return [...groups].map(([name, group]) => ({ name, ...group }))
}

/** State of the optimiser: momentum of the matrix groups, first and second moments of the rest. */
export type OptimiserState = {
  readonly momentum: Record<string, JaxArray>
  readonly first: Record<string, JaxArray>
  readonly second: Record<string, JaxArray>
}

/** Zeroed state by name, as plain arrays with their dimensions: `momentum.<group>`, `first.<name>`, `second.<name>`. */
export function optimiserLayout(shape: ModelShape): { name: string; dimensions: number[] }[] {
  const others = parameterSpecs(shape).filter((spec) => spec.kind !== 'matrix')
  const moment = (kind: string) => (spec: ParameterSpec) => ({
    name: `${kind}.${spec.name}`,
    dimensions: [...spec.dimensions],
  })
  return [
    ...matrixGroups(shape).map((group) => ({
      name: `momentum.${group.name}`,
      dimensions: [group.members.length, group.rows, group.columns],
    })),
    ...others.map(moment('first')),
    ...others.map(moment('second')),
  ]
}

/** Scalars of one step, handed in as arrays so that the compiled step is reused. */
export type StepScalars = {
  readonly matrixRate: JaxArray
  readonly adamRate: JaxArray
  /** `1 / (1 - beta1^step)`. */
  readonly firstCorrection: JaxArray
  /** `1 / (1 - beta2^step)`. */
  readonly secondCorrection: JaxArray
}

const momentumDecay = 0.95
const beta1 = 0.9
const beta2 = 0.99
const weightDecay = 0.02
const clipNorm = 1
const adamEpsilon = 1e-8

/** Coefficients of four odd polynomials `a x + b x^3 + c x^5` that drive singular values towards 1 (Polar Express, 2505.16932). */
const polarSteps: readonly (readonly [number, number, number])[] = [
  [8.28721201814563, -23.595886519098837, 17.300387312530933],
  [4.107059111542203, -2.9478499167379106, 0.5448431082926601],
  [3.9486908534822946, -2.908902115962949, 0.5518191394370137],
  [3.3184196573706015, -2.488488024314874, 0.51004894012372],
]

/**
 * Replaces each matrix of a batch by its nearest (semi-)orthogonal one, roughly. Wide matrices iterate on their small
 * Gram matrix and multiply the wide one only once.
 */
function orthogonalise(batch: JaxArray): JaxArray {
  const [, rows, columns] = batch.shape as [number, number, number]
  const norm = np.sqrt(np.sum(np.square(batch.ref), [1, 2], { keepdims: true }))
  const x = batch.div(norm.mul(1.01).add(1e-7))
  return rows < columns ? orthogonaliseWide(x, rows) : orthogonaliseSquare(x, rows)
}

function polynomial(gram: JaxArray, rows: number, [a, b, c]: readonly [number, number, number]): JaxArray {
  const square = np.matmul(gram.ref, gram.ref)
  return np.eye(rows).mul(a).add(gram.mul(b)).add(square.mul(c))
}

function orthogonaliseSquare(start: JaxArray, rows: number): JaxArray {
  let x = start
  for (const coefficients of polarSteps) {
    const gram = np.matmul(x.ref, x.ref.transpose([0, 2, 1]))
    x = np.matmul(polynomial(gram, rows, coefficients), x)
  }
  return x
}

function orthogonaliseWide(start: JaxArray, rows: number): JaxArray {
  let gram = np.matmul(start.ref, start.ref.transpose([0, 2, 1]))
  let product: JaxArray | undefined
  polarSteps.forEach((coefficients, index) => {
    const step = polynomial(gram.ref, rows, coefficients)
    product = product ? np.matmul(step.ref, product) : step.ref
    if (index + 1 < polarSteps.length) gram = np.matmul(step.ref, np.matmul(step, gram))
    else {
      step.dispose()
      gram.dispose()
    }
  })
  return np.matmul(product as JaxArray, start)
}

/**
 * One update: Muon on block matrices, AdamW on embedding and norms, gradient clipped to norm 1.
 * Meant to be compiled once; every array given is consumed.
 *
 * @returns New parameters, new state and the gradient norm before clipping.
 */
export function updateStep(
  shape: ModelShape,
  parameters: Parameters,
  gradients: Parameters,
  state: OptimiserState,
  scalars: StepScalars,
): { parameters: Parameters; state: OptimiserState; norm: JaxArray } {
  const specs = parameterSpecs(shape)
  const of = (arrays: Parameters, name: string) => arrays[name] as JaxArray
  let squares: JaxArray = np.array(0)
  for (const spec of specs) squares = squares.add(np.sum(np.square(of(gradients, spec.name).ref)))
  const norm = np.sqrt(squares)
  const clip = np.minimum(np.array(clipNorm).div(norm.ref.add(1e-6)), 1)

  const nextParameters: Parameters = {}
  const next = { momentum: {} as Parameters, first: {} as Parameters, second: {} as Parameters }
  for (const group of matrixGroups(shape)) {
    const stacked = np
      .stack(
        group.members.map((name) => {
          const gradient = of(gradients, name)
          return group.transposed ? gradient.transpose([1, 0]) : gradient
        }),
      )
      .mul(clip.ref)
    const momentum = of(state.momentum, group.name).mul(momentumDecay).add(stacked.ref)
    const update = orthogonalise(stacked.add(momentum.ref.mul(momentumDecay)))
    next.momentum[group.name] = momentum
    // Muon's shape factor: sqrt(max(1, outputs / inputs)).
    const [inputs, outputs] = group.transposed ? [group.columns, group.rows] : [group.rows, group.columns]
    const factor = Math.sqrt(Math.max(1, outputs / inputs))
    group.members.forEach((name, index) => {
      const slice = update.ref.slice(index)
      const own = group.transposed ? slice.transpose([1, 0]) : slice
      const kept = of(parameters, name).mul(np.array(1).sub(scalars.matrixRate.ref.mul(weightDecay)))
      nextParameters[name] = kept.sub(own.mul(scalars.matrixRate.ref.mul(factor)))
    })
    update.dispose()
  }
  for (const spec of specs) {
    if (spec.kind === 'matrix') continue
    const gradient = of(gradients, spec.name).mul(clip.ref)
    const first = of(state.first, spec.name)
      .mul(beta1)
      .add(gradient.ref.mul(1 - beta1))
    const second = of(state.second, spec.name)
      .mul(beta2)
      .add(np.square(gradient).mul(1 - beta2))
    next.first[spec.name] = first
    next.second[spec.name] = second
    const direction = first.ref
      .mul(scalars.firstCorrection.ref)
      .div(np.sqrt(second.ref.mul(scalars.secondCorrection.ref)).add(adamEpsilon))
    const kept = of(parameters, spec.name).mul(np.array(1).sub(scalars.adamRate.ref.mul(weightDecay)))
    nextParameters[spec.name] = kept.sub(direction.mul(scalars.adamRate.ref))
  }
  clip.dispose()
  for (const scalar of Object.values(scalars)) scalar.dispose()
  return { parameters: nextParameters, state: next, norm }
}

/** Bias corrections of Adam at a step counted from 1. */
export function adamCorrections(step: number): { first: number; second: number } {
  return { first: 1 / (1 - beta1 ** step), second: 1 / (1 - beta2 ** step) }
}
