import { existsSync } from 'node:fs'
import { formatUnits, KoinonError, picoUsdDecimals } from '@koinon/base'
import { currentApiKey } from '@koinon/node/home'
import { networkOf } from '@koinon/node/wallet'
import { askGateway, type GatewayAnswer } from '@koinon/sdk'
import type { Command } from 'commander'
import { duration } from '../format/time.ts'
import { printableAnswer } from '../printable.ts'
import { runCommand } from '../runner.ts'

type ChatOptions = {
  readonly model: string
  readonly maxTokens: string
  readonly temperature?: string
  readonly key?: string
  readonly gateway?: string
}

export function defineChat(chat: Command): void {
  chat
    .argument('[question...]', 'what to ask')
    .option('--model <id>', 'model', 'default')
    .option('--max-tokens <n>', 'longest answer', '256')
    .option('--temperature <t>', "0 takes the likeliest word each time, higher varies more (default: the miner's)")
    .option('--key <api key>', 'API key (default: the newest of this home)')
    .option('--gateway <url>', "gateway (default: the key's own)")
    .action(
      runCommand(async ({ home, isJson, typed }, words: readonly string[], options: ChatOptions) => {
        if (words.join('').trim() === '')
          throw new KoinonError({
            code: 'usage/no-question',
            message: 'There is no question',
            hint: 'For example: koinon chat "What is a subnet?". More: koinon chat --help',
          })
        const stored = options.key === undefined || options.gateway === undefined ? currentApiKey(home) : undefined
        const maxTokens = Number(options.maxTokens)
        if (!Number.isInteger(maxTokens) || maxTokens < 1)
          throw new KoinonError({
            code: 'usage/bad-number',
            message: `--max-tokens takes a whole number above 0, not "${options.maxTokens}"`,
            hint: 'For example: --max-tokens 256.',
          })
        // A gateway that is named may be of another network than this home.
        const isOwnNetwork = options.gateway === undefined && existsSync(home.networkFile)
        const answer = await askGateway({
          ...(isOwnNetwork ? { chainId: networkOf(home).chainId } : {}),
          baseUrl: `${options.gateway ?? stored?.gatewayUrl}/v1`,
          apiKey: options.key ?? (stored?.apiKey as string),
          body: {
            model: options.model,
            messages: [{ role: 'user', content: words.join(' ') }],
            max_tokens: maxTokens,
            ...(options.temperature === undefined ? {} : { temperature: Number(options.temperature) }),
          },
          onText: (text) => void (isJson || process.stdout.write(printableAnswer(text))),
        })
        const data = { ...answer, request: textOf(answer.request), response: textOf(answer.response) }
        return { data, text: `\n\n${describe(answer, typed)}` }
      }),
    )
}

/** As they went over the wire, for JSON. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function describe(answer: GatewayAnswer, typed: (text: string) => string): string {
  const failed = answer.checks.filter((check) => check.state === 'fail')
  const passed = answer.checks.filter((check) => check.state === 'pass').length
  const open = answer.checks.length - passed - failed.length
  return [
    ...(answer.isUnsure ? ['(The model is unsure of this answer.)'] : []),
    `answered by ${answer.provider ?? 'unknown'} in ${duration(answer.totalMs)}, first words after ${duration(answer.firstByteMs)}`,
    `${answer.promptTokens} + ${answer.outputTokens} tokens, ${formatUnits(answer.amountPicoUsd, picoUsdDecimals)} dollars`,
    failed.length > 0
      ? `CHECKS FAILED: ${failed.map((check) => `${check.name} (${check.detail})`).join('; ')}`
      : `level L0: ${passed} checks passed, ${open} not checked; replay it yourself: ${typed('koinon receipt verify')} ${answer.receiptId ?? ''} --level L2`,
  ].join('\n')
}
