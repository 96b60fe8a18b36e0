import type { ReactNode } from 'react'

/** Pairs of a name and a value. Entries whose value is undefined are left out. */
export function Facts({
  items,
  className,
}: {
  readonly items: readonly (readonly [string, ReactNode])[]
  readonly className?: string
}) {
  return (
    <dl className={`facts ${className ?? ''}`.trim()}>
      {items
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
