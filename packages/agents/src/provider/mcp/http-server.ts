import { defaultHttpLimits, HttpListener, sendJson } from '@koinon/base/node'
import { type McpDoorOptions, McpHttpDoor } from './http-door.ts'

export type McpHttpServerOptions = McpDoorOptions & { readonly host: string; readonly port: number }

/** A listener of its own with an MCP door at `/mcp`. */
export class McpHttpServer {
  readonly #door: McpHttpDoor
  readonly #listener: HttpListener

  constructor(options: McpHttpServerOptions) {
    this.#door = new McpHttpDoor(options)
    this.#listener = new HttpListener({
      host: options.host,
      port: options.port,
      limits: defaultHttpLimits,
      handle: async (request, response) => {
        if ((request.url ?? '').split('?')[0] === '/mcp') return this.#door.serve(request, response)
        sendJson(response, 404, {
          error: { code: 'mcp/not-found', message: 'There is only /mcp here', retry: 'never' },
        })
      },
    })
  }

  /** Resolves with the port. */
  start(): Promise<number> {
    return this.#listener.start()
  }

  async stop(): Promise<void> {
    await this.#door.close()
    await this.#listener.stop(1_000)
  }
}
