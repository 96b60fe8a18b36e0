/** The weights of an epoch as a grid: a row a validator, a column a judged seat. */
import type { MetagraphJson } from '@koinon/work/dashboard'

export type HeatCell = {
  readonly uid: number
  readonly sharePpm: number
  /** Share less what the consensus gave: above 0 was clipped away, below 0 is less than most of the stake gave. */
  readonly differencePpm: number
  /** 0 to 4: nothing, then quarters of the largest share of the grid. */
  readonly heat: number
}

export type HeatRow = { readonly name: string; readonly hotkey: string; readonly cells: readonly HeatCell[] }

export type HeatMap = { readonly uids: readonly number[]; readonly rows: readonly HeatRow[] }

/** What of a metagraph the grid shows. */
export type Judged = Pick<MetagraphJson, 'seats' | 'validators'>

const levels = 4

/** Only seats that some validator or the consensus gave anything; only validators that revealed. */
export function heatMap(metagraph: Judged): HeatMap {
  const revealed = (metagraph.validators ?? []).filter(({ weights }) => weights !== undefined)
  const consensus = new Map((metagraph.seats ?? []).map(({ uid, consensusPpm }) => [uid, consensusPpm]))
  const shares = revealed.map(({ weights }) => new Map(weights))
  const uids = [...consensus.keys()].filter(
    (uid) => (consensus.get(uid) ?? 0) > 0 || shares.some((row) => (row.get(uid) ?? 0) > 0),
  )
  const most = Math.max(1, ...shares.flatMap((row) => [...row.values()]))
  return {
    uids,
    rows: revealed.map(({ hotkey, uid }, index) => ({
      hotkey,
      name: uid === undefined ? 'no seat any more' : `no. ${uid}`,
      cells: uids.map((seat) => {
        const sharePpm = shares[index]?.get(seat) ?? 0
        return {
          uid: seat,
          sharePpm,
          differencePpm: sharePpm - (consensus.get(seat) ?? 0),
          heat: sharePpm === 0 ? 0 : Math.ceil((sharePpm * levels) / most),
        }
      }),
    })),
  }
}

/** What the grid shows, in a sentence. */
export function heatSentence({ uids, rows }: HeatMap, agreementPpm: number | undefined): string {
  if (rows.length === 0) return 'No validator revealed weights in this epoch.'
  const clipped = rows.flatMap(({ cells }) => cells.filter(({ differencePpm }) => differencePpm > 0)).length
  const grid = `${rows.length} ${rows.length === 1 ? 'validator' : 'validators'} judged ${uids.length} ${uids.length === 1 ? 'miner' : 'miners'}; ${clipped} of ${rows.length * uids.length} weights were above the consensus and were cut to it.`
  if (agreementPpm === undefined) return grid
  const percent = (agreementPpm / 10_000).toFixed(1)
  const remark = agreementPpm > 990_000 ? ' So much alike they may be copied, or the work may be easy to judge.' : ''
  return `${grid} The rows order the miners alike by ${percent} % (mean Spearman).${remark}`
}
