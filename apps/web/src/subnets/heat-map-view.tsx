import { formatPpm } from '../format/text.ts'
import type { HeatCell, HeatMap } from './heat-map.ts'

/** The grid. Every cell says its figure, so that colour adds nothing that words do not say. */
export function HeatMapView({ map }: { readonly map: HeatMap }) {
  return (
    <div className="heat-scroll" tabIndex={0} role="region" aria-label="Weights by validator and miner">
      <table className="heat-map">
        <caption className="visually-hidden">Share of each validator's weights that each miner got</caption>
        <thead>
          <tr>
            <th scope="col">Validator</th>
            {map.uids.map((uid) => (
              <th key={uid} scope="col" className="number">
                no. {uid}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {map.rows.map((row) => (
            <tr key={row.hotkey}>
              <th scope="row" title={row.hotkey}>
                {row.name}
              </th>
              {row.cells.map((cell) => (
                <td key={cell.uid} className={`heat-${cell.heat}`}>
                  {cell.sharePpm === 0 ? '–' : formatPpm(cell.sharePpm)}
                  <span className="heat-difference">{differenceOf(cell)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function differenceOf({ differencePpm }: HeatCell): string {
  if (differencePpm === 0) return 'agreed'
  return differencePpm > 0 ? `${formatPpm(differencePpm)} cut` : `${formatPpm(-differencePpm)} below`
}
