import { type ErrorJson, errorToJson } from '@koinon/base'
import type { WalletJson } from '@koinon/work/dashboard'
import { useEffect, useState } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp, useNetwork } from '../app-context.ts'
import type { DoorRefusal } from '../owner-door.ts'
import { newLinkSentence, refusalSentence } from '../shell/door-words.ts'
import { CommandText, HintText } from '../ui/command-text.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { useResource } from '../use-resource.ts'
import { Balances } from './balances.tsx'
import { ConnectSection } from './connect-section.tsx'
import { KeysSection } from './keys-section.tsx'
import { PaymentsSection } from './payments-section.tsx'
import { SendSection } from './send-section.tsx'
import type { WalletAction } from './wallet-action.ts'
import { WalletNav } from './wallet-nav.tsx'

const refreshMs = 10_000

/** Balances, API keys with their limits, payments, and how to use a key from a program. */
export function WalletPage() {
  const { door, signIn, useKey } = useApp()
  const { network } = useNetwork()
  const localToken = signIn.local?.localToken
  const wallet = useResource(localToken, () => requestJson<WalletJson>(door, '/api/wallet', { localToken }), refreshMs)
  // The gateway may have been started anew between two looks at it: then the whole page has to know that it is signed out.
  const isSignedOut = wallet.error?.code === 'local/no-token'
  const { refresh } = signIn
  useEffect(() => {
    if (isSignedOut) refresh()
  }, [isSignedOut, refresh])
  const act: WalletAction = async (path, options) => {
    try {
      return await requestJson(door, path, { ...options, localToken, timeoutMs: 30_000 })
    } finally {
      wallet.reload()
    }
  }
  const revoke: WalletAction = async (path, options) => {
    try {
      return await act(path, options)
    } finally {
      // The key may have been the one of this page.
      signIn.refresh()
    }
  }
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Wallet & keys</h1>
        <p className="lead">
          A key carries its own deposit. The deposit is the most that anybody can spend with it, whoever gets hold of
          it.
        </p>
        <WalletNav page="wallet" />
      </header>
      {localToken === undefined && !signIn.isLoading ? <NotLocal refusal={signIn.refusal} /> : null}
      {wallet.error === undefined || isSignedOut ? null : (
        <ErrorNotice error={wallet.error}>
          <button type="button" className="button" onClick={wallet.reload}>
            Load again
          </button>
        </ErrorNotice>
      )}
      {wallet.isLoading || signIn.isLoading ? <p className="loading">Loading the wallet …</p> : null}
      {wallet.data === undefined ? null : (
        <>
          <Balances wallet={wallet.data} isStale={wallet.error !== undefined}>
            {(network?.isTest ?? (network?.chainKind === 'embedded' || isTestChain(network?.chainId))) ? (
              <Faucet act={act} />
            ) : null}
          </Balances>
          <KeysSection wallet={wallet.data} act={act} revoke={revoke} />
        </>
      )}
      <ConnectSection apiKey={signIn.apiKey} onForget={signIn.isPasted ? () => useKey(undefined) : undefined} />
      {wallet.data === undefined ? null : (
        <>
          <SendSection wallet={wallet.data} act={act} />
          <PaymentsSection payments={wallet.data.payments} />
        </>
      )}
    </div>
  )
}

/** Public test chains on which money is worth nothing: Sepolia and those of Base, Optimism, Arbitrum. */
function isTestChain(chainId: number | undefined): boolean {
  return [11_155_111, 84_532, 11_155_420, 421_614].includes(chainId ?? 0)
}

function NotLocal({ refusal }: { readonly refusal: DoorRefusal | undefined }) {
  return (
    <div className="empty">
      <p>
        {refusal === undefined ? null : `${refusalSentence(refusal)} `}The wallet is only open to the owner of the
        machine that holds its keys. <HintText text={newLinkSentence} /> Or use{' '}
        <CommandText text="koinon wallet balance" /> in its terminal.
      </p>
    </div>
  )
}

function Faucet({ act }: { readonly act: WalletAction }) {
  const [state, setState] = useState<'idle' | 'busy' | 'done'>('idle')
  const [error, setError] = useState<ErrorJson | undefined>()
  const get = async (): Promise<void> => {
    setState('busy')
    setError(undefined)
    try {
      await act('/api/wallet/faucet', { method: 'POST', body: {} })
      setState('done')
    } catch (cause) {
      setError(errorToJson(cause))
      setState('idle')
    }
  }
  return (
    <div className="faucet">
      <button type="button" className="button" onClick={() => void get()} disabled={state === 'busy'}>
        {state === 'busy' ? 'Asking the faucet …' : 'Get test funds'}
      </button>
      <span role="status" className="hint">
        {state === 'done' ? 'Test funds arrived.' : 'Test money, worth nothing outside of this network.'}
      </span>
      {error === undefined ? null : <ErrorNotice error={error} />}
    </div>
  )
}
