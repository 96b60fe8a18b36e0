/**
 * What settling an epoch costs (specs/0011-yuma.md): one dense one of 64 validators and 256 seats, and 128 subnets in a row, in CPU time of
 * this process; beside the same rules in bigints and in plain Python, on the same input and with the same bits, and beside the package
 * yuma-simulation, in 32-bit floats, where a Python has it and torch: installed, or as a folder of its source. One JSON line.
 *
 *     node bench/epoch.ts [--validators 64] [--seats 256] [--subnets 128] [--python python3] [--yuma-simulation FOLDER]
 */
import { spawnSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { aggregators } from '../packages/subnets/src/rules/aggregators/index.ts'
import { wholeQ32 } from '../packages/subnets/src/rules/fixed/q32.ts'
import { runYumaEpoch, type UidRow, type YumaSubnet } from '../packages/subnets/src/rules/yuma/epoch.ts'
import { yuma3Defaults } from '../packages/subnets/src/rules/yuma/parameters.ts'
import { oracleEpoch } from '../packages/subnets/src/testing/yuma-oracle.ts'

const { values } = parseArgs({
  options: {
    validators: { type: 'string', default: '64' },
    seats: { type: 'string', default: '256' },
    subnets: { type: 'string', default: '128' },
    python: { type: 'string', default: 'python3' },
    'yuma-simulation': { type: 'string' },
  },
})
const validators = Number(values.validators)
const seats = Number(values.seats)
const subnets = Number(values.subnets)

const worlds = Array.from({ length: subnets }, (_, index) => denseSubnet(index))
const [first] = worlds as [YumaSubnet]
// Warm: what runs all day is compiled.
for (let round = 0; round < 5; round++) runYumaEpoch(first, yuma3Defaults)

const one = cpuMs(20, () => runYumaEpoch(first, yuma3Defaults))
const all = cpuMs(1, () => worlds.map((world) => runYumaEpoch(world, yuma3Defaults)))
const oracle = cpuMs(3, () => oracleEpoch(first, yuma3Defaults))
const python = pythonEpoch<PythonEpoch>('epoch_peer.py', [], first, 3)
// It knows no penalty for what is above the consensus, so both go without.
const unpunished = { ...yuma3Defaults, bondsPenaltyU16: 0 }
const own = cpuMs(20, () => runYumaEpoch(first, unpunished))
const folder = values['yuma-simulation'] === undefined ? [] : [resolve(values['yuma-simulation'])]
const simulation = pythonEpoch<SimulationEpoch>('epoch_yuma_simulation.py', folder, first, 20)
const inputs = worlds.map(aggregatorInput)
const byAggregator = Object.fromEntries(
  Object.entries(aggregators)
    .filter(([name]) => name === 'stakeMedian' || name.startsWith('yuma'))
    .map(([name, { aggregate }]) => {
      const { carry } = aggregate(inputs[0] as (typeof inputs)[0])
      const measured = cpuMs(1, () => inputs.slice(0, 16).map((input) => aggregate({ ...input, carried: carry })))
      return [name, round(measured.ms / 16)]
    }),
)

const bits = JSON.stringify([...one.result.incentive, ...one.result.dividends])
const isSame =
  bits === JSON.stringify([...oracle.result.incentive, ...oracle.result.dividends].map(Number)) &&
  (python === undefined || bits === JSON.stringify([...python.incentive, ...padded(python.dividends)]))
const report = {
  bench: 'epoch',
  validators,
  seats,
  subnets,
  isSame,
  epochCpuMs: round(one.ms),
  allSubnetsCpuMs: round(all.ms),
  /** From rows and carried bonds to shares and new bonds, as validators settle it. */
  aggregatorCpuMs: byAggregator,
  oracleCpuMs: round(oracle.ms),
  pythonCpuMs: python === undefined ? null : round(python.cpuMs),
  python: python?.version ?? null,
  yumaSimulation:
    simulation === undefined
      ? 'left out: no Python with torch and yuma-simulation'
      : {
          version: simulation.version,
          torch: simulation.torch,
          cpuMs: round(simulation.cpuMs),
          engineCpuMs: round(own.ms),
          largestDifference: {
            incentive: largestDifference(own.result.incentive, simulation.incentive),
            dividends: largestDifference(own.result.dividends, simulation.dividends),
          },
        },
  ratios: {
    oracleOverEngine: round(oracle.ms / one.ms),
    pythonOverEngine: python === undefined ? null : round(python.cpuMs / one.ms),
    yumaSimulationOverEngine: simulation === undefined ? null : round(simulation.cpuMs / own.ms),
  },
  load: round(loadavg()[0] as number),
}
process.stdout.write(`${JSON.stringify(report)}\n`)
if (!isSame) process.exitCode = 1

/** The first uids are the validators; every one weighs all seats but its own, and has bonds to all. */
function denseSubnet(seed: number): YumaSubnet {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const rows = (least: number): UidRow[] =>
    Array.from({ length: seats }, (_, uid): UidRow => {
      const others = Array.from({ length: seats }, (_, seat) => seat).filter((seat) => seat !== uid)
      return uid < validators ? others.map((seat) => [seat, least + next(65_536 - least)]) : []
    })
  return {
    stakes: Array.from({ length: seats }, (_, uid) => (uid < validators ? BigInt(1 + next(1_000_000)) : 0n)),
    permits: Array.from({ length: seats }, (_, uid) => uid < validators),
    weights: rows(1),
    bonds: rows(0),
    maximumValidators: validators,
    emission: 1_000_000_000n,
  }
}

function aggregatorInput({ stakes, weights }: YumaSubnet) {
  const hotkeys = stakes.map((_, uid) => `0x${(uid + 1).toString(16).padStart(40, '0')}` as const)
  return {
    uids: stakes.map((_, uid) => uid),
    hotkeys,
    carried: '0x' as const,
    validators: stakes.slice(0, validators).map((stake, uid) => ({
      hotkey: hotkeys[uid] as `0x${string}`,
      uid,
      stake,
      row: (weights[uid] as UidRow).map(([seat, weight]) => ({ uid: seat, weight })),
    })),
  }
}

type PythonEpoch = { incentive: number[]; dividends: number[]; cpuMs: number; version: string }
type SimulationEpoch = PythonEpoch & { torch: string }

/** None where that Python cannot run it. */
function pythonEpoch<epoch extends PythonEpoch>(
  script: string,
  more: readonly string[],
  subnet: YumaSubnet,
  repeats: number,
): epoch | undefined {
  const dense = (rows: readonly UidRow[], missing: number | null): (number | null)[][] =>
    rows.slice(0, validators).map((row) => {
      const values = Array.from({ length: seats }, () => missing)
      for (const [seat, value] of row) values[seat] = value
      return values
    })
  const { kappaU16, bondsMovingAveragePpm } = yuma3Defaults
  const stakes = subnet.stakes.slice(0, validators).map(Number)
  const input = {
    stakes,
    weights: dense(subnet.weights, null),
    bonds: dense(subnet.bonds, 0),
    kappaU16,
    bondsMovingAveragePpm,
    repeats,
  }
  const { status, stdout, stderr } = spawnSync(values.python, [join(import.meta.dirname, script), ...more], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    timeout: 300_000,
  })
  if (status === 0) return JSON.parse(stdout) as epoch
  process.stderr.write(`no figures of ${script}: ${stderr?.slice(-500) || `${values.python} cannot be started`}\n`)
  return undefined
}

/** Of shares up to 1; the peer has no more digits than 32-bit floats. */
function largestDifference(shares: Float64Array, theirs: readonly number[]): number {
  const differences = theirs.map((value, index) => Math.abs((shares[index] as number) / wholeQ32 - value))
  return Number(Math.max(...differences).toPrecision(2))
}

function padded(list: readonly number[]): readonly number[] {
  return Array.from({ length: seats }, (_, index) => list[index] ?? 0)
}

/** CPU of this process a repetition, the least of three rounds. */
function cpuMs<result>(repeats: number, work: () => result): { readonly result: result; readonly ms: number } {
  let least = Number.POSITIVE_INFINITY
  let result = work()
  for (let rounds = 0; rounds < 3; rounds++) {
    const before = process.cpuUsage()
    for (let index = 0; index < repeats; index++) result = work()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000 / repeats)
  }
  return { result, ms: least }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
