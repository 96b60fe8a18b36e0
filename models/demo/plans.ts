import type { Mix } from './data/corpus.ts'
import type { RunPlan } from './recipe/run.ts'
import { ciShape, releaseShape } from './recipe/shape.ts'

const rates = { matrixRate: 0.02, adamRate: 0.004, finalRate: 0.02 }

/** Definitions are learned soonest; the second cycle turns to what is harder. */
const secondMix: Mix = { term: 0.27, howto: 0.4, contrast: 0.02, talk: 0.06, unknown: 0.25, invented: 0.15 }

/** What is left after that: mostly wordings of how-to questions, and topics that are unknown. */
const thirdMix: Mix = { term: 0.3, howto: 0.38, contrast: 0.03, talk: 0.07, unknown: 0.22, invented: 0.15 }

/**
 * The release run: about 35 minutes of one core. Rows are short at first, which is cheaper, and longer at the end of a
 * cycle, for conversations of several turns.
 */
export const releasePlan: RunPlan = {
  shape: releaseShape,
  seed: 1,
  cycles: [
    {
      phases: [
        { steps: 50, rows: 16, length: 64, cutShare: 0.2 },
        { steps: 250, rows: 8, length: 64, cutShare: 0.2 },
        { steps: 800, rows: 16, length: 64, cutShare: 0.8 },
        { steps: 300, rows: 8, length: 128, cutShare: 0.15 },
        { steps: 600, rows: 16, length: 64, cutShare: 0.6 },
        { steps: 500, rows: 8, length: 128, cutShare: 0.2 },
        { steps: 150, rows: 4, length: 256, cutShare: 0 },
      ],
      peak: 1,
      warmUpSteps: 30,
      decaySteps: 1000,
    },
    {
      phases: [
        { steps: 300, rows: 16, length: 64, cutShare: 0.6, mix: secondMix },
        { steps: 150, rows: 8, length: 128, cutShare: 0.15, mix: secondMix },
        { steps: 50, rows: 4, length: 256, cutShare: 0 },
      ],
      peak: 0.5,
      warmUpSteps: 20,
      decaySteps: 350,
    },
    {
      phases: [
        { steps: 600, rows: 16, length: 64, cutShare: 0.6, mix: thirdMix, questionWeight: 0 },
        { steps: 250, rows: 8, length: 128, cutShare: 0.15, mix: thirdMix, questionWeight: 0 },
        { steps: 50, rows: 4, length: 256, cutShare: 0, questionWeight: 0 },
      ],
      peak: 0.8,
      warmUpSteps: 20,
      decaySteps: 750,
    },
  ],
  ...rates,
}

/** Half a minute on one core: enough to see the loss fall, far too little to answer. */
export const ciPlan: RunPlan = {
  shape: ciShape,
  seed: 1,
  cycles: [{ phases: [{ steps: 60, rows: 8, length: 64, cutShare: 0.2 }], peak: 1, warmUpSteps: 30, decaySteps: 20 }],
  ...rates,
}
