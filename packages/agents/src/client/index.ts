export { McpConnection, type McpConnectionOptions } from './mcp/connection.ts'
