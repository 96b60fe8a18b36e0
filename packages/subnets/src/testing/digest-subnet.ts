/** A whole subnet small enough for tests: the work is the SHA-256 of a text, and a cheat answers with something else. */
import { type Hex, sha256Hex } from '@koinon/base'
import { checkThat } from '@koinon/work'
import { z } from 'zod'
import { failedCheckNames, maximumScorePpm, subnetFromDefinition } from '../rules/index.ts'

const evidence = z.object({ text: z.string(), digest: z.string() })
export type DigestEvidence = z.infer<typeof evidence>

export const digestSource = sha256Hex('digest subnet')

/** Stands for the receipt's hash: names the evidence and nothing else. */
export function digestReceiptHash(work: DigestEvidence): Hex {
  return sha256Hex(JSON.stringify([work.text, work.digest]))
}

export const digestSubnet = subnetFromDefinition({
  name: 'digest',
  version: 1,
  parameters: { samples: 4 },
  task: z.object({ text: z.string() }),
  response: evidence,
  sample: (random, { committedCount }) => random.sample(committedCount, 4),
  probe: (random, { epoch }) => ({ text: `probe ${epoch} ${Buffer.from(random(4)).toString('hex')}` }),
  async verify(work, { receiptHash }, _ports: { readonly none: true }) {
    return {
      checks: [
        checkThat('receipt', digestReceiptHash(work) === receiptHash, 'the evidence belongs to the committed hash'),
        checkThat('digest', sha256Hex(work.text) === work.digest, `digest of "${work.text}"`),
      ],
      facts: { length: work.text.length },
    }
  },
  score(miner) {
    const failed = failedCheckNames(miner)
    if (failed.length > 0) return { scorePpm: 0, reasons: [`The check "${failed[0]}" failed.`] }
    if (miner.work.length === 0) return { scorePpm: 0, reasons: ['There was nothing to look at.'] }
    return { scorePpm: maximumScorePpm, reasons: [`${miner.work.length} pieces of work were right.`] }
  },
  combine: 'latest',
  aggregatorName: 'stakeMedian',
  weights: 'linear',
})

export const digestSpecHash = digestSubnet.specHash(digestSource)
