import type { NetworkJson } from '@koinon/work/dashboard'

/** True when every miner and validator answers on loopback: one machine plays all the parts. */
export function isOneMachine(network: NetworkJson): boolean {
  const neurons = network.subnets.flatMap((subnet) => subnet.neurons)
  return neurons.length > 0 && neurons.every(({ endpoint }) => loopback.test(endpoint))
}

const loopback = /^https?:\/\/(127\.|localhost[:/]|\[::1\])/
