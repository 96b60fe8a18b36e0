import type { Command } from 'commander'
import { defineAgentCheck } from './agent-check.ts'
import { defineAgentRate } from './agent-rate.ts'
import { defineAgentRegister } from './agent-register.ts'
import { defineAgentRun } from './agent-run.ts'
import { defineAgentList, defineAgentShow } from './agent-show.ts'
import { defineAgentTrust } from './agent-trust.ts'

/** The group of commands about agents (ERC-8004), a file a command. */
export function defineAgent(agent: Command): void {
  agent.addHelpText(
    'after',
    '\nID is the number of an agent on this network, or its whole name eip155:CHAIN:REGISTRY:NUMBER. Gateways, miners and validators are agents too.',
  )
  for (const define of [
    defineAgentList,
    defineAgentShow,
    defineAgentRegister,
    defineAgentRun,
    defineAgentCheck,
    defineAgentRate,
    defineAgentTrust,
  ])
    define(agent)
}
