import { lazy, Suspense, useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import type { NetworkFeed } from './api/network-feed.ts'
import type { Door } from './api/request.ts'
import { AppContext } from './app-context.ts'
import { ChatPage } from './chat/chat-page.tsx'
import type { Conversation } from './chat/conversation.ts'
import type { KeptStorage, ReceiptShelf } from './receipts/receipt-shelf.ts'
import { parseRoute, type Route, routeTitle, useHash } from './router.ts'
import { Header } from './shell/header.tsx'
import { ErrorBoundary } from './ui/error-boundary.tsx'
import { useSignIn } from './use-sign-in.ts'

const NetworkPage = lazy(() => import('./network/network-page.tsx').then((module) => ({ default: module.NetworkPage })))
const ReceiptsPage = lazy(() =>
  import('./receipts/receipts-page.tsx').then((module) => ({ default: module.ReceiptsPage })),
)
const ReceiptPage = lazy(() =>
  import('./receipts/receipt-page.tsx').then((module) => ({ default: module.ReceiptPage })),
)
const SubnetsPage = lazy(() => import('./subnets/subnets-page.tsx').then((module) => ({ default: module.SubnetsPage })))
const SubnetPage = lazy(() => import('./subnets/subnet-page.tsx').then((module) => ({ default: module.SubnetPage })))
const ValidatorsPage = lazy(() =>
  import('./subnets/validators-page.tsx').then((module) => ({ default: module.ValidatorsPage })),
)
const DecentralizationPage = lazy(() =>
  import('./decentralization/decentralization-page.tsx').then((module) => ({ default: module.DecentralizationPage })),
)
const StakePage = lazy(() => import('./stake/stake-page.tsx').then((module) => ({ default: module.StakePage })))
const PaymentsPage = lazy(() =>
  import('./payments/payments-page.tsx').then((module) => ({ default: module.PaymentsPage })),
)
const BudgetsPage = lazy(() => import('./budgets/budgets-page.tsx').then((module) => ({ default: module.BudgetsPage })))
const AgentsPage = lazy(() => import('./agents/agents-page.tsx').then((module) => ({ default: module.AgentsPage })))
const AgentPage = lazy(() => import('./agents/agent-page.tsx').then((module) => ({ default: module.AgentPage })))
const ListingPage = lazy(() => import('./agents/listing-page.tsx').then((module) => ({ default: module.ListingPage })))
const JobsPage = lazy(() => import('./jobs/jobs-page.tsx').then((module) => ({ default: module.JobsPage })))
const JobPage = lazy(() => import('./jobs/job-page.tsx').then((module) => ({ default: module.JobPage })))
const WalletPage = lazy(() => import('./wallet/wallet-page.tsx').then((module) => ({ default: module.WalletPage })))

/** The whole page: header, one of the pages, footer. */
export function App(props: {
  readonly door: Door
  readonly feed: NetworkFeed
  readonly conversation: Conversation
  readonly shelf: ReceiptShelf
  readonly tabStorage: KeptStorage | undefined
}) {
  const { door, feed, conversation, shelf, tabStorage } = props
  const hash = useHash()
  const route = useMemo(() => parseRoute(hash), [hash])
  const isReachable = useSyncExternalStore(feed.subscribe, () => feed.view().error === undefined)
  const { signIn, useKey } = useSignIn(door, tabStorage, isReachable)
  const parts = useMemo(
    () => ({ door, feed, conversation, shelf, signIn, useKey }),
    [door, feed, conversation, shelf, signIn, useKey],
  )
  const main = useRef<HTMLElement>(null)
  const isFirst = useRef(true)
  useEffect(() => {
    feed.start()
    return () => feed.stop()
  }, [feed])
  useEffect(() => {
    document.title = routeTitle(route)
    if (!isFirst.current) {
      main.current?.focus({ preventScroll: true })
      scrollTo(0, 0)
    }
    isFirst.current = false
  }, [route])
  return (
    <AppContext value={parts}>
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        Skip to the content
      </a>
      <Header route={route} />
      <main ref={main} id="main" tabIndex={-1} className={`page page-${route.page}`}>
        <ErrorBoundary key={hash}>
          <Suspense fallback={<p className="loading">Loading this page …</p>}>
            <Page route={route} />
          </Suspense>
        </ErrorBoundary>
      </main>
    </AppContext>
  )
}

function Page({ route }: { readonly route: Route }) {
  if (route.page === 'chat') return <ChatPage />
  if (route.page === 'network') return <NetworkPage netuid={route.netuid} epoch={route.epoch} />
  if (route.page === 'subnets') return <SubnetsPage />
  if (route.page === 'subnet') return <SubnetPage netuid={route.netuid} epoch={route.epoch} />
  if (route.page === 'validators') return <ValidatorsPage />
  if (route.page === 'decentralization') return <DecentralizationPage />
  if (route.page === 'receipts') return <ReceiptsPage />
  if (route.page === 'receipt') return <ReceiptPage id={route.id} />
  if (route.page === 'wallet') return <WalletPage />
  if (route.page === 'stake') return <StakePage />
  if (route.page === 'budgets') return <BudgetsPage account={route.account} />
  if (route.page === 'agents') return <AgentsPage />
  if (route.page === 'agent') return <AgentPage key={route.key} agentKey={route.key} />
  if (route.page === 'listing') return <ListingPage />
  if (route.page === 'jobs') return <JobsPage />
  if (route.page === 'job') return <JobPage key={route.jobId} jobId={route.jobId} />
  if (route.page === 'payments') return <PaymentsPage />
  return (
    <section className="empty">
      <h1>There is no such page</h1>
      <p>
        Go to the <a href="#/">chat</a>, or choose a page above.
      </p>
    </section>
  )
}
