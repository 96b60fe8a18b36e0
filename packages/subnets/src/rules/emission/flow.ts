/** Emission policies `taoflow` and `netFlow`: what people move in, less in the second what the protocol itself put in. */
import { KoinonError } from '@koinon/base'
import { divQ64, integerRoot, mulQ64, oneQ64 } from '../fixed/q64.ts'
import { definePolicy, type EmissionPolicy, type SubnetSignals } from './policy.ts'

/** `cutoff`: flow that counts as nothing. The power is `powerHalves` / 2, from 1/2 to 8. */
export type FlowParameters = { readonly cutoff: bigint; readonly powerHalves: number }

const defaults: FlowParameters = { cutoff: 0n, powerHalves: 2 }

/** Share by (S - L)^p with S = average user flow, L = max(cutoff, min(least S, 0)) (opentensor/subtensor, November 2025). */
export function taoflow(parameters: FlowParameters = defaults): EmissionPolicy {
  return flowPolicy('taoflow', 'S = user', parameters, (subnets) => subnets.map(({ userFlowEma }) => userFlowEma))
}

/** As `taoflow` with S = user flow less protocol cost, the cost scaled down to what users brought (RaoFoundation/subtensor#2634). */
export function netFlow(parameters: FlowParameters = defaults): EmissionPolicy {
  return flowPolicy('netFlow', 'S = user - min(1, sum+ user / sum+ cost) * cost+ - cost-', parameters, netFlows)
}

function netFlows(subnets: readonly SubnetSignals[]): readonly bigint[] {
  const users = sumOfPositive(subnets.map(({ userFlowEma }) => userFlowEma))
  const costs = sumOfPositive(subnets.map(({ protocolCostEma }) => protocolCostEma))
  return subnets.map(({ userFlowEma, protocolCostEma: cost }) => {
    // What the protocol took out (a negative cost) is never scaled.
    const scaled = cost > 0n && users < costs ? (cost * users) / costs : cost
    return userFlowEma - scaled
  })
}

function flowPolicy(
  name: string,
  rule: string,
  { cutoff, powerHalves }: FlowParameters,
  flowsOf: (subnets: readonly SubnetSignals[]) => readonly bigint[],
): EmissionPolicy {
  if (!Number.isInteger(powerHalves) || powerHalves < 1 || powerHalves > 16) {
    throw new KoinonError({ code: 'subnets/out-of-range', message: 'The power of flows is 1/2 to 8 in halves' })
  }
  return definePolicy(
    name,
    1,
    `${rule}, L = max(${cutoff}, min(least S, 0)), (S - L)^(${powerHalves}/2), Q64 floor, rest to the first of the largest`,
    (subnets) => powersOf(aboveCutoff(flowsOf(subnets), cutoff), powerHalves),
  )
}

function aboveCutoff(flows: readonly bigint[], cutoff: bigint): readonly bigint[] {
  const least = flows.reduce((low, flow) => (flow < low ? flow : low), 0n)
  const floor = least > cutoff ? least : cutoff
  return flows.map((flow) => (flow > floor ? flow - floor : 0n))
}

/** x^(halves / 2) of x = value / largest in Q64: x * x * ... rounded down each time, then one square root for an odd number of halves. */
function powersOf(values: readonly bigint[], halves: number): readonly bigint[] {
  const largest = values.reduce((best, value) => (value > best ? value : best), 0n)
  if (largest === 0n || halves === 2) return values
  const odd = halves % 2 === 1
  return values.map((value) => {
    const x = divQ64(value, largest)
    let power = x
    for (let step = 1; step < (odd ? halves : halves / 2); step++) power = mulQ64(power, x)
    return odd ? integerRoot(power * oneQ64, 2n) : power
  })
}

function sumOfPositive(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => (value > 0n ? sum + value : sum), 0n)
}
