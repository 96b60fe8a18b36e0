/** Recomputing a network from what is public. */
export { type AuditOutcome, auditCopy, auditNetwork } from './audit/audit.ts'
export { type WhatIfOutcome, whatIfNetwork } from './audit/what-if.ts'
export { deployedFiles, parseTemplates, templateNames } from './local/subnet-files.ts'
