import type { Command } from 'commander'
import { defineSubnetCreate } from './subnet-create.ts'
import { defineSubnetDeploy } from './subnet-deploy.ts'
import { defineSubnetDev } from './subnet-dev.ts'
import { defineSubnetExplain } from './subnet-explain.ts'
import { defineSubnetList } from './subnet-list.ts'
import { defineSubnetReplay } from './subnet-replay.ts'
import { defineSubnetShow } from './subnet-show.ts'
import { defineSubnetSim } from './subnet-sim.ts'

/** The group of a founder's commands, a file a command. */
export function defineSubnet(program: Command): void {
  const subnet = program
    .command('subnet')
    .description('write a subnet as one file, try it, make one, and check what validators say')
  for (const define of [
    defineSubnetDev,
    defineSubnetSim,
    defineSubnetDeploy,
    defineSubnetExplain,
    defineSubnetReplay,
    defineSubnetCreate,
    defineSubnetShow,
    defineSubnetList,
  ])
    define(subnet)
}
