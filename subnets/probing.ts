/**
 * Compute probing: how much sequential work a machine gets done. Each miner has a chain of hashes of its own to walk, shows a checkpoint
 * every `stride` steps, and validators walk a few of the stretches again; nobody knows beforehand which.
 */
import { defineSubnet, sha256, utf8ToBytes } from '@koinon/subnets/file'
import { z } from 'zod'

/** Steps between checkpoints, most checkpoints, stretches that are walked again. Raise the first two for machines of today. */
const stride = 32
const mostCheckpoints = 48
const walkedAgain = 4

const checkpoint = z.string().regex(/^[0-9a-f]{64}$/)

export const probing = defineSubnet({
  name: 'probing',
  version: 1,
  tasks: 4,
  task: z.object({ seed: z.string() }),
  response: z.object({ checkpoints: z.array(checkpoint).min(1).max(mostCheckpoints) }),

  sample: (random) => ({ seed: random.nextUint64().toString(16) }),

  serve({ seed }, { hotkey }) {
    let state = startOf(seed, hotkey)
    const checkpoints = Array.from({ length: mostCheckpoints }, () => {
      state = walk(state)
      return toHex(state)
    })
    return { checkpoints }
  },

  verify({ seed }, { checkpoints }, { hotkey, random }) {
    // The first one binds the chain to its miner and epoch.
    for (const index of new Set([0, ...random.sample(checkpoints.length, walkedAgain)])) {
      const before = index === 0 ? startOf(seed, hotkey) : fromHex(checkpoints[index - 1] ?? '')
      if (toHex(walk(before)) !== checkpoints[index]) return `Stretch ${index} does not lead to its checkpoint.`
    }
    return true
  },

  score: (_, { checkpoints }) => ({
    scorePpm: Math.floor((checkpoints.length * 1_000_000) / mostCheckpoints),
    reasons: [`${checkpoints.length * stride} steps in a row.`],
  }),
})

/** Chains start apart, so that no work serves two miners. */
function startOf(seed: string, hotkey: string): Uint8Array {
  return sha256(utf8ToBytes(`${seed} ${hotkey}`))
}

function walk(from: Uint8Array): Uint8Array {
  let state = from
  for (let step = 0; step < stride; step++) state = sha256(state)
  return state
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number.parseInt(text.slice(2 * index, 2 * index + 2), 16))
}
