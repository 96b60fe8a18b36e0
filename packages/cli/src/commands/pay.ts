import { dollarDecimals, formatUnits, isKoinonError, KoinonError, parseUnits } from '@koinon/base'
import { describePayment, networkOf, openHomePayer, type PaymentFacts, readTerms, receiptOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { printableAnswer } from '../printable.ts'
import { runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type PayOptions = {
  readonly method?: string
  readonly data?: string
  readonly header: readonly string[]
  readonly max?: string
  readonly id?: string
  readonly dryRun?: boolean
  readonly budget?: string
  readonly steps?: boolean
}

/** What a call may cost where dollars are worth nothing and no limit is given. */
const testMaximum = '0.1'
/** Longest answer that is shown. */
const mostAnswerBytes = 16 << 20
/** What may lie in channels for calls of this command, as a multiple of a call's limit. */
const callsInChannels = 100n

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
    .option('--max <dollars>', `the most that the call may cost (test networks: ${testMaximum})`)
    .option('--id <id>', 'name of the call: the same one again is paid once (16 to 128 of A-Z a-z 0-9 _ -)')
    .option('--budget <name>', 'pay from this budget, by its session key (see koinon budget)')
    .option('--steps', 'pay a stream step by step while it comes, where its seller offers that')
    .option('--dry-run', 'show what is asked and pay nothing')
    .action(
      runCommand(async ({ home }, url: string, options: PayOptions) => {
        const network = networkOf(home)
        const request = requestOf(url, options)
        if (options.dryRun === true) {
          const response = await fetch(url, request)
          const terms = (await readTerms(response, network)) ?? []
          const lines = terms.map(
            ({ backEnd, maximumAtomic, payTo, isNetworkDollar }) =>
              `${backEnd}: at most ${isNetworkDollar ? `${formatUnits(maximumAtomic, dollarDecimals)} dollars` : `${maximumAtomic} of another token`} to ${payTo}`,
          )
          const nothing = `Status ${response.status}: nothing is asked for in a form that this command knows.`
          return { data: { status: response.status, terms }, text: lines.length === 0 ? nothing : lines.join('\n') }
        }
        const maximumPerCallAtomic = maximumOf(options.max, network.isTest)
        const owner = await openHomePayer(home, 'pay', {
          maximumPerCallAtomic,
          maximumInChannelsAtomic: maximumPerCallAtomic * callsInChannels,
          ...(options.budget === undefined ? {} : { budget: options.budget }),
          takesSteps: options.steps === true,
        })
        try {
          const response = await owner.fetch(url, request)
          const { body, stopped } = await readAnswer(response)
          const receipt = receiptOf(response)
          const paid = receipt === undefined ? undefined : describePayment(receipt)
          return {
            data: {
              status: response.status,
              body,
              payment: paid ?? null,
              ...(stopped === undefined ? {} : { stopped }),
            },
            text: [`${printableAnswer(body)}\n`, ...(stopped ?? []), describe(response.status, paid)].join('\n'),
            isBad: !response.ok || stopped !== undefined,
          }
        } finally {
          await owner.close()
        }
      }),
    )
}

/** The answer; of a stream that ended early for want of money what came of it, and why in words. */
async function readAnswer(response: Response): Promise<{ body: string; stopped?: readonly string[] }> {
  const parts: string[] = []
  const decoder = new TextDecoder()
  let bytes = 0
  try {
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += part.length
      if (bytes > mostAnswerBytes) throw tooLong()
      parts.push(decoder.decode(part, { stream: true }))
    }
    return { body: parts.join('') + decoder.decode() }
  } catch (error) {
    if (!isKoinonError(error) || error.code !== 'payments/stream-stopped') throw error
    return { body: parts.join(''), stopped: [error.message, ...(error.hint === undefined ? [] : [error.hint])] }
  }
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

function maximumOf(given: string | undefined, isTest: boolean): bigint {
  if (given !== undefined) return parseUnits(given, dollarDecimals)
  if (isTest) return parseUnits(testMaximum, dollarDecimals)
  throw new KoinonError({
    code: 'usage/no-maximum',
    message: 'The dollars of this network are real, and no limit is given',
    hint: 'Say with --max what the call may cost; --dry-run shows the price.',
  })
}

function describe(status: number, paid: PaymentFacts | undefined): string {
  if (paid === undefined) return `status ${status}, nothing paid`
  return facts([
    ['status', String(status)],
    ['paid', `${paid.chargedDollars} dollars (${paid.backEnd})${paid.isStated ? '' : ', not confirmed by the seller'}`],
    ['to', paid.payTo],
    ...(paid.transaction === undefined ? [] : [['transaction', paid.transaction] as const]),
    ...(paid.channelId === undefined ? [] : [['channel', paid.channelId] as const]),
    ['payment id', paid.paymentId],
  ])
}
