import { connectionOf } from '../api/network-feed.ts'
import { useApp, useNetwork, useNow } from '../app-context.ts'
import { formatAgo } from '../format/time.ts'
import { HintText } from '../ui/command-text.tsx'

const words = { connecting: 'Connecting', live: 'Connected', stale: 'Stale', offline: 'Not connected' } as const

/** Which network, what kind of chain, as of which block, and whether all that is still true. */
export function ConnectionStatus() {
  const { signIn } = useApp()
  const view = useNetwork()
  const nowMs = useNow(1000)
  const connection = connectionOf(view, nowMs)
  const { network, receivedAtMs } = view
  return (
    <div className={`status-strip status-${connection}`}>
      <span className="status-state" role="status">
        <span className="status-dot" aria-hidden="true" />
        {words[connection]}
        {connection === 'live' && signIn.refusal !== undefined && signIn.apiKey === undefined ? ', signed out' : null}
      </span>
      {network === undefined ? (
        <span>
          <HintText
            text={
              connection === 'offline'
                ? view.error?.code === 'web/timeout'
                  ? 'The gateway is slow to answer; this page goes on by itself.'
                  : 'No answer from the gateway. Start it with `koinon up`; this page goes on by itself.'
                : 'Looking for the gateway …'
            }
          />
        </span>
      ) : (
        <>
          <span className="status-network">
            {network.name === undefined ? 'Unnamed network' : `Network ${network.name}`} · chain {network.chainId}
          </span>
          <span>{network.chainKind === 'embedded' ? 'embedded chain, one sequencer' : 'external chain'}</span>
          <span className="status-block">
            as of block {network.asOfBlock.toLocaleString('en')}
            {connection === 'live' ? '' : `, seen ${formatAgo(receivedAtMs ?? nowMs, nowMs)}: may have changed since`}
          </span>
        </>
      )}
    </div>
  )
}
