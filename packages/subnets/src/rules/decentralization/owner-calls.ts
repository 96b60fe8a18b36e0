import { partsDelaySeconds } from '../emission/constants.ts'
import { updateDelayEpochs } from '../epoch-clock.ts'
import type { PrivilegedCall } from './stages.ts'

/** What only the owner of a subnet may call, each with the time to its force (specs/0010 section 1, 0020 section 2). */
export function ownerCalls(netuid: number, epochSeconds: number): readonly PrivilegedCall[] {
  const delaySeconds = updateDelayEpochs * epochSeconds
  const whose = `the owner of subnet ${netuid}`
  return [
    { contract: 'SubnetTerms', call: 'announceUpdate', whose, does: 'change its texts and its file', delaySeconds },
    { contract: 'SubnetTerms', call: 'announceRules', whose, does: 'change its rules of seats', delaySeconds },
    {
      contract: 'Subnets',
      call: 'nameOwnerHotkey',
      whose,
      does: 'protect one of its hotkeys from challenges',
      delaySeconds,
    },
    {
      contract: 'PoolEmission',
      call: 'announceParts',
      whose,
      does: 'change who gets how much of its alpha',
      delaySeconds: partsDelaySeconds,
    },
  ]
}
