import type { Route } from '../router.ts'

const sections = [
  { page: 'network', href: '#/network', name: 'Overview' },
  { page: 'subnets', href: '#/subnets', name: 'Subnets' },
  { page: 'validators', href: '#/validators', name: 'Validators' },
  { page: 'decentralization', href: '#/decentralization', name: 'Decentralization' },
] as const

/** Pages about the network. */
export function SectionNav({ page }: { readonly page: Route['page'] }) {
  return (
    <nav aria-label="Network pages" className="section-nav">
      {sections.map((section) => (
        <a key={section.page} href={section.href} aria-current={section.page === page ? 'page' : undefined}>
          {section.name}
        </a>
      ))}
    </nav>
  )
}
