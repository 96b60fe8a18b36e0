export { createNativeSessionSigner, verifySessionNative } from './ed25519.ts'
export { EventCutter } from './event-cutter.ts'
export { sha256Native } from './hash.ts'
export { type AnswerHeaders, httpStatusOf, sendError, sendJson, sendText } from './http/answers.ts'
export { parseJsonObject, readBody } from './http/body.ts'
export { boundConnections } from './http/connections.ts'
export { defaultHttpLimits, type HttpLimits, HttpListener } from './http/listener.ts'
export {
  hostNameOf,
  ipNetworkOf,
  ipNetworksOf,
  isForeignPage,
  isLoopbackHost,
  isLoopbackPeer,
} from './http/loopback.ts'
export { DurableStore, type SqlRow, type SqlStatement, type SqlValue } from './store.ts'
export { TurnQueue } from './turn-queue.ts'
