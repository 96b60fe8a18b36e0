/** ABIs of the contracts, as constants that viem types from. `dollarAbi` is what any dollar has, `testDollarAbi` also its faucet. */
import { parseAbi } from 'viem'

export { dollarAbi } from './dollar.ts'
export { alphaStakingAbi } from './generated/alpha-staking.ts'
export { batchSettlementAbi } from './generated/batch-settlement.ts'
export { budgetDelegateAbi } from './generated/budget-delegate.ts'
export { convictionAbi } from './generated/conviction.ts'
export { delegationAbi } from './generated/delegation.ts'
export { disputesAbi } from './generated/disputes.ts'
export { epochsAbi } from './generated/epochs.ts'
export { identityRegistryAbi } from './generated/identity-registry.ts'
export { jobsAbi } from './generated/jobs.ts'
export { koinonTokenAbi } from './generated/koinon-token.ts'
export { permitsAbi } from './generated/permits.ts'
export { poolEmissionAbi } from './generated/pool-emission.ts'
export { poolsAbi } from './generated/pools.ts'
export { quorumEvaluatorAbi } from './generated/quorum-evaluator.ts'
export { quorumEvaluatorsAbi } from './generated/quorum-evaluators.ts'
export { reputationRegistryAbi } from './generated/reputation-registry.ts'
export { subnetTermsAbi } from './generated/subnet-terms.ts'
export { subnetsAbi } from './generated/subnets.ts'
export { testDollarAbi } from './generated/test-dollar.ts'
export { validationRegistryAbi } from './generated/validation-registry.ts'
export { weightsAbi } from './generated/weights.ts'
export { workAbi } from './generated/work.ts'

/** What every emission policy has. */
export const emissionPolicyAbi = parseAbi(['function specHash() view returns (bytes32)'])
