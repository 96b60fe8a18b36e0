export {
  type ReplayDifference,
  type ReplayEngine,
  type ReplayEvidence,
  type ReplayVerdict,
  replay,
  replayAll,
} from './replay/index.ts'
export { type VerifyingEngine, verifyByReplay, verifyReceipts } from './verify-inference.ts'
