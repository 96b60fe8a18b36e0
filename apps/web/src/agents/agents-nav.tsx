import type { Route } from '../router.ts'

const pages = [
  { page: 'agents', href: '#/agents', name: 'Agents' },
  { page: 'jobs', href: '#/jobs', name: 'Jobs' },
  { page: 'listing', href: '#/listing', name: 'Check a listing' },
] as const

/** Pages about agents and the work they are hired for. */
export function AgentsNav({ page }: { readonly page: Route['page'] }) {
  return (
    <nav aria-label="Agent pages" className="section-nav">
      {pages.map((one) => (
        <a key={one.page} href={one.href} aria-current={one.page === page ? 'page' : undefined}>
          {one.name}
        </a>
      ))}
    </nav>
  )
}
