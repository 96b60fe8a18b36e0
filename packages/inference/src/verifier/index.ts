export { type AnswerEvidence, parseAnswerEvidence } from './answer/evidence.ts'
export { type AnswerEngine, type AnswerToVerify, verifyAnswer } from './answer/verify-answer.ts'
export {
  type ReplayDifference,
  type ReplayEngine,
  type ReplayEvidence,
  type ReplayVerdict,
  replay,
  replayAll,
} from './replay/index.ts'
