export {
  draftVerdict,
  JobEvaluator,
  type JobJudgement,
  openQuorumEvaluator,
  readJudgement,
  type SignedVerdict,
  settleJob,
  signVerdict,
  submitVerdict,
} from './jobs/job-evaluator.ts'
