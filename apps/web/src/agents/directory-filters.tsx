import { type DirectoryQuery, picoOf } from './words.ts'

const protocols = ['a2a', 'mcp', 'http', 'x402', 'web'] as const

/** What the directory is searched by. */
export function DirectoryFilters(props: {
  readonly query: DirectoryQuery
  readonly onQuery: (query: DirectoryQuery) => void
}) {
  const { query, onQuery } = props
  const isBadPrice = query.maximumDollars.trim() !== '' && picoOf(query.maximumDollars) === undefined
  return (
    <form className="filters panel" role="search" aria-label="Agents" onSubmit={(event) => event.preventDefault()}>
      <label className="filter-words">
        Words in what it says
        <input
          type="search"
          value={query.words}
          maxLength={200}
          onChange={(event) => onQuery({ ...query, words: event.target.value })}
        />
      </label>
      <label>
        Speaks
        <select value={query.protocol} onChange={(event) => onQuery({ ...query, protocol: event.target.value })}>
          <option value="">anything</option>
          {protocols.map((protocol) => (
            <option key={protocol} value={protocol}>
              {protocol}
            </option>
          ))}
        </select>
      </label>
      <label>
        At most, in dollars
        <input
          inputMode="decimal"
          value={query.maximumDollars}
          aria-invalid={isBadPrice}
          placeholder="any price"
          onChange={(event) => onQuery({ ...query, maximumDollars: event.target.value })}
        />
      </label>
      <label>
        First
        <select
          value={query.sort}
          onChange={(event) => onQuery({ ...query, sort: event.target.value === 'new' ? 'new' : 'trust' })}
        >
          <option value="trust">most trusted</option>
          <option value="new">newest</option>
        </select>
      </label>
    </form>
  )
}
