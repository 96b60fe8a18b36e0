import type { ModelJson, NetworkJson } from '@koinon/work/dashboard'
import { count } from '../format/text.ts'

/** Models below this many parameters recite rather than reason. */
const smallModelParameters = 100_000_000

/** Who stands behind the question box, counted; says how many of them this gateway's own supervisor runs: it alone can know. */
export function crewSentence(network: NetworkJson | undefined): string {
  const online = network?.subnets.flatMap((subnet) => subnet.neurons).filter((neuron) => neuron.online) ?? []
  const miners = online.filter((neuron) => neuron.kind === 'miner').length
  const validators = online.length - miners
  if (network === undefined || miners === 0) return 'Answered by miners, checked by validators'
  const crew = `${count(miners, 'miner answers', 'miners answer')}, ${count(validators, 'validator checks', 'validators check')}`
  // Only what the supervisor runs has a name; anybody may claim a loopback address.
  const own = online.filter((neuron) => neuron.name !== undefined).length
  if (own === 0) return crew
  return own === online.length ? `${crew}, all on this machine` : `${crew}, ${own} of them on this machine`
}

/** A warning for networks that only serve small models; undefined where a larger one is served or sizes are not stated. */
export function smallModelSentence(models: readonly ModelJson[]): string | undefined {
  const sizes = models.map((model) => model.parameters)
  const largest = Math.max(...sizes.map((size) => (typeof size === 'number' ? size : 0)))
  if (sizes.length === 0 || sizes.some((size) => typeof size !== 'number' || size === 0)) return undefined
  if (largest >= smallModelParameters) return undefined
  const millions = count(Math.max(1, Math.round(largest / 1e6)), 'million', 'million')
  return `A demo model of ${millions} parameters answers here: it recites what it was taught about this network and its field, and marks an answer it is unsure of.`
}
