/**
 * How fast the attack league plays: epochs a second of CPU time of a dense world, by aggregator, honest play; each figure is the best of
 * the rounds. Prints one line of JSON.
 *
 *     node bench/sim.ts [--validators 64] [--miners 192] [--epochs 60] [--rounds 3]
 */
import { parseArgs } from 'node:util'
import { usualAggregators } from '../packages/subnets/src/attack-league/aggregators.ts'
import { playWorld } from '../packages/subnets/src/attack-league/play.ts'
import { defaultWorld } from '../packages/subnets/src/attack-league/settings.ts'

const { values } = parseArgs({
  options: {
    validators: { type: 'string', default: '64' },
    miners: { type: 'string', default: '192' },
    epochs: { type: 'string', default: '60' },
    rounds: { type: 'string', default: '3' },
  },
})
const [validators, miners, epochs, rounds] = [values.validators, values.miners, values.epochs, values.rounds].map(
  Number,
) as [number, number, number, number]
const world = { ...defaultWorld, validators, miners, epochs }

const epochsPerCpuSecond: Record<string, number> = {}
for (const aggregator of usualAggregators) {
  const cpuMs = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage()
    playWorld(world, aggregator, {})
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  epochsPerCpuSecond[aggregator.name] = Math.round((10 * epochs * 1000) / Math.min(...cpuMs)) / 10
  process.stderr.write(`${aggregator.title}: ${epochsPerCpuSecond[aggregator.name]} epochs a second\n`)
}
process.stdout.write(
  `${JSON.stringify({ bench: 'sim', settings: { validators, miners, epochs, rounds }, epochsPerCpuSecond })}\n`,
)
