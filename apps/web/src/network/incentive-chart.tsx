import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { IncentiveSeries } from './incentive-series.ts'

const heightPx = 210
const lineStyles = [[], [7, 4], [2, 4], [10, 3, 2, 3]] as const

/** Lines of incentive by epoch. The table beside it says the same to those who cannot see a canvas. */
export function IncentiveChart({ series }: { readonly series: IncentiveSeries }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = host.current
    if (element === null) return
    let chart: uPlot | undefined
    const draw = (): void => {
      chart?.destroy()
      element.replaceChildren()
      chart = new uPlot(optionsOf(series, element), dataOf(series), element)
    }
    draw()
    const resize = new ResizeObserver(() => chart?.setSize({ width: element.clientWidth, height: heightPx }))
    resize.observe(element)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', draw)
    const theme = new MutationObserver(draw)
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    return () => {
      resize.disconnect()
      theme.disconnect()
      dark.removeEventListener('change', draw)
      chart?.destroy()
    }
  }, [series])
  return <div ref={host} className="chart" aria-hidden="true" />
}

function dataOf(series: IncentiveSeries): uPlot.AlignedData {
  return [
    [...series.epochs],
    ...series.miners.map((miner) => miner.sharesPpm.map((ppm) => (ppm === null ? null : ppm / 10_000))),
  ]
}

function optionsOf(series: IncentiveSeries, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--ink-soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px system-ui, sans-serif',
  }
  return {
    width: element.clientWidth,
    height: heightPx,
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, Math.max(10, Math.ceil((max * 1.1) / 10) * 10)] } },
    axes: [
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100], values: (_, ticks) => ticks.map((tick) => `${tick}`) },
      { ...axis, size: 52, values: (_, ticks) => ticks.map((tick) => `${tick} %`) },
    ],
    series: [
      {},
      ...series.miners.map((miner, index) => ({
        label: miner.name,
        stroke: colour(`--series-${(index % 4) + 1}`),
        width: 2,
        dash: [...(lineStyles[index % lineStyles.length] ?? [])],
        // A point between two unpaid epochs has no line to stand on.
        points: { show: true, size: 5 },
        spanGaps: false,
      })),
    ],
  }
}
