export { createKoinon, type KoinonProvider, type KoinonProviderSettings } from './create-koinon.ts'
export { type KoinonMetadata, koinonMetadata } from './metadata.ts'
