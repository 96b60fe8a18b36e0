/** Errors that a call may end with though its own contract does not name them: contracts call each other and pass on what was said. */
import { type Abi, parseAbi } from 'viem'
import { alphaStakingAbi } from './generated/alpha-staking.ts'
import { delegationAbi } from './generated/delegation.ts'
import { epochsAbi } from './generated/epochs.ts'
import { permitsAbi } from './generated/permits.ts'
import { poolEmissionAbi } from './generated/pool-emission.ts'
import { poolsAbi } from './generated/pools.ts'
import { subnetTermsAbi } from './generated/subnet-terms.ts'
import { subnetsAbi } from './generated/subnets.ts'

/** Of tokens (ERC-6093). */
const tokenErrors = parseAbi([
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
  'error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)',
  'error ERC20InvalidSender(address sender)',
  'error ERC20InvalidReceiver(address receiver)',
])

export const passedOnErrors: Abi = [
  ...tokenErrors,
  ...[subnetsAbi, subnetTermsAbi, poolsAbi, alphaStakingAbi, delegationAbi, permitsAbi, poolEmissionAbi, epochsAbi]
    .flat()
    .filter(({ type }) => type === 'error'),
]
