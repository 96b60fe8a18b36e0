import { formatUnits, systemClock } from '@koinon/base'
import { HomeFacilitator } from '@koinon/node/facilitator'
import { defaultHomePath } from '@koinon/node/home'
import type { Command } from 'commander'
import { parseInteger } from '../runner.ts'
import { type StayOptions, stay } from '../stay.ts'

type FacilitatorOptions = StayOptions & {
  readonly host: string
  readonly port: string
  readonly settlesPerMinute: string
}

const nativeDecimals = 18

export function defineFacilitator(facilitator: Command): void {
  facilitator
    .option('--host <address>', 'address to bind', '127.0.0.1')
    .option('--port <n>', 'port to bind; 0 takes a free one', '4022')
    .option('--settles-per-minute <n>', 'settlements that one address may ask for in a minute', '300')
    .action(async (_options: unknown, command: Command) => serve(command.optsWithGlobals<FacilitatorOptions>()))
}

function serve(options: FacilitatorOptions): Promise<never> {
  return stay({
    options,
    create: async (say) => {
      const facilitator = new HomeFacilitator({
        homePath: options.home ?? defaultHomePath(),
        host: options.host,
        port: parseInteger(options.port, '--port', 0, 65_535),
        settlesPerMinute: parseInteger(options.settlesPerMinute, '--settles-per-minute', 1, 1_000_000),
        clock: systemClock,
      })
      return {
        start: () => facilitator.start(),
        stop: async () => {
          const totals = await facilitator.totals()
          if (totals !== undefined) say(costSentence(totals))
          await facilitator.stop()
        },
        stopRequested: new Promise(() => undefined),
      }
    },
    readyJson: ({ url, account, balanceWei, totals }) => ({
      pid: process.pid,
      url,
      account,
      balanceWei: balanceWei.toString(),
      settled: totals.settled,
      refused: totals.refused,
      costWei: totals.costWei.toString(),
    }),
    welcome: ({ url, account, network, balanceWei, totals }) =>
      `Settling x402 payments on "${network.name}" at ${url}
Account ${account} pays for gas and has ${formatUnits(balanceWei, nativeDecimals)} ETH left; ${costSentence(totals)}.
Servers name this URL as their facilitator. Ctrl-C stops; what is under way is found out at the next start.
`,
    goodbye: 'stopped',
  })
}

function costSentence(totals: {
  readonly settled: number
  readonly refused: number
  readonly costWei: bigint
}): string {
  const payments = totals.settled + totals.refused
  if (payments === 0) return 'nothing settled yet'
  const each = formatUnits(totals.costWei / BigInt(payments), nativeDecimals)
  return `${totals.settled} payments settled, ${totals.refused} refused by the ledger, ${formatUnits(totals.costWei, nativeDecimals)} ETH of gas, ${each} each`
}
