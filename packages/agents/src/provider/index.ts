export { AgentBook, type AgentBookOptions } from './almanac/book.ts'
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
