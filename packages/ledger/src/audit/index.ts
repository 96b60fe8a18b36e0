export { type AuditFiles, auditFileNames, createCopySource, recordSource } from './audit-copy.ts'
export {
  type AuditCheck,
  type AuditScope,
  type CheckReport,
  type Difference,
  isInScope,
  type Open,
  runChecks,
  type Subject,
  type Tally,
} from './audit-report.ts'
export { type AuditSource, type EventOf, eventsOf, inOrder, viewOf } from './audit-source.ts'
export { createRpcSource } from './rpc-source.ts'
