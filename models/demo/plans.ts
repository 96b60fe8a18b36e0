import type { RunPlan } from './recipe/run.ts'
import { ciShape, releaseShape } from './recipe/shape.ts'

const rates = { matrixRate: 0.02, adamRate: 0.004, warmUpSteps: 30, finalRate: 0.02 }

/** The release run: 15 to 25 minutes of one core. Rows are short at first, which is cheaper,
 * and longer at the end, for conversations of several turns. */
export const releasePlan: RunPlan = {
  shape: releaseShape,
  seed: 1,
  phases: [
    { steps: 50, rows: 16, length: 64, cutShare: 0.2 },
    { steps: 250, rows: 8, length: 64, cutShare: 0.2 },
    { steps: 800, rows: 16, length: 64, cutShare: 0.8 },
    { steps: 300, rows: 8, length: 128, cutShare: 0.15 },
    { steps: 600, rows: 16, length: 64, cutShare: 0.6 },
    { steps: 500, rows: 8, length: 128, cutShare: 0.2 },
    { steps: 150, rows: 4, length: 256, cutShare: 0 },
  ],
  decaySteps: 1000,
  ...rates,
}

/** Half a minute on one core: enough to see the loss fall, far too little to answer. */
export const ciPlan: RunPlan = {
  shape: ciShape,
  seed: 1,
  phases: [{ steps: 60, rows: 8, length: 64, cutShare: 0.2 }],
  decaySteps: 20,
  ...rates,
}
