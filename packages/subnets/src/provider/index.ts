export { createBeaconHandler, createLocalBeacon } from './local-beacon.ts'
export { WorkCommitter } from './work-committer.ts'
export { createWorkListHandler } from './work-list-handler.ts'
export { WorkStore, workStoreSchema } from './work-store.ts'
