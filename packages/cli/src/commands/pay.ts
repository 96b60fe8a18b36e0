import {
  dollarDecimals,
  fetchFailureReason,
  formatUnits,
  isKoinonError,
  KoinonError,
  namingFetch,
  parseUnits,
} from '@koinon/base'
import {
  describePayment,
  networkOf,
  openHomePayer,
  type PaymentFacts,
  readPaymentTerms,
  receiptOf,
} from '@koinon/node/wallet'
import type { Command } from 'commander'
import { keepPaidReceipt } from '../paid-receipts.ts'
import { printableAnswer } from '../printable.ts'
import { runCommand } from '../runner.ts'
import { type AnswerScreen, eventScreen, rawScreen } from '../stream-screen.ts'
import { delegationOf } from './budget-delegate.ts'

type PayOptions = {
  readonly method?: string
  readonly data?: string
  readonly header: readonly string[]
  readonly maxPerCall?: string
  readonly id?: string
  readonly dryRun?: boolean
  readonly raw?: boolean
  readonly budget?: string
  readonly delegation?: string
  readonly steps?: boolean
  readonly signIn?: boolean
}

/** What a call may cost where dollars are worth nothing and no limit is given. */
export const testMaximum = '0.1'
/** Longest answer that is shown. */
const mostAnswerBytes = 16 << 20
/** What may lie in channels of the store that calls of the command line share, as a multiple of a call's limit. */
export const callsInChannels = 100n

export function definePay(pay: Command): void {
  pay
    .argument('<url>', 'what to ask')
    .option('-X, --method <method>', 'HTTP method (default: GET, with a body POST)')
    .option('-d, --data <body>', 'body; JSON unless a content-type is given')
    .option(
      '-H, --header <name:value>',
      'header, repeatable',
      (value: string, all: readonly string[]) => [...all, value],
      [],
    )
    .option('--max-per-call <dollars>', `the most that the call may cost (test networks: ${testMaximum})`)
    .option('--id <id>', 'name of the call: the same one again is paid once (16 to 128 of A-Z a-z 0-9 _ -)')
    .option('--budget <name>', 'pay from this budget, by its session key (see koinon budget)')
    .option('--delegation <file>', 'pay out of a smart account, by its delegation (see koinon budget delegate)')
    .option('--steps', 'pay a stream step by step while it comes, where its seller offers that')
    .option('--sign-in', 'where it was paid for before, show that by a signature of the wallet and do not pay again')
    .option('--raw', 'print the bytes of the answer as they came, not the text of a stream')
    .option('--dry-run', 'show what is asked and pay nothing')
    .action(
      runCommand(async ({ home, isJson, say, typed }, url: string, options: PayOptions) => {
        const network = networkOf(home)
        const request = requestOf(url, options)
        if (options.dryRun === true) {
          const response = await namingFetch(fetch)(url, request)
          const terms = (await readPaymentTerms(response, network)) ?? []
          const lines = terms.map(
            ({ backEnd, maximumAtomic, payTo, isNetworkDollar }) =>
              `${backEnd}: at most ${isNetworkDollar ? `${formatUnits(maximumAtomic, dollarDecimals)} dollars` : `${maximumAtomic} of another token`} to ${payTo}`,
          )
          const nothing = `Status ${response.status}: nothing is asked for in a form that this command knows.`
          return { data: { status: response.status, terms }, text: lines.length === 0 ? nothing : lines.join('\n') }
        }
        const maximumPerCallAtomic = maximumOf(options.maxPerCall, network.isTest)
        const owner = await openHomePayer(home, 'pay', {
          maximumPerCallAtomic,
          maximumInChannelsAtomic: maximumPerCallAtomic * callsInChannels,
          ...(options.budget === undefined ? {} : { budget: options.budget }),
          ...delegationOf(options),
          takesSteps: options.steps === true,
          signsIn: signsIn(options),
          say,
        })
        try {
          const response = await namingFetch(owner.fetch)(url, request)
          const screen = isJson ? undefined : screenFor(response, options.raw === true)
          const { bytes, stopped } = await readAnswer(response, url, (part) => screen?.push(part))
          screen?.end()
          const receipt = receiptOf(response)
          const paid = receipt === undefined ? undefined : describePayment(receipt)
          const sent = new TextEncoder().encode(options.data ?? '')
          const answer = { headers: response.headers, request: sent, response: bytes }
          const kept = receipt && keepPaidReceipt(home, { ...answer, payment: receipt })
          for (const line of stopped ?? []) say(line)
          say(typed(paidSentence(response.status, paid, kept, bytes.length)))
          const body = new TextDecoder().decode(bytes)
          return {
            data: {
              status: response.status,
              body,
              payment: paid ?? null,
              receiptId: kept?.id ?? null,
              ...(stopped === undefined ? {} : { stopped }),
            },
            text: screen === undefined ? printableAnswer(body) : '',
            isBad: !response.ok || stopped !== undefined,
          }
        } finally {
          await owner.close()
        }
      }),
    )
}

/** Only the wallet's own account signs in. Throws `usage/sign-in`. */
function signsIn({ signIn = false, budget, delegation }: PayOptions): boolean {
  if (!signIn || (budget === undefined && delegation === undefined)) return signIn
  throw new KoinonError({
    code: 'usage/sign-in',
    message: 'Signing in shows that the wallet paid before, and here another account pays',
    hint: 'Leave out --sign-in, or --budget and --delegation.',
  })
}

