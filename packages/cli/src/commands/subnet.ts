import type { Command } from 'commander'
import { defineSubnetAnnounce } from './subnet-announce.ts'
import { defineSubnetAutoStake } from './subnet-auto-stake.ts'
import { defineSubnetClaimRoot } from './subnet-claim-root.ts'
import { defineSubnetCreate } from './subnet-create.ts'
import { defineSubnetDeploy } from './subnet-deploy.ts'
import { defineSubnetDev } from './subnet-dev.ts'
import { defineSubnetExplain } from './subnet-explain.ts'
import { defineSubnetHoldings } from './subnet-holdings.ts'
import { defineSubnetList } from './subnet-list.ts'
import { defineSubnetContest, defineSubnetLock, defineSubnetTakeOver, defineSubnetUnlock } from './subnet-lock.ts'
import { defineSubnetMetagraph } from './subnet-metagraph.ts'
import { defineSubnetMove } from './subnet-move.ts'
import { defineSubnetOwnerHotkey } from './subnet-owner-hotkey.ts'
import { defineSubnetParts } from './subnet-parts.ts'
import { defineSubnetReplay } from './subnet-replay.ts'
import { defineSubnetShow } from './subnet-show.ts'
import { defineSubnetSim } from './subnet-sim.ts'
import { defineSubnetStake, defineSubnetUnstake, defineSubnetWithdraw } from './subnet-stake.ts'
import { defineSubnetBuy, defineSubnetSell } from './subnet-trade.ts'
import { defineSubnetWhatIf } from './subnet-what-if.ts'

/** The group of subnets' commands, a file a command: making one, checking one, trading and staking its alpha. */
export function defineSubnet(subnet: Command): void {
  subnet.addHelpText(
    'after',
    '\nTo look around: koinon subnet list. To write one: docs/subnets.md. To trade and stake: docs/alpha.md. NETUID is the number of a subnet, UID that of a seat in it; KOIN staked on subnet 0, the root, counts in many subnets.',
  )
  for (const define of [
    defineSubnetDev,
    defineSubnetSim,
    defineSubnetDeploy,
    defineSubnetExplain,
    defineSubnetReplay,
    defineSubnetCreate,
    defineSubnetShow,
    defineSubnetList,
    defineSubnetMetagraph,
    defineSubnetBuy,
    defineSubnetSell,
    defineSubnetStake,
    defineSubnetUnstake,
    defineSubnetWithdraw,
    defineSubnetClaimRoot,
    defineSubnetMove,
    defineSubnetHoldings,
    defineSubnetParts,
    defineSubnetAnnounce,
    defineSubnetOwnerHotkey,
    defineSubnetWhatIf,
    defineSubnetAutoStake,
    defineSubnetLock,
    defineSubnetUnlock,
    defineSubnetContest,
    defineSubnetTakeOver,
  ])
    define(subnet)
}
