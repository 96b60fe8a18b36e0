export { jobsCheck } from './audit/jobs-check.ts'
export {
  type JobJudgement,
  openQuorumEvaluator,
  quorumEvaluatorJudgement,
  quorumEvaluatorOf,
  readJudgement,
  settleJob,
  signVerdict,
  submitVerdict,
  type VerdictSignature,
} from './jobs/job-evaluator.ts'
export { JobJudge, type JobJudgeEvent, type JobJudgeOptions } from './jobs/job-judge.ts'
export { VerdictBook, verdictSchema } from './jobs/verdict-book.ts'
export { type CheckedAgentFeedback, checkAgentFeedback } from './reputation/check-agent-feedback.ts'
export { type CheckedFeedback, checkFeedback, type FeedbackCheckInput } from './reputation/check-feedback.ts'
export {
  type Judge,
  type ValidationOutcome,
  ValidationResponder,
  type ValidationResponderOptions,
} from './validation/validation-responder.ts'
