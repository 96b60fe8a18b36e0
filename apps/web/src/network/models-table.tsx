import type { ModelJson } from '@koinon/work/dashboard'
import { formatPricePerMillion, readAmount } from '../format/money.ts'
import { shortHex } from '../format/text.ts'
import { CommandText } from '../ui/command-text.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'

const price = (text: string): string => formatPricePerMillion(readAmount(text) ?? 0n)

const columns: readonly Column<ModelJson>[] = [
  {
    name: 'Model',
    kind: 'title',
    cell: (model) => (
      <>
        <strong>{model.name}</strong> {model.name === model.id ? null : <code>{model.id}</code>}
      </>
    ),
  },
  {
    name: 'Size',
    cell: (model) =>
      [parameterCount(model.parameters), model.quantisation]
        .filter((part) => part !== undefined && part !== '')
        .join(', ') || 'not stated',
  },
  { name: 'Prompt', kind: 'number', cell: (model) => price(model.promptPricePicoUsdPerToken) },
  { name: 'Answer', kind: 'number', cell: (model) => price(model.outputPricePicoUsdPerToken) },
  {
    name: 'Offered by',
    kind: 'number',
    cell: (model) => {
      const providers = typeof model.providers === 'number' ? model.providers : model.providers.length
      return `${providers} ${providers === 1 ? 'miner' : 'miners'}`
    },
  },
  { name: 'Weights', cell: (model) => <code title={model.manifest}>{shortHex(model.manifest)}</code> },
]

/** What is served, at which price. */
export function ModelsTable({ models }: { readonly models: readonly ModelJson[] }) {
  if (models.length === 0) {
    return (
      <p className="empty">
        No model is served right now. A machine that has one joins with <CommandText text="koinon provider start" />.
      </p>
    )
  }
  return <DataTable caption="Models and prices" columns={columns} rows={models} rowKey={(model) => model.id} />
}

function parameterCount(parameters: number | string | undefined): string | undefined {
  if (parameters === 0) return undefined
  if (typeof parameters !== 'number') return parameters
  return parameters >= 1e9
    ? `${(parameters / 1e9).toFixed(1)} billion parameters`
    : `${Math.round(parameters / 1e6)} million parameters`
}
