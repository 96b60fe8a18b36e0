/** A subnet file small enough for tests: to double a number. Numbers below 0 are cheats; 404 breaks the scorer, 408 never lets it end. */
import type { SandboxFile } from '../verifier/sandbox/sandbox-process.ts'

export const doubleFile: SandboxFile = {
  fileName: 'double.ts',
  source: `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

export const double = defineSubnet({
  name: 'double',
  version: 1,
  tasks: 3,
  scoreTimeoutMs: 200,
  task: z.object({ number: z.int() }),
  response: z.object({ twice: z.int() }),
  sample: (random) => ({ number: 1 + random.below(1_000) }),
  serve({ number }) {
    return { twice: 2 * number }
  },
  verify: (_task, { twice }) => twice >= 0 || 'It is below zero.',
  score({ number }, { twice }) {
    if (twice === 404) throw new Error('broken')
    while (twice === 408) {}
    const isRight = twice === 2 * number
    return { scorePpm: isRight ? 1_000_000 : 0, reasons: [isRight ? 'It is twice the number.' : 'It is not.'] }
  },
})
`,
}

/** The same with the longest limit a file may have: for tests whose scores must not hang on how busy the machine is. */
export const patientDoubleFile: SandboxFile = {
  ...doubleFile,
  source: doubleFile.source.replace('scoreTimeoutMs: 200', 'scoreTimeoutMs: 60_000'),
}
