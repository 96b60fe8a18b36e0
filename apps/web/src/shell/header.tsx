import type { Route } from '../router.ts'
import { ConnectionStatus } from './connection-status.tsx'
import { ThemeToggle } from './theme-toggle.tsx'

const links = [
  { page: 'chat', href: '#/', name: 'Chat' },
  { page: 'network', href: '#/network', name: 'Network' },
  { page: 'agents', href: '#/agents', name: 'Agents', more: ' & jobs' },
  { page: 'receipts', href: '#/receipts', name: 'Receipts' },
  { page: 'wallet', href: '#/wallet', name: 'Wallet', more: ' & keys' },
] as const

/** The link that a page belongs under. */
function mainPageOf(page: Route['page']): Route['page'] {
  if (page === 'receipt') return 'receipts'
  if (page === 'agent' || page === 'jobs' || page === 'job' || page === 'listing') return 'agents'
  if (page === 'stake' || page === 'payments' || page === 'budgets') return 'wallet'
  return page === 'subnets' || page === 'subnet' || page === 'validators' || page === 'decentralization'
    ? 'network'
    : page
}

/** Mark, pages, state of the network, theme. */
export function Header({ route }: { readonly route: Route }) {
  const page = mainPageOf(route.page)
  return (
    <header className="header">
      <div className="header-bar">
        <a className="brand" href="#/">
          <img src="./mark.svg" alt="" width="30" height="30" />
          <span>Koinon</span>
        </a>
        <nav aria-label="Pages" className="nav">
          {links.map((link) => (
            <a key={link.page} href={link.href} aria-current={link.page === page ? 'page' : undefined}>
              {link.name}
              {'more' in link ? <span className="wide-only">{link.more}</span> : null}
            </a>
          ))}
        </nav>
        <ThemeToggle />
      </div>
      <ConnectionStatus />
    </header>
  )
}
