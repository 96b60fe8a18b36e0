/** A home and who runs on it, without the libraries of ledgers and networks: what every command needs, and small ones alone. */
export { currentApiKey, isUnfinished, noKeyHint, readApiKeys, type StoredApiKey, saveApiKey } from './home/api-keys.ts'
export { defaultHomePath, type Home, homeAt, openHome, writeFileDurably } from './home/home.ts'
export { type LastAudit, readLastAudit, saveLastAudit } from './home/last-audit.ts'
export { runningSupervisor, type SupervisorRecord } from './home/lock.ts'
export { type AccountKey, accountKey, existingAccountKey } from './home/secrets.ts'
export { askSupervisor } from './supervisor/control.ts'
export type { RoleState, RoleStatus } from './supervisor/supervised-role.ts'
export { programVersion } from './version.ts'
