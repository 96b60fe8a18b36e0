/** What a file of an agent imports (specs/0026-agents.md section 5). */
export {
  type AgentContext,
  type AgentDefinition,
  type AgentService,
  defineAgent,
  defineService,
} from '@koinon/agents/provider'
