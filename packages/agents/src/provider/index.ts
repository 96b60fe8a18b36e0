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
export { createMcpServer } from './mcp/server.ts'
