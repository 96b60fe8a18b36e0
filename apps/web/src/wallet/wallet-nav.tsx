import type { Route } from '../router.ts'

const pages = [
  { page: 'wallet', href: '#/wallet', name: 'Wallet & keys' },
  { page: 'stake', href: '#/stake', name: 'Stake & trade' },
  { page: 'payments', href: '#/payments', name: 'Payments' },
  { page: 'budgets', href: '#/budgets', name: 'Budgets' },
] as const

/** Pages about what the owner holds. */
export function WalletNav({ page }: { readonly page: Route['page'] }) {
  return (
    <nav aria-label="Wallet pages" className="section-nav">
      {pages.map((one) => (
        <a key={one.page} href={one.href} aria-current={one.page === page ? 'page' : undefined}>
          {one.name}
        </a>
      ))}
    </nav>
  )
}
