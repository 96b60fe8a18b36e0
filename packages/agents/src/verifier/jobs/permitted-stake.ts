/** Stake of a subnet's validators with a permit, at a second of the past (specs/0024-jobs.md section 4). */
import type { Address } from '@koinon/base'
import { permitsAbi } from '@koinon/ledger/abis'
import type { JobView } from '../../client/jobs/job-ledger.ts'

export function permittedStakeAt(view: JobView, netuid: number, hotkey: Address, atSeconds: number): Promise<bigint> {
  const args = [netuid, hotkey, BigInt(atSeconds)] as const
  return view.reader.readContract({ ...permitsOf(view), functionName: 'permittedStakeAt', args })
}

export function totalPermittedStakeAt(view: JobView, netuid: number, atSeconds: number): Promise<bigint> {
  const args = [netuid, BigInt(atSeconds)] as const
  return view.reader.readContract({ ...permitsOf(view), functionName: 'totalPermittedStakeAt', args })
}

function permitsOf({ network }: JobView) {
  return { address: network.contracts.permits, abi: permitsAbi } as const
}
