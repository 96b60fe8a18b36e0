import type { EpochsJson, MetagraphJson, SubnetRowJson, SubnetsJson } from '@koinon/work/dashboard'
import type { ReactNode } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { formatAlphaAtomic, formatPrice, worthSentence } from '../format/alpha.ts'
import { formatFlow, formatSince } from '../format/flow.ts'
import { formatTokenAtomic, readAmount } from '../format/money.ts'
import { count, shortHex } from '../format/text.ts'
import { EpochDetail } from '../network/epoch-detail.tsx'
import { EpochList } from '../network/epoch-list.tsx'
import { SectionNav } from '../network/section-nav.tsx'
import { AlphaAmount } from '../ui/alpha-amount.tsx'
import { CommandText } from '../ui/command-text.tsx'
import { Facts } from '../ui/facts.tsx'
import { ResourceView } from '../ui/resource-view.tsx'
import { useResource } from '../use-resource.ts'
import { changeSentences } from './change-words.ts'
import { heatMap, heatSentence } from './heat-map.ts'
import { HeatMapView } from './heat-map-view.tsx'
import { nextResultSentence } from './next-result-words.ts'
import { SeatsTable } from './seats-table.tsx'
import { SplitTable } from './split-table.tsx'

const refreshMs = 20_000
const shownEpochs = 20

/** One subnet: what it gets, who judged whom how in the last signed epoch, and what each was paid in that epoch or a chosen one. */
export function SubnetPage(props: { readonly netuid: number; readonly epoch: number | undefined }) {
  const { netuid, epoch } = props
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
        {() =>
          subnet === undefined ? (
            <NoSubnet netuid={netuid} />
          ) : (
            <>
              <SubnetFacts subnet={subnet} />
              {subnet.split === undefined ? null : <SplitTable split={subnet.split} priceWad={subnet.priceWad} />}
              <ResourceView resource={metagraph} what="the last signed epoch">
                {(found) => <Metagraph metagraph={found} subnet={subnet} chosen={epoch} />}
              </ResourceView>
            </>
          )
        }
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
          ['Flow by trades', flowOf(subnet)],
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
            What it would have paid in the last epochs: <CommandText text={`koinon subnet what-if ${subnet.netuid}`} />
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

function flowOf({ flow }: SubnetRowJson): ReactNode {
  if (flow === undefined) return undefined
  const [brought, taken] = [flow.inAtomic, flow.outAtomic].map((atomic) => formatTokenAtomic(readAmount(atomic) ?? 0n))
  return (
    <>
      {formatFlow(flow.netAtomic)}
      <span className="cell-note">
        {brought} in, {taken} out, {formatSince(flow.sinceSeconds)}
      </span>
    </>
  )
}

function Metagraph(props: {
  readonly metagraph: MetagraphJson
  readonly subnet: SubnetRowJson
  readonly chosen: number | undefined
}) {
  const { metagraph, subnet, chosen } = props
  const { epoch, signedEpoch, netuid, neurons, nowSeconds } = metagraph
  const told = chosen ?? epoch ?? signedEpoch
  const expected = nextResultSentence(metagraph)
  return (
    <>
      {epoch === undefined ? null : <Judgements metagraph={metagraph} epoch={epoch} />}
      <section className="stack" aria-labelledby="paid-title">
        <h2 id="paid-title">{epoch === undefined ? 'Who has a seat' : 'Who earned what'}</h2>
        {expected === undefined ? null : <p className="notice">{expected}</p>}
        {epoch === undefined ? null : (
          <p className="hint section-hint">
            {formatAlphaAtomic(readAmount(metagraph.emissionAtomic) ?? 0n)} were shared out for epoch {epoch}. Why each
            got its part stands below.
          </p>
        )}
        {neurons.length === 0 ? (
          <p className="empty">Nobody has a seat yet.</p>
        ) : (
          <SeatsTable seats={neurons} nowSeconds={nowSeconds} priceWad={subnet.priceWad} />
        )}
        <p className="hint">
          Incentive is a seat's part of what miners earned in the epoch, dividends its part of what validators earned,
          earned is both as alpha. Consensus is the weight that was agreed on; rank the part of all stake that stands
          behind its weights, each cut to the consensus. Stake, age, permit and what was paid are those of now. The same
          in a terminal: <CommandText text={`koinon subnet metagraph ${netuid}`} />
        </p>
      </section>
      {told === undefined ? null : (
        <section className="stack" aria-labelledby="reasons-title">
          <h2 id="reasons-title">What each was paid, and why</h2>
          <EpochDetail
            netuid={netuid}
            epoch={told}
            refreshMs={refreshMs}
            isAskedFor={chosen !== undefined}
            subnet={{
              currentEpoch: subnet.currentEpoch,
              totalStakeAtomic: subnet.stakeAtomic,
              priceWad: subnet.priceWad,
            }}
          />
        </section>
      )}
      <PastEpochs subnet={subnet} />
    </>
  )
}

function PastEpochs({ subnet: { netuid, currentEpoch } }: { readonly subnet: SubnetRowJson }) {
  const { door } = useApp()
  const list = useResource(`epochs ${netuid} ${currentEpoch}`, () =>
    requestJson<EpochsJson>(door, `/api/epochs?netuid=${netuid}&limit=${shownEpochs}`),
  )
  return (
    <ResourceView resource={list} what="past epochs">
      {({ epochs }) =>
        epochs.length < 2 ? null : <EpochList epochs={epochs} hrefOf={(epoch) => `#/subnets/${netuid}/${epoch}`} />
      }
    </ResourceView>
  )
}

function Judgements({ metagraph, epoch }: { readonly metagraph: MetagraphJson; readonly epoch: number }) {
  const map = heatMap(metagraph)
  return (
    <section className="panel" aria-labelledby="weights-title">
      <h2 id="weights-title">Who judged whom in epoch {epoch}</h2>
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
  )
}
