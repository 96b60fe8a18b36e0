import { checkAgent, checkListing, type ListingCheck, type PricedTool, sampleOf } from '@koinon/agents/client'
import { boundedText, isKoinonError, KoinonError, namingFetch } from '@koinon/base'
import type { Home } from '@koinon/node/home'
import { describePayment, networkOf, openHomePayer, receiptOf } from '@koinon/node/wallet'
import { fail, pass } from '@koinon/work'
import type { Command } from 'commander'
import { type AskOptions, agentIdOf, checksText, ledgerOf, resolveOptionsOf, withAskOptions } from '../agent-view.ts'
import { runCommand } from '../runner.ts'
import { maximumOf, testMaximum } from './pay.ts'

type CheckOptions = AskOptions & {
  readonly pay?: string | true
  readonly data?: string
  readonly maxPerCall?: string
  readonly budget?: string
}

const mostAnswerBytes = 1 << 20

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
    runCommand(async ({ home, say, typed }, target: string, options: CheckOptions) => {
      const view = ledgerOf(home)
      const asked = resolveOptionsOf(view, options)
      const found = /^https?:/.test(target)
        ? await checkListing(view, target, asked)
        : await checkAgent(view, agentIdOf(view, target), asked)
      const checks =
        options.pay === undefined ? found : [...found, await buy(home, toolOf(found, options.pay), options, say)]
      return {
        data: { target, checks },
        text: typed(checksText(checks)),
        isBad: checks.some(({ state }) => state === 'fail'),
      }
    }),
  )
}

function toolOf(checks: readonly ListingCheck[], wanted: string | true): PricedTool {
  const tools = checks.flatMap(({ tool }) => tool ?? [])
  const tool = wanted === true ? tools[0] : tools.find(({ name }) => name === wanted)
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

/** One call, within the limit; nothing lies in a channel after it but what the call may cost. */
async function buy(
  home: Home,
  { name, url, input }: PricedTool,
  { data, maxPerCall, budget }: CheckOptions,
  say: (text: string) => void,
): Promise<ListingCheck> {
  const maximumPerCallAtomic = maximumOf(maxPerCall, networkOf(home).isTest)
  const limits = { maximumPerCallAtomic, maximumInChannelsAtomic: maximumPerCallAtomic }
  try {
    const owner = await openHomePayer(home, 'pay', { ...limits, ...(budget === undefined ? {} : { budget }), say })
    try {
      const body = data ?? JSON.stringify(sampleOf(input))
      const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
      const response = await namingFetch(owner.fetch)(url, request)
      const { length } = await boundedText(response, mostAnswerBytes, tooLong)
      const receipt = receiptOf(response)
      const paid = receipt === undefined ? undefined : describePayment(receipt)
      const cost = paid === undefined ? 'nothing paid' : `paid ${paid.chargedDollars} dollars (${paid.backEnd})`
      const what = `${name} answered ${response.status} with ${length} characters; ${cost}`
      return response.ok && paid !== undefined ? pass('bought', what) : fail('bought', what)
    } finally {
      await owner.close()
    }
  } catch (error) {
    if (!isKoinonError(error)) throw error
    const { message, hint } = error
    return { ...fail('bought', `${name}: ${message}`), ...(hint === undefined ? {} : { nextStep: hint }) }
  }
}

function tooLong(): KoinonError {
  return new KoinonError({
    code: 'payments/answer-too-long',
    message: `The answer is longer than ${mostAnswerBytes} bytes`,
    hint: 'Read it with koinon pay.',
  })
}
