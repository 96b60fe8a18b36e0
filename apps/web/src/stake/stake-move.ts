/** One thing that the owner's wallet does with alpha or stake; its `action` and fields are those of `POST /api/stake`. */
export type StakeMove = <answer>(move: {
  readonly action: 'buy' | 'sell' | 'redeem' | 'stake' | 'unstake' | 'withdraw' | 'claimRoot'
  readonly netuid?: number
  readonly hotkey?: string
  readonly amountAtomic?: string
  readonly leastOutputAtomic?: string
}) => Promise<answer>
