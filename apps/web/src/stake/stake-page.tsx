import type { PoolsJson, StakeJson } from '@koinon/work/dashboard'
import { useEffect } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { newLinkSentence, refusalSentence } from '../shell/door-words.ts'
import { CommandText, HintText } from '../ui/command-text.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'
import { WalletNav } from '../wallet/wallet-nav.tsx'
import { HoldingsSection } from './holdings-section.tsx'
import { PoolsSection } from './pools-section.tsx'
import type { StakeMove } from './stake-move.ts'
import { StakeSection } from './stake-section.tsx'
import { TradeSection } from './trade-section.tsx'

const refreshMs = 10_000

/** Alpha of subnets: what the owner holds, what it would bring, buying, selling, staking; for everybody the pools and their prices. */
export function StakePage() {
  const { door, signIn } = useApp()
  const localToken = signIn.local?.localToken
  const pools = useResource('pools', () => requestJson<PoolsJson>(door, '/api/pools'), refreshMs)
  const stake = useResource(localToken, () => requestJson<StakeJson>(door, '/api/stake', { localToken }), refreshMs)
  const isSignedOut = stake.error?.code === 'local/no-token'
  const { refresh } = signIn
  useEffect(() => {
    if (isSignedOut) refresh()
  }, [isSignedOut, refresh])
  const move: StakeMove = async (body) => {
    try {
      return await requestJson(door, '/api/stake', { method: 'POST', body, localToken, timeoutMs: 60_000 })
    } finally {
      stake.reload()
      pools.reload()
    }
  }
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Stake & trade</h1>
        <p className="lead">
          What a subnet pays is its own alpha. It is staked where it was earned, and traded for KOIN in the subnet's
          pool.
        </p>
        <WalletNav page="stake" />
      </header>
      {localToken === undefined && !signIn.isLoading ? (
        <div className="empty">
          <p>
            {signIn.refusal === undefined ? null : `${refusalSentence(signIn.refusal)} `}Trading and staking is only
            open to the owner of the machine that holds the wallet's keys. <HintText text={newLinkSentence} /> Or use{' '}
            <CommandText text="koinon subnet holdings" /> and <CommandText text="koinon subnet buy" /> in its terminal.
          </p>
        </div>
      ) : null}
      {stake.error === undefined || isSignedOut ? null : (
        <ErrorNotice error={stake.error}>
          <button type="button" className="button" onClick={stake.reload}>
            Load again
          </button>
        </ErrorNotice>
      )}
      {stake.isLoading || signIn.isLoading ? <p className="loading">Reading what you hold …</p> : null}
      <ResourceView resource={pools} what="the pools">
        {(found) => (
          <>
            {stake.data === undefined ? null : (
              <>
                <HoldingsSection
                  stake={stake.data}
                  pools={found.pools}
                  isStale={stake.error !== undefined}
                  move={move}
                />
                <TradeSection stake={stake.data} pools={found.pools} move={move} />
                <StakeSection stake={stake.data} pools={found.pools} move={move} />
              </>
            )}
            <PoolsSection pools={found} />
          </>
        )}
      </ResourceView>
    </div>
  )
}
