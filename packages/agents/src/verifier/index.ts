export {
  draftVerdict,
  JobEvaluator,
  type JobJudgement,
  openQuorumEvaluator,
  quorumEvaluatorJudgement,
  quorumEvaluatorOf,
  readJudgement,
  type SignedVerdict,
  settleJob,
  signVerdict,
  submitVerdict,
} from './jobs/job-evaluator.ts'
