/**
 * Kills the embedded chain under load, many times, and checks after every restart that nothing acknowledged is lost.
 * Usage: node test/chaos/chain-kill.ts [kills = 1000]. One JSON line on stdout; exit code 1 when something was lost.
 */
import { killRounds } from '../../packages/ledger/src/chain/testing/kill-rounds.ts'

const kills = Number(process.argv[2] ?? 1000)
const startedMs = Date.now()
const report = await killRounds({
  kills,
  killsPerChain: 25,
  maxLoadMs: 400,
  onRound: (done, acknowledged, lost) => {
    if (done % 10 === 0)
      process.stderr.write(`${done} of ${kills} kills, ${acknowledged} acknowledged, ${lost} lost or changed\n`)
  },
})
const seconds = Math.round((Date.now() - startedMs) / 1000)
process.stdout.write(`${JSON.stringify({ ...report, seconds })}\n`)
process.exitCode = report.lost.length + report.changedBlocks.length === 0 ? 0 : 1
