import type { Mix } from './data/corpus.ts'
import type { RunPlan } from './recipe/run.ts'
import { ciShape, releaseShape } from './recipe/shape.ts'

const rates = { matrixRate: 0.02, adamRate: 0.004, finalRate: 0.02 }

/** Definitions are learned soonest; what stays hard is which how-to question wants which answer, and what is unknown. */
const middleMix: Mix = { term: 0.34, howto: 0.36, contrast: 0.04, talk: 0.06, unknown: 0.2, invented: 0.12 }
const lateMix: Mix = { term: 0.31, howto: 0.37, contrast: 0.03, talk: 0.07, unknown: 0.22, invented: 0.13 }
const lastMix: Mix = { term: 0.26, howto: 0.45, contrast: 0.03, talk: 0.06, unknown: 0.2, invented: 0.12 }
const honestMix: Mix = { term: 0.26, howto: 0.37, contrast: 0.04, talk: 0.06, unknown: 0.27, invented: 0.16 }

/**
 * The release run: about eighty minutes of one core. Rows of 32 tokens hold one or two questions with the beginnings of their
 * answers, which is where a question finds its answer; long rows at the end of a cycle are for conversations of several turns.
 */
export const releasePlan: RunPlan = {
  shape: releaseShape,
  seed: 1,
  cycles: [
    {
      phases: [
        { steps: 50, rows: 16, length: 64, cutShare: 0.2 },
        { steps: 250, rows: 8, length: 64, cutShare: 0.2 },
        { steps: 700, rows: 16, length: 64, cutShare: 0.8 },
        { steps: 250, rows: 8, length: 128, cutShare: 0.15 },
        { steps: 500, rows: 32, length: 32, cutShare: 0.8, mix: middleMix },
        { steps: 500, rows: 16, length: 64, cutShare: 0.6, mix: middleMix },
        { steps: 400, rows: 8, length: 128, cutShare: 0.2, mix: middleMix },
        { steps: 100, rows: 4, length: 256, cutShare: 0 },
      ],
      peak: 1,
      warmUpSteps: 30,
      decaySteps: 1400,
    },
    {
      phases: [
        { steps: 400, rows: 32, length: 32, cutShare: 0.7, mix: lateMix, questionWeight: 0 },
        { steps: 400, rows: 16, length: 64, cutShare: 0.6, mix: lateMix, questionWeight: 0 },
        { steps: 200, rows: 8, length: 128, cutShare: 0.15, mix: lateMix, questionWeight: 0 },
        { steps: 50, rows: 4, length: 256, cutShare: 0, questionWeight: 0 },
      ],
      peak: 0.75,
      warmUpSteps: 20,
      decaySteps: 950,
    },
    {
      phases: [
        { steps: 700, rows: 32, length: 32, cutShare: 0.75, mix: lateMix, questionWeight: 0 },
        { steps: 550, rows: 16, length: 64, cutShare: 0.7, mix: lateMix, questionWeight: 0 },
        { steps: 150, rows: 8, length: 128, cutShare: 0.15, mix: lateMix, questionWeight: 0 },
        { steps: 50, rows: 4, length: 256, cutShare: 0, questionWeight: 0 },
      ],
      peak: 0.9,
      warmUpSteps: 20,
      decaySteps: 1250,
    },
    {
      phases: [
        { steps: 450, rows: 32, length: 32, cutShare: 0.75, mix: lastMix, questionWeight: 0 },
        { steps: 150, rows: 16, length: 64, cutShare: 0.7, mix: lastMix, questionWeight: 0 },
        { steps: 60, rows: 8, length: 128, cutShare: 0.15, mix: lastMix, questionWeight: 0 },
        { steps: 20, rows: 4, length: 256, cutShare: 0, questionWeight: 0 },
      ],
      peak: 0.6,
      warmUpSteps: 20,
      decaySteps: 620,
    },
    {
      phases: [
        { steps: 550, rows: 32, length: 32, cutShare: 0.75, mix: lastMix, questionWeight: 0 },
        { steps: 200, rows: 16, length: 64, cutShare: 0.7, mix: lastMix, questionWeight: 0 },
        { steps: 80, rows: 8, length: 128, cutShare: 0.15, mix: lastMix, questionWeight: 0 },
        { steps: 20, rows: 4, length: 256, cutShare: 0, questionWeight: 0 },
      ],
      peak: 0.6,
      warmUpSteps: 20,
      decaySteps: 780,
    },
    {
      phases: [
        { steps: 350, rows: 32, length: 32, cutShare: 0.75, mix: honestMix, questionWeight: 0 },
        { steps: 120, rows: 16, length: 64, cutShare: 0.7, mix: honestMix, questionWeight: 0 },
        { steps: 50, rows: 8, length: 128, cutShare: 0.15, mix: honestMix, questionWeight: 0 },
        { steps: 20, rows: 4, length: 256, cutShare: 0, questionWeight: 0 },
      ],
      peak: 0.5,
      warmUpSteps: 20,
      decaySteps: 480,
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
