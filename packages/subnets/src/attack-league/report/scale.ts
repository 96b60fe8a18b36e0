/** Axes of the charts. */

/** A place on an axis for a value, pixels, and whether the value lies beyond its end. */
export type Scale = {
  readonly ticks: readonly number[]
  place(value: number): number
  isBeyond(value: number): boolean
}

const powers = [1, 10, 100, 1_000, 10_000]

/** Gains from a loss of everything to a multiple: even steps at 0, 1, 10, 100 ... percent, straight in between (no logarithm needed). */
export function decadeScale(values: readonly number[], start: number, end: number): Scale {
  const upTo = (limit: number): readonly number[] => {
    const count = powers.findIndex((power) => power >= limit)
    return powers.slice(0, count < 0 ? powers.length : count + 1)
  }
  const finite = values.filter(Number.isFinite)
  const up = upTo(Math.max(10, ...finite))
  const down = upTo(Math.min(100, Math.max(10, ...finite.map((value) => -value))))
  return between([...down.map((power) => -power).reverse(), 0, ...up], start, end)
}

/** Even steps of 1, 2, 5, 10 ... that hold all values and 0, at most about six of them. */
export function evenScale(values: readonly number[], start: number, end: number): Scale {
  const least = Math.min(0, ...values)
  const most = Math.max(0, ...values)
  const step =
    [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000].find((size) => (most - least) / size <= 6) ?? 2_000
  const first = Math.floor(least / step)
  const last = Math.ceil(most / step)
  return between(
    Array.from({ length: Math.max(1, last - first) + 1 }, (_, index) => Number(((first + index) * step).toFixed(1))),
    start,
    end,
  )
}

function between(ticks: readonly number[], start: number, end: number): Scale {
  const first = ticks[0] as number
  const last = ticks.at(-1) as number
  const step = (end - start) / (ticks.length - 1)
  return {
    ticks,
    isBeyond: (value) => value < first || value > last,
    place: (value) => {
      const bounded = Math.min(last, Math.max(first, value))
      const index = Math.max(
        0,
        ticks.findLastIndex((tick) => tick <= bounded && tick !== last),
      )
      const low = ticks[index] as number
      const high = ticks[index + 1] as number
      return start + step * (index + (bounded - low) / (high - low))
    },
  }
}
