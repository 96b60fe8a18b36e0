import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { McpDefinition } from './definition.ts'
import { createMcpServer } from './server.ts'

/** Serves one session over standard input and output, which belong to the protocol from then on. Resolves when the caller has gone. */
export async function serveMcpOverStdio(definition: McpDefinition): Promise<void> {
  const server = createMcpServer(definition)
  const gone = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve)
    process.stdin.once('close', resolve)
  })
  await server.connect(new StdioServerTransport())
  await gone
  await server.close()
}
