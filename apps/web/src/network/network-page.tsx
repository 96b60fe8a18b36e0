import type { SubnetJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { useNetwork } from '../app-context.ts'
import { formatAlphaAtomic, formatPrice, worthSentence } from '../format/alpha.ts'
import { readAmount } from '../format/money.ts'
import { count } from '../format/text.ts'
import { CommandText } from '../ui/command-text.tsx'
import { Facts } from '../ui/facts.tsx'
import { EpochClock } from './epoch-clock.tsx'
import { EpochSection } from './epoch-section.tsx'
import { ModelsTable } from './models-table.tsx'
import { NeuronsTable } from './neurons-table.tsx'
import { RolesTable } from './roles-table.tsx'
import { SectionNav } from './section-nav.tsx'
import { TrustSection } from './trust-section.tsx'

/** Who works in this network, what they earn and why, and whom one has to trust. */
export function NetworkPage(props: { readonly netuid: number | undefined; readonly epoch: number | undefined }) {
  const { network } = useNetwork()
  const [chosen, setChosen] = useState<number | undefined>()
  if (network === undefined) {
    return (
      <div className="stack">
        <header className="page-head">
          <h1>Network</h1>
        </header>
        <p className="loading">Waiting for the first answer of the gateway …</p>
      </div>
    )
  }
  const netuid = props.netuid ?? chosen ?? network.subnets[0]?.netuid
  const subnet = network.subnets.find((one) => one.netuid === netuid)
  return (
    <div className="stack">
      <header className="page-head">
        <h1>Network</h1>
        <p className="lead">
          A subnet is a market for one kind of work: miners do it, validators check it, and each epoch shares out what
          was earned.
        </p>
        <SectionNav page="network" />
      </header>
      {network.subnets.length > 1 ? (
        <label className="subnet-picker">
          Subnet
          <select value={netuid} onChange={(event) => setChosen(Number(event.target.value))}>
            {network.subnets.map((one) => (
              <option key={one.netuid} value={one.netuid}>
                {one.netuid} · {one.name}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      {subnet === undefined && network.subnets.length > 0 ? (
        <p className="empty">
          This page shows the subnet that the gateway serves. Subnet {netuid} has{' '}
          <a href={props.epoch === undefined ? `#/subnets/${netuid}` : `#/subnets/${netuid}/${props.epoch}`}>
            a page of its own
          </a>
          , with its seats and the payouts of each epoch.
        </p>
      ) : subnet === undefined ? (
        <div className="empty">
          <p>No subnet is registered yet. Create one with:</p>
          <pre tabIndex={0} aria-label="Command">
            <CommandText text="koinon subnet create" />
          </pre>
        </div>
      ) : (
        <>
          <SubnetHead subnet={subnet} asOfAtMs={network.asOfAtMs} />
          <section aria-labelledby="neurons-title">
            <h2 id="neurons-title">Miners and validators</h2>
            <p className="hint section-hint">
              An epoch pays alpha of the subnet: a part of it to its miners, by what validators measured, and as much to
              the validators and who staked on them. Incentive is a miner's share of the miners' part in the last paid
              epoch, the score is the mean of what validators gave it last. {worthSentence}
            </p>
            <NeuronsTable neurons={subnet.neurons} priceWad={subnet.priceWad} />
          </section>
          <EpochSection subnet={subnet} epoch={props.netuid === subnet.netuid ? props.epoch : undefined} />
        </>
      )}
      <section aria-labelledby="models-title">
        <h2 id="models-title">Models</h2>
        <ModelsTable models={network.models} />
      </section>
      <TrustSection network={network} />
      {network.roles.length === 0 ? null : (
        <section aria-labelledby="roles-title">
          <h2 id="roles-title">Running on this machine</h2>
          <RolesTable roles={network.roles} />
        </section>
      )}
    </div>
  )
}

function SubnetHead({ subnet, asOfAtMs }: { readonly subnet: SubnetJson; readonly asOfAtMs: number }) {
  const miners = subnet.neurons.filter((neuron) => neuron.kind === 'miner')
  const validators = subnet.neurons.filter((neuron) => neuron.kind === 'validator')
  const online = (neurons: SubnetJson['neurons']): number => neurons.filter((neuron) => neuron.online).length
  const stake = readAmount(subnet.totalStakeAtomic)
  return (
    <section className="panel subnet-head" aria-labelledby="subnet-title">
      <div>
        <p className="eyebrow">Subnet {subnet.netuid}</p>
        <h2 id="subnet-title">{subnet.name}</h2>
        <Facts
          items={[
            ['Miners', `${online(miners)} of ${miners.length} online`],
            ['Validators', `${online(validators)} of ${validators.length} online`],
            ['Stake weighs', stake === undefined ? 'not stated' : formatAlphaAtomic(stake)],
            ['Price of one alpha', subnet.priceWad === undefined ? undefined : formatPrice(subnet.priceWad)],
            ['Epoch length', count(subnet.epochSeconds, 'second')],
          ]}
        />
      </div>
      <EpochClock subnet={subnet} asOfAtMs={asOfAtMs} />
    </section>
  )
}
