/** What all members of one subnet's process go by, so that its start costs the same however many they are. */
import { createLedgerReader } from '@koinon/ledger'
import { createSubnetLedger, type SubnetLedger } from '@koinon/subnets'
import { openHome } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'
import { EpochFiles } from './epoch-files.ts'
import type { SubnetRoleConfig } from './role-config.ts'
import { roleLogger } from './role-tools.ts'

export type SubnetShared = { readonly ledger: SubnetLedger; readonly files: EpochFiles }

/** How a member tells its owner; `noticeOf` for each of its parts, empty text for no longer. */
export type MemberContext = {
  progress(text: string): void
  noticeOf(part: string): (text: string) => void
}

/** The ledger's past is read once and each file opened once. */
export function shareOf(config: SubnetRoleConfig): SubnetShared {
  const network = networkOf(openHome(config.homePath))
  const ledger = createSubnetLedger(createLedgerReader(network), network)
  return { ledger, files: new EpochFiles({ ...config, ledger, log: roleLogger(config.name) }) }
}
