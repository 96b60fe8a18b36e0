export { createNativeSessionSigner, verifySessionNative } from './ed25519.ts'
export { sha256Native } from './hash.ts'
export { DurableStore, type SqlRow, type SqlStatement, type SqlValue } from './store.ts'
