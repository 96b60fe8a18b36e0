export { agentCardOf, type CardDescription, type CardSkill, cardJson } from './a2a/agent-card.ts'
export { A2aDoor, type A2aDoorOptions } from './a2a/door.ts'
export type { A2aJob, A2aOutcome, A2aWork } from './a2a/executor.ts'
export { taskStoreSchema } from './a2a/task-store.ts'
export { AgentServer, type AgentServerOptions, agentSchema } from './agent/agent-server.ts'
export type { AgentTill } from './agent/agent-till.ts'
export { AgentAnnouncer, type AgentAnnouncerOptions } from './agent/announcer.ts'
export { defineAgent, defineService, priceOf } from './agent/define-agent.ts'
export type { AgentContext, AgentDefinition, AgentService } from './agent/definition.ts'
export { AgentBook, type AgentBookOptions } from './almanac/book.ts'
export { ContentShelf, createIdentityDoor, type IdentityDoor } from './identity/identity-door.ts'
export { deliverableRoutes, type FindDeliverable } from './jobs/deliverables.ts'
export { type OfferRules, readOffer } from './jobs/job-offers.ts'
export { JobProvider, type JobProviderEvent, type JobProviderOptions, submitWork } from './jobs/job-provider.ts'
export type {
  McpDefinition,
  McpPrompt,
  McpResource,
  McpResourceTemplate,
  McpTool,
  ObjectSchema,
  ToolContext,
} from './mcp/definition.ts'
export { type McpDoorOptions, McpHttpDoor } from './mcp/http-door.ts'
export { McpHttpServer, type McpHttpServerOptions } from './mcp/http-server.ts'
export { createMcpServer } from './mcp/server.ts'
export { serveMcpOverStdio } from './mcp/stdio.ts'
