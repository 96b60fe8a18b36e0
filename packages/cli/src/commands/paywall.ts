import { KoinonError, systemClock } from '@koinon/base'
import { defaultHomePath } from '@koinon/node/home'
import { freeRules, HomePaywall, parsePrice, parsePriceRules, parseUpstream } from '@koinon/node/paywall'
import type { Command } from 'commander'
import { readGivenJson } from '../given-file.ts'
import { earningsSentence } from '../payment-words.ts'
import { parseInteger } from '../runner.ts'
import { type StayOptions, stay } from '../stay.ts'

type PaywallOptions = StayOptions & {
  readonly upstream: string
  readonly price: string
  readonly prices?: string
  readonly free?: readonly string[]
  readonly eventPrice?: string
  readonly mostEvents: string
  readonly method: readonly string[]
  readonly host: string
  readonly port: string
  readonly earningsPort: string
  readonly publicUrl?: string
  readonly timeout: string
  readonly facilitator?: string
  readonly signIn?: string
  readonly signedOffers?: boolean
}

export function definePaywall(paywall: Command): void {
  paywall
    .requiredOption('--upstream <url>', 'the API that is sold')
    .requiredOption('--price <dollars>', 'what a call costs')
    .option(
      '--prices <file>',
      'prices of single paths: {"rules": [{"path": "/v1/*", "method": "POST", "price": "0.01"}]}',
    )
    .option('--free <path...>', 'paths that cost nothing; a last * stands for any rest')
    .option(
      '--event-price <dollars>',
      'what each event of an event stream costs beside its call; payers pay 50 at a time',
    )
    .option('--most-events <n>', 'events after which a stream ends, where they cost', '1000')
    .option('--method <channel|exact...>', 'how payers may pay, the one that they should take first', [
      'channel',
      'exact',
    ])
    .option('--host <address>', 'address to bind', '127.0.0.1')
    .option('--port <n>', 'port to bind; 0 takes a free one', '4020')
    .option('--earnings-port <n>', 'port of the page of earnings, on this machine alone', '0')
    .option('--public-url <url>', 'scheme and host under which payers reach the paywall')
    .option('--timeout <seconds>', 'longest time that a call may take; a stream is cut there, and paid', '60')
    .option('--facilitator <url>', 'x402 facilitator that sends exact payments for this account; no channels then')
    .option('--signed-offers', 'sign what each call is asked for and was paid, to be shown to others (offer-receipt)')
    .option(
      '--sign-in <hours>',
      'who paid for a GET gets the same URL again for so long by a signature (sign-in-with-x)',
    )
    .action(async (_options: unknown, command: Command) => serve(command.optsWithGlobals<PaywallOptions>()))
}

/** Throws `usage/sign-in`. */
function parseReturns({ signIn, eventPrice }: PaywallOptions): { readonly returnsMs?: number } {
  if (signIn === undefined) return {}
  if (eventPrice === undefined) return { returnsMs: parseInteger(signIn, '--sign-in', 1, 8_760) * 3_600_000 }
  throw new KoinonError({
    code: 'usage/sign-in',
    message: 'Nothing is sold whole where events cost beside their call, so there is nothing to come back to',
    hint: 'Leave out --sign-in or --event-price.',
  })
}

function serve(options: PaywallOptions): Promise<never> {
  let ended = ''
  return stay({
    options,
    create: async () => {
      const paywall = new HomePaywall({
        homePath: options.home ?? defaultHomePath(),
        upstream: parseUpstream(options.upstream),
        prices: {
          defaultAtomic: parsePrice(options.price),
          rules: [
            ...freeRules(options.free ?? []),
            ...(options.prices === undefined ? [] : readPrices(options.prices)),
          ],
        },
        ...(options.eventPrice === undefined ? {} : { events: parseEvents(options, options.eventPrice) }),
        backEnds: options.facilitator === undefined ? options.method.map(parseMethod) : ['exact'],
        host: options.host,
        port: parseInteger(options.port, '--port', 0, 65_535),
        earningsPort: parseInteger(options.earningsPort, '--earnings-port', 0, 65_535),
        ...(options.publicUrl === undefined ? {} : { publicUrl: parseUpstream(options.publicUrl) }),
        ...(options.facilitator === undefined ? {} : { facilitatorUrl: parseUpstream(options.facilitator) }),
        timeoutSeconds: parseInteger(options.timeout, '--timeout', 1, 600),
        ...parseReturns(options),
        signsOffers: options.signedOffers === true,
        clock: systemClock,
      })
      return {
        start: () => paywall.start(),
        stop: async () => {
          ended = `; ${earningsSentence(await paywall.earnings())}`
          await paywall.stop()
        },
        stopRequested: new Promise(() => undefined),
      }
    },
    readyJson: ({ url, earningsUrl, earnings }) => ({ pid: process.pid, url, earningsUrl, ...earnings }),
    welcome: ({ url, earningsUrl, network, earnings }) =>
      `Selling ${options.upstream} on "${network.name}" at ${url}, ${options.price} dollars a call
Clients of x402 and MPP pay the account ${earnings.account}; ${earningsSentence(earnings)}.
Earnings: ${earningsUrl}. Ctrl-C stops.
`,
    get goodbye() {
      return `stopped${ended}`
    },
  })
}

function readPrices(path: string) {
  const hint = 'A file of prices: {"rules": [{"path": "/v1/*", "method": "POST", "price": "0.01"}]}'
  return parsePriceRules(readGivenJson({ path, hints: { noFile: hint, badJson: hint } }))
}

function parseEvents({ method, facilitator, mostEvents }: PaywallOptions, price: string) {
  if (!method.includes('channel') || facilitator !== undefined) {
    throw new KoinonError({
      code: 'usage/bad-method',
      message: 'Events are paid out of channels, and --method or --facilitator leaves them out',
      hint: 'Leave out --event-price or --facilitator, or add channel to --method.',
    })
  }
  return { priceAtomic: parsePrice(price), most: parseInteger(mostEvents, '--most-events', 1, 1_000_000) }
}

function parseMethod(text: string): 'channel' | 'exact' {
  if (text === 'channel' || text === 'exact') return text
  throw new KoinonError({
    code: 'usage/bad-method',
    message: `--method takes channel and exact, not "${text.slice(0, 40)}"`,
    hint: 'channel: many calls out of one deposit; exact: a transfer a call.',
  })
}
