export {
  type AgentContent,
  type AgentEndpoint,
  agentRecordType,
  type ListedService,
  readAgentRecord,
  recordLifetimeMs,
  type SignedAgentRecord,
  signAgentRecord,
} from './almanac.ts'
export { untrustedText, visibleJson, visibleText } from './untrusted.ts'
