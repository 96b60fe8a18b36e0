import type { ServerResponse } from 'node:http'
import type { Hex } from '@koinon/base'
import type { AnswerHeaders } from '@koinon/base/node'
import type { InferenceRequest } from '../rules/inference-request.ts'
import type { Caller } from './caller.ts'
import type { GatewayModules, GatewayServerOptions } from './gateway-options.ts'
import type { ProviderSessions } from './provider-sessions.ts'
import type { ReceiptInspector } from './receipt-inspection.ts'
import type { StepRisk } from './step-risk.ts'

/** A client's request, checked and ready for any provider. */
export type GatewayRequest = {
  readonly path: string
  readonly body: Buffer
  readonly bodyHash: Hex
  readonly request: InferenceRequest
  readonly caller: Caller
  readonly receivedAtMs: number
  readonly response: ServerResponse
  readonly headers: AnswerHeaders
  /** Aborts when the client has gone, or pays no more. */
  readonly gone: AbortSignal
  /** Aborts `gone`. */
  readonly stop: () => void
}

/** A request as one provider is asked it, under an id that nobody else is told. */
export type GatewayTask = GatewayRequest & { readonly requestId: Hex }

/** What all attempts of a gateway share. */
export type AttemptContext = {
  readonly options: GatewayServerOptions
  readonly modules: GatewayModules
  readonly inspector: ReceiptInspector
  readonly sessions: ProviderSessions
  readonly stepRisk: StepRisk
}
