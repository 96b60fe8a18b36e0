import { checkAgent, checkListing, type ListingCheck, type PricedTool, sampleOf } from '@koinon/agents/client'
import { isKoinonError, KoinonError, namingFetch } from '@koinon/base'
import { describePayment, networkOf, openHomePayer, type PaymentFacts, receiptOf } from '@koinon/node/wallet'
import { fail, pass } from '@koinon/work'
import type { Command } from 'commander'
import { type AskOptions, agentIdOf, checksText, ledgerOf, resolveOptionsOf, withAskOptions } from '../agent-view.ts'
import { keepPaidReceipt } from '../paid-receipts.ts'
import { type CommandContext, runCommand } from '../runner.ts'
import { callsInChannels, costWords, maximumOf, paidSentence, readAnswer, testMaximum } from './pay.ts'

type CheckOptions = AskOptions & {
  readonly pay?: string | true
  readonly data?: string
  readonly maxPerCall?: string
  readonly budget?: string
}

/** What only a seller can bring about; whatever else stops a purchase is no fault of the listing. */
const sellersFaults = [
  'payments/bad-challenge',
  'payments/mpp-bad-challenge',
  'payments/offer-mismatch',
  'payments/payment-refused',
  'payments/redirected',
  'payments/insecure-origin',
  'payments/seller-overclaims',
]

/** `koinon agent check URL`: what a stranger would find wrong with a listing, and what to do about it. */
export function defineAgentCheck(agent: Command): void {
  const check = agent
    .command('check')
    .description(
      'ask a listing everything that strangers will ask: file, domain, ledger, A2A, MCP, 402, prices; say what to mend',
    )
    .argument('<url>', 'address of a site or of its registration file, or the id of an agent')
    .option('--pay [service]', 'then buy one call of this priced service, or of the first')
    .option('-d, --data <body>', 'what that call asks, as JSON (default: the least that its schema takes)')
    .option('--max-per-call <dollars>', `the most that the call may cost (test networks: ${testMaximum})`)
    .option('--budget <name>', 'pay it from this budget (see koinon budget)')
  withAskOptions(check).action(
    runCommand(async (context, target: string, options: CheckOptions) => {
      requirePay(options)
      const { home, typed } = context
      const view = ledgerOf(home)
      const asked = resolveOptionsOf(view, options)
      const found = /^https?:/.test(target)
        ? await checkListing(view, target, asked)
        : await checkAgent(view, agentIdOf(view, target), asked)
      const bought = options.pay === undefined ? undefined : await buy(context, toolOf(found, options.pay), options)
      const checks = bought === undefined ? found : [...found, bought.check]
      return {
        data: {
          target,
          checks,
          ...(bought === undefined ? {} : { payment: bought.payment ?? null, receiptId: bought.receiptId ?? null }),
        },
        text: checksText(checks, typed),
        isBad: checks.some(({ state }) => state === 'fail'),
      }
    }),
  )
}

/** Throws `usage/needs-pay`. */
function requirePay({ pay, data, maxPerCall, budget }: CheckOptions): void {
  if (pay !== undefined) return
  const idle = Object.entries({ '--data': data, '--max-per-call': maxPerCall, '--budget': budget })
  const [given] = idle.find(([, value]) => value !== undefined) ?? []
  if (given === undefined) return
  throw new KoinonError({
    code: 'usage/needs-pay',
    message: `${given} is about a call that is bought, and without --pay none is`,
    hint: `Add --pay, or leave ${given} out.`,
  })
}

function toolOf(checks: readonly ListingCheck[], wanted: string | true): PricedTool {
  const tools = checks.flatMap(({ tool }) => tool ?? [])
  const tool = wanted === true ? tools[0] : tools.find(({ name }) => name === wanted)
  const objection = checks.find((check) => check.tool === tool && check.state === 'fail')
  if (tool !== undefined && objection !== undefined) {
    throw new KoinonError({
      code: 'usage/service-failed',
      message: `Nothing is bought of a service that fails its check: ${objection.detail}`,
      hint: 'Name another service, or pay the address with "koinon pay URL".',
    })
  }
  if (tool !== undefined) return tool
  throw new KoinonError({
    code: 'usage/no-priced-service',
    message:
      wanted === true ? 'The listing names no priced service' : `The listing names no priced service "${wanted}"`,
    hint:
      tools.length === 0
        ? 'Priced services are those of an OpenAPI document that answer 402; pay another address with "koinon pay URL".'
        : `It names ${tools.map(({ name }) => name).join(', ')}.`,
  })
}

type Bought = { readonly check: ListingCheck; readonly payment?: PaymentFacts; readonly receiptId?: string }

/** One call within the limit, paid as `koinon pay` pays and from the same channels. Throws what is not the seller's fault. */
async function buy(
  { home, say, typed }: CommandContext,
  { name, url, input }: PricedTool,
  { data, maxPerCall, budget }: CheckOptions,
): Promise<Bought> {
  const maximumPerCallAtomic = maximumOf(maxPerCall, networkOf(home).isTest)
  const owner = await openHomePayer(home, 'pay', {
    maximumPerCallAtomic,
    maximumInChannelsAtomic: maximumPerCallAtomic * callsInChannels,
    ...(budget === undefined ? {} : { budget }),
    say,
  })
  try {
    const body = data ?? JSON.stringify(sampleOf(input))
    // The body is the listing's: it goes to the address that was checked and to no other.
    const headers = { 'content-type': 'application/json' }
    const request = { method: 'POST', headers, body, redirect: 'error' } as const
    const response = await namingFetch(owner.fetch)(url, request)
    const { bytes, stopped } = await readAnswer(response, url, () => undefined)
    const receipt = receiptOf(response)
    const payment = receipt === undefined ? undefined : describePayment(receipt)
    const sent = new TextEncoder().encode(body)
    const answer = { headers: response.headers, request: sent, response: bytes }
    const kept = receipt && keepPaidReceipt(home, { ...answer, payment: receipt })
    for (const line of stopped ?? []) say(line)
    say(typed(paidSentence(response.status, payment, kept, bytes.length)))
    const cost = payment === undefined ? 'nothing paid' : `${costWords(payment)} (${payment.backEnd})`
    const what = `${name} answered ${response.status} with ${bytes.length} bytes; ${cost}`
    return {
      check: response.ok && payment !== undefined ? pass('bought', what) : fail('bought', what),
      ...(payment === undefined ? {} : { payment }),
      ...(kept === undefined ? {} : { receiptId: kept.id }),
    }
  } catch (error) {
    if (!isSellersFault(error)) throw error
    const { message, hint, details } = error
    const paymentId = details?.['paymentId']
    const which = paymentId === undefined ? '' : ` (payment id ${paymentId})`
    const check = fail('bought', `${name}: ${message}${which}`)
    return { check: { ...check, ...(hint === undefined ? {} : { nextStep: hint }) } }
  } finally {
    await owner.close()
  }
}

function isSellersFault(error: unknown): error is KoinonError {
  if (!isKoinonError(error) || !sellersFaults.includes(error.code)) return false
  // Whoever does not know that the payer holds what it signed for blames nobody.
  return error.code !== 'payments/payment-refused' || error.details?.['isCovered'] === true
}
