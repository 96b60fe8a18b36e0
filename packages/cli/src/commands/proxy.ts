import { dollarDecimals, formatUnits, KoinonError, parseUnits } from '@koinon/base'
import { defaultHomePath, homeAt } from '@koinon/node/home'
import { type HomePayer, networkOf, openHomePayer, PayingProxy } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { parseInteger } from '../runner.ts'
import { type StayOptions, stay } from '../stay.ts'
import { delegationOf } from './budget-delegate.ts'

type ProxyOptions = StayOptions & {
  readonly port: string
  readonly upstream?: string
  readonly maxPerCall: string
  readonly maxTotal: string
  readonly budget?: string
  readonly delegation?: string
  readonly steps?: boolean
}

/** What may lie in channels: half of what the run may spend. */
const partInChannels = 2n

export function defineProxy(proxy: Command): void {
  proxy
    .option('--port <n>', 'port on 127.0.0.1; 0 takes a free one', '8402')
    .option(
      '--upstream <url>',
      "OpenAI-compatible server that takes x402 (default: the gateway of this home's network)",
    )
    .option('--max-per-call <dollars>', 'the most that one call may cost', '0.1')
    .option('--max-total <dollars>', 'the most that this run may spend', '1')
    .option(
      '--budget <name>',
      'pay from this budget, by its session key (see koinon budget); the limits hold beside it',
    )
    .option('--delegation <file>', 'pay out of a smart account, by its delegation (see koinon budget delegate)')
    .option('--steps', 'pay streams step by step while they come: less is signed ahead, for a message more every step')
    .action(async (_options: unknown, command: Command) => startProxy(command.optsWithGlobals<ProxyOptions>()))
}

function startProxy(options: ProxyOptions): Promise<never> {
  let owner: HomePayer | undefined
  let door: PayingProxy | undefined
  return stay({
    options,
    create: async (say) => {
      const home = homeAt(options.home ?? defaultHomePath())
      const upstream = upstreamOf(options.upstream ?? networkOf(home).gatewayUrl)
      const maximumPerCallAtomic = parseUnits(options.maxPerCall, dollarDecimals)
      const maximumTotalAtomic = parseUnits(options.maxTotal, dollarDecimals)
      const port = parseInteger(options.port, '--port', 0, 65_535)
      const payer = await openHomePayer(home, 'proxy', {
        maximumPerCallAtomic,
        maximumTotalAtomic,
        maximumInChannelsAtomic: maximumTotalAtomic / partInChannels,
        ...(options.budget === undefined ? {} : { budget: options.budget }),
        ...delegationOf(options),
        takesSteps: options.steps === true,
        say,
      })
      owner = payer
      const before = payer.payer.spent()
      const running = new PayingProxy({
        port,
        upstream,
        fetch: payer.fetch,
        spent: () => payer.payer.spent() - before,
        maximumTotalAtomic,
        maximumPerCallAtomic,
      })
      door = running
      return {
        start: async () => ({ url: await running.start(), upstream: upstream.href, account: payer.account }),
        stop: async () => {
          await running.stop()
          const { paidCalls, refusedCalls, spentAtomic } = running.spend()
          say(
            `paid ${paidCalls} calls, ${formatUnits(BigInt(spentAtomic), dollarDecimals)} dollars; refused ${refusedCalls}`,
          )
          await payer.close()
        },
        stopRequested: new Promise(() => undefined),
      }
    },
    readyJson: ({ url, upstream, account }) => ({ url, baseUrl: `${url}/v1`, upstream, account, ...door?.spend() }),
    welcome: ({ url, upstream, account }) =>
      [
        `Programs of this machine reach ${upstream} at ${url}/v1, with any API key.`,
        `It is paid by ${account}: at most ${options.maxPerCall} dollars a call, ${options.maxTotal} in all${owner?.network.isTest === true ? ' (test dollars)' : ''}.`,
        `What was spent: ${url}/spend. Ctrl-C stops.`,
        '',
      ].join('\n'),
    goodbye: 'stopped',
  })
}

function upstreamOf(url: string | undefined): URL {
  if (url !== undefined && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return new URL(url)
  throw new KoinonError({
    code: 'usage/no-upstream',
    message: url === undefined ? "This home's network names no gateway" : `"${url}" is not an http(s) address`,
    hint: 'Name a server with --upstream.',
  })
}
