export { WorkCommitter, type WorkCommitterOptions } from './work-committer.ts'
export { createWorkListHandler, type WorkListHandlerOptions } from './work-list-handler.ts'
export { WorkStore, workStoreSchema } from './work-store.ts'
