export {
  callNode,
  type NodeCall,
  type NodeCaller,
  type NodeHttpRequest,
  type NodeTransport,
  readJson,
  signedHeader,
} from './node-call.ts'
export { type Authorization, PeerSession, type PeerSessionOptions } from './peer-session.ts'
export {
  type IdentifiedRequest,
  type NodeCredentials,
  RequestGate,
  type RequestGateOptions,
  type RequestSource,
  refusalStatus,
  type SessionPolicy,
} from './request-gate.ts'
export { type NodeSessionTerms, nodeSessionHeader, nodeSessionPath, nodeSessionType } from './session-terms.ts'
