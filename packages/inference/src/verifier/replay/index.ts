export { type ReplayDifference, type ReplayEngine, type ReplayEvidence, type ReplayVerdict } from './evidence.ts'
export { replay, replayAll } from './replay.ts'