/** Streams are shown as they come, other answers when they are whole. */
function screenFor(response: Response, isRaw: boolean): AnswerScreen | undefined {
  if (isRaw) return rawScreen(process.stdout)
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  return isStream ? eventScreen((text) => void process.stdout.write(text)) : undefined
}

/** The answer; of a stream that ended early for want of money what came of it, and why in words. Throws `payments/answer-broken-off`. */
export async function readAnswer(
  response: Response,
  url: string,
  onPart: (part: Uint8Array) => void,
): Promise<{ bytes: Uint8Array; stopped?: readonly string[] }> {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += part.length
      if (length > mostAnswerBytes) throw tooLong()
      parts.push(part)
      onPart(part)
    }
    return { bytes: Buffer.concat(parts) }
  } catch (error) {
    if (!isKoinonError(error)) throw brokenOff(url, length, error)
    if (error.code !== 'payments/stream-stopped') throw error
    const stopped = [error.message, ...(error.hint === undefined ? [] : [error.hint])]
    return { bytes: Buffer.concat(parts), stopped }
  }
}

function brokenOff(url: string, length: number, cause: unknown): KoinonError {
  return new KoinonError({
    code: 'payments/answer-broken-off',
    message: `The answer of ${new URL(url).origin} broke off after ${length} bytes: ${fetchFailureReason(cause)}`,
    hint: 'It may have been paid for. Calls that are named with --id can be sent again without paying twice.',
    retry: 'unknown',
    cause,
  })
}

function tooLong(): KoinonError {
  return new KoinonError({
    code: 'payments/answer-too-long',
    message: `The answer is longer than ${mostAnswerBytes} bytes; reading ended there, and it may have been paid for`,
    hint: 'Read long answers with a program of your own, through koinon proxy.',
  })
}

function requestOf(url: string, { method, data, header, id }: PayOptions): RequestInit {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new KoinonError({
      code: 'usage/bad-url',
      message: `"${url}" is not an http(s) address`,
      hint: 'For example: koinon pay http://127.0.0.1:8080/paid',
    })
  }
  const headers = new Headers()
  if (data !== undefined) headers.set('content-type', 'application/json')
  for (const line of header) {
    const at = line.indexOf(':')
    if (at < 1)
      throw new KoinonError({
        code: 'usage/bad-header',
        message: `"${line}" is not a header`,
        hint: 'Write it as name:value.',
      })
    headers.set(line.slice(0, at).trim(), line.slice(at + 1).trim())
  }
  if (id !== undefined) {
    if (!/^[A-Za-z0-9_-]{16,128}$/.test(id)) {
      throw new KoinonError({
        code: 'usage/bad-payment-id',
        message: `"${id}" cannot name a call`,
        hint: 'Take 16 to 128 characters of A-Z a-z 0-9 _ -.',
      })
    }
    headers.set('idempotency-key', id)
  }
  return {
    method: method?.toUpperCase() ?? (data === undefined ? 'GET' : 'POST'),
    headers,
    ...(data === undefined ? {} : { body: data }),
  }
}

/** The most that one call may cost, by `--max-per-call`. Throws `usage/no-maximum` where dollars are real and nothing is given. */
export function maximumOf(given: string | undefined, isTest: boolean): bigint {
  if (given !== undefined) return parseUnits(given, dollarDecimals)
  if (isTest) return parseUnits(testMaximum, dollarDecimals)
  throw new KoinonError({
    code: 'usage/no-maximum',
    message: 'The dollars of this network are real, and no limit is given',
    hint: 'Say with --max-per-call what the call may cost; --dry-run shows the price.',
  })
}

/** What a call came to, as far as its seller told. */
export function costWords({ chargedDollars, atMostDollars }: PaymentFacts): string {
  return chargedDollars === undefined
    ? `paid at most ${atMostDollars} dollars, for the seller has stated no charge`
    : `paid ${chargedDollars} dollars`
}

/** One line: what was paid, how, from where, and how to check what came. */
export function paidSentence(
  status: number,
  paid: PaymentFacts | undefined,
  kept: { readonly id: string } | undefined,
  length: number,
): string {
  const head = status === 200 ? '' : `status ${status}; `
  if (paid === undefined) return `${head}nothing paid`
  const steps = paid.steps === undefined ? '' : `, ${paid.steps} step${paid.steps === 1 ? '' : 's'}`
  const from = paid.channelId === undefined ? '' : ` from channel ${paid.channelId}`
  const moved = paid.channelId === undefined ? 'in' : 'filled by'
  const by = paid.transaction === undefined ? '' : ` ${moved} transaction ${paid.transaction}`
  const check =
    kept === undefined
      ? `${length} bytes came without a signed receipt, ${paid.isStated ? 'and the seller confirmed what it charged' : 'and the seller has not confirmed a charge'}: to look it up, ask the seller by the payment id`
      : `verify: koinon receipt verify ${kept.id}`
  return `${head}${costWords(paid)} (${paid.backEnd}${steps})${from}${by} to ${paid.payTo}; payment id ${paid.paymentId}; ${check}`
}
