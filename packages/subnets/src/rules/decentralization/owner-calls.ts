import { partsDelaySeconds } from '../emission/constants.ts'
import { updateDelayEpochs } from '../epoch-clock.ts'
import type { PrivilegedCall } from './stages.ts'

/** What only the owner of a subnet may call, each with the time to its force (specs/0010 section 1, 0020 section 2). */
export function ownerCalls(netuid: number, epochSeconds: number): readonly PrivilegedCall[] {
  const delaySeconds = updateDelayEpochs * epochSeconds
  return [
    { contract: 'SubnetTerms', call: `announceUpdate of subnet ${netuid}`, delaySeconds },
    { contract: 'SubnetTerms', call: `announceRules of subnet ${netuid}`, delaySeconds },
    { contract: 'Subnets', call: `nameOwnerHotkey of subnet ${netuid}`, delaySeconds },
    { contract: 'PoolEmission', call: `announceParts of subnet ${netuid}`, delaySeconds: partsDelaySeconds },
  ]
}
