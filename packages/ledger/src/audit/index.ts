export { type AuditFiles, auditFileNames, createCopySource, recordSource } from './audit-copy.ts'
export {
  type AuditCheck,
  type AuditScope,
  type CheckReport,
  type Difference,
  type Disagreement,
  isInScope,
  type Open,
  type Question,
  runChecks,
  type Subject,
  Tally,
} from './audit-report.ts'
export { type Answer, type AuditSource, type EventOf, eventsOf, inOrder, viewOf } from './audit-source.ts'
export { createRpcSource } from './rpc-source.ts'
