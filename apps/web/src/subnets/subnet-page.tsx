import type { MetagraphJson, MetagraphSeatJson, SubnetRowJson, SubnetsJson } from '../api/incentive-types.ts'
import { requestJson } from '../api/request.ts'
import { nameOf, useApp, useNetwork } from '../app-context.ts'
import { formatAlphaAtomic, formatPrice, worthSentence } from '../format/alpha.ts'
import { formatTokenAtomic, readAmount } from '../format/money.ts'
import { count, formatPpm, shortHex } from '../format/text.ts'
import { SectionNav } from '../network/section-nav.tsx'
import { AlphaAmount } from '../ui/alpha-amount.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Facts } from '../ui/facts.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'
import { changeSentences } from './change-words.ts'
import { heatMap, heatSentence } from './heat-map.ts'
import { HeatMapView } from './heat-map-view.tsx'

const refreshMs = 20_000

/** One subnet: what it gets, who judged whom how in the last signed epoch, and what each was paid. */
export function SubnetPage({ netuid }: { readonly netuid: number }) {
  const { door } = useApp()
  const list = useResource('subnets', () => requestJson<SubnetsJson>(door, '/api/subnets'), refreshMs)
  const metagraph = useResource(
    `metagraph ${netuid}`,
    () => requestJson<MetagraphJson>(door, `/api/subnets/${netuid}/metagraph`),
    refreshMs,
  )
  const subnet = list.data?.subnets.find((one) => one.netuid === netuid)
  return (
    <div className="stack">
      <header className="page-head">
        <h1>{subnet === undefined ? `Subnet ${netuid}` : `Subnet ${netuid}: ${subnet.name}`}</h1>
        <SectionNav page="subnets" />
      </header>
      <ResourceView resource={list} what="the subnet">
        {() => (subnet === undefined ? <NoSubnet netuid={netuid} /> : <SubnetFacts subnet={subnet} />)}
      </ResourceView>
      <ResourceView resource={metagraph} what="the last signed epoch">
        {(found) => <Metagraph metagraph={found} priceWad={subnet?.priceWad} />}
      </ResourceView>
    </div>
  )
}

function NoSubnet({ netuid }: { readonly netuid: number }) {
  return (
    <p className="empty">
      There is no subnet {netuid}. <a href="#/subnets">All subnets</a>
    </p>
  )
}

function SubnetFacts({ subnet }: { readonly subnet: SubnetRowJson }) {
  const changes = changeSentences(subnet)
  return (
    <section className="panel" aria-label="The subnet">
      <Facts
        items={[
          ['Price of one alpha', subnet.priceWad === undefined ? undefined : formatPrice(subnet.priceWad)],
          ['In its pool', poolOf(subnet)],
          ['Seats', `${subnet.seats} of ${subnet.maximumSeats} taken`],
          ['Validators', String(subnet.validators)],
          ['Stake weighs', formatAlphaAtomic(readAmount(subnet.stakeAtomic) ?? 0n)],
          ['Accrued', <AlphaAmount key="accrued" atomic={subnet.accruedAtomic} priceWad={subnet.priceWad} />],
          ['Paid', <AlphaAmount key="paid" atomic={subnet.paidAtomic} priceWad={subnet.priceWad} />],
          ['Epoch', `${subnet.currentEpoch}, ${count(subnet.epochSeconds, 'second')} each`],
          ['Owner', <code key="owner">{shortHex(subnet.owner)}</code>],
        ]}
      />
      <p className="hint">It gets {subnet.emissionWhy ?? 'no new KOIN: it is dissolved'}.</p>
      {changes.length === 0 ? null : (
        <>
          <h2>What is going to change</h2>
          <ul>
            {changes.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          <p className="hint">
            What it would have paid in the last epochs: <code>koinon subnet what-if {subnet.netuid}</code>
          </p>
        </>
      )}
      <p className="hint section-hint">
        {worthSentence} <a href="#/stake">Stake or trade its alpha</a>
      </p>
    </section>
  )
}

function poolOf({ poolKoinAtomic, poolAlphaAtomic, potAtomic }: SubnetRowJson): string | undefined {
  const [koin, alpha, pot] = [poolKoinAtomic, poolAlphaAtomic, potAtomic].map(readAmount)
  if (pot !== undefined) return `dissolved; ${formatTokenAtomic(pot)} is left for the holders`
  if (koin === undefined || alpha === undefined) return undefined
  return `${formatTokenAtomic(koin)} and ${formatAlphaAtomic(alpha)}`
}

function Metagraph({
  metagraph,
  priceWad,
}: {
  readonly metagraph: MetagraphJson
  readonly priceWad: string | undefined
}) {
  if (metagraph.epoch === undefined) {
    return <p className="empty">No epoch of this subnet has a signed result whose record a validator serves yet.</p>
  }
  const map = heatMap(metagraph)
  return (
    <>
      <section className="panel" aria-labelledby="weights-title">
        <h2 id="weights-title">Who judged whom in epoch {metagraph.epoch}</h2>
        <p>{heatSentence(map, metagraph.agreementPpm)}</p>
        {map.rows.length === 0 ? null : <HeatMapView map={map} />}
        <p className="hint">
          A cell is the share of a validator's weights that a miner got, and how far that is from the consensus.
          Aggregator: {metagraph.aggregator}.
          {metagraph.explained === undefined
            ? null
            : ` Its consensus on a miner is ${metagraph.explained.agreed}; miners are paid by ${metagraph.explained.miners}.`}
        </p>
      </section>
      <section aria-labelledby="paid-title">
        <h2 id="paid-title">Who earned what</h2>
        <p className="hint section-hint">
          {formatAlphaAtomic(readAmount(metagraph.emissionAtomic) ?? 0n)} were shared out for this epoch. Why a miner
          got its score stands in the validators' published logs:{' '}
          <a href={`#/network/${metagraph.netuid}/${metagraph.epoch}`}>reasons and checks</a>.
        </p>
        <SeatsTable seats={metagraph.seats ?? []} priceWad={priceWad} />
      </section>
    </>
  )
}

function SeatsTable(props: { readonly seats: readonly MetagraphSeatJson[]; readonly priceWad: string | undefined }) {
  const { seats, priceWad } = props
  const view = useNetwork()
  const columns: readonly Column<MetagraphSeatJson>[] = [
    {
      name: 'Seat',
      kind: 'title',
      cell: (seat) => (
        <>
          <strong>no. {seat.uid}</strong> <span title={seat.hotkey}>{nameOf(view, seat.hotkey)}</span>
        </>
      ),
    },
    { name: 'Consensus', kind: 'number', cell: (seat) => formatPpm(seat.consensusPpm) },
    {
      name: 'Incentive',
      kind: 'number',
      cell: (seat) => (
        <span className="meter-cell">
          {formatPpm(seat.incentivePpm)}
          <meter min={0} max={1_000_000} value={seat.incentivePpm} aria-label={`Incentive of seat ${seat.uid}`} />
        </span>
      ),
    },
    {
      name: 'Paid as miner',
      kind: 'number',
      cell: (seat) => <AlphaAmount atomic={seat.asMinerAtomic} priceWad={priceWad} />,
    },
  ]
  return (
    <DataTable
      caption="Seats of the epoch"
      columns={columns}
      rows={[...seats].sort((a, b) => b.incentivePpm - a.incentivePpm || a.uid - b.uid)}
      rowKey={(seat) => String(seat.uid)}
    />
  )
}
