import { existsSync, readFileSync } from 'node:fs'
import { formatUnits, KoinonError, picoUsdDecimals } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { existingAccountKey, type Home, noKeyHint, readApiKeys, type StoredApiKey } from '@koinon/node/home'
import { resolveReplayModel } from '@koinon/node/local'
import { networkOf, requestJson } from '@koinon/node/wallet'
import { httpKind } from '@koinon/payments/rules'
import { type FetchedReceipt, fetchReceipt, type OwnBodies, verifyReceipt } from '@koinon/sdk'
import { bundleToJson, type Check, type ReceiptBundle, type Rung, rungs, type SignedReceipt } from '@koinon/work'
import type { Command } from 'commander'
import { type KeptReceipt, listPaidReceipts, readPaidReceipt, readReceiptJson } from '../paid-receipts.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { table } from '../table.ts'

type VerifyOptions = {
  readonly level: string
  readonly request?: string
  readonly response?: string
  readonly model?: string
}

const checkableLevels: readonly Rung[] = ['L0', 'L2']
const marks = { pass: 'pass', fail: 'FAIL', notChecked: 'not checked' } as const

export function defineReceipt(receipt: Command): void {
  receipt
    .command('list')
    .description('your last answers, newest first')
    .option('-n, --limit <n>', 'how many', '20')
    .action(
      runCommand(async ({ home, typed, warn }, options: { readonly limit: string }) => {
        const limit = parseInteger(options.limit, '--limit', 1, 200)
        const keys = hasKey(home) ? ownKeys(home).filter(isFirstOfPayer) : []
        const bought = listPaidReceipts(home, limit).map((item) => ({ ...item, paidBy: 'call' }))
        const lists = await Promise.all(
          keys.map((key) =>
            listOf(key, limit).catch((error: unknown) => {
              if (bought.length === 0) throw error
              warn(`What was asked with the key of ${key.gatewayUrl} is not listed: ${(error as Error).message}`)
              return []
            }),
          ),
        )
        const asked = lists.flat().map((item) => ({ ...item, paidBy: 'key' }))
        const listed: readonly Readonly<Record<string, unknown>>[] = [...asked, ...bought]
        const receipts = listed
          .toSorted((a, b) => Number(b['receivedAtMs']) - Number(a['receivedAtMs']))
          .slice(0, limit)
        const rows = receipts.map((item) => [
          String(item['id']),
          new Date(Number(item['receivedAtMs'])).toISOString().slice(0, 19).replace('T', ' '),
          String(item['upstreamPayee'] ?? item['payee']).slice(0, 12),
          formatUnits(BigInt(String(item['amountPicoUsd'])), picoUsdDecimals),
          item['paidBy'] === 'call' ? 'paid by the call' : 'through a gateway key',
        ])
        const shown = table(['receipt', 'time (UTC)', 'paid to', 'dollars', 'how'], rows)
        return {
          data: { receipts },
          text:
            rows.length === 0 ? typed(nothingYet(keys.length > 0)) : keys.length > 0 ? shown : `${shown}\n${callsOnly}`,
        }
      }),
    )
  receipt
    .command('show')
    .description('one receipt, whole')
    .argument('<id>', 'receipt id, or a file with a receipt')
    .action(
      runCommand(async ({ home }, id: string) => {
        const data = bundleToJson((await findReceipt(home, id)).bundle)
        return { data, text: JSON.stringify(data, null, 2) }
      }),
    )
  receipt
    .command('verify')
    .description('check a receipt in this very process, and say of each check how it ended')
    .argument('<id>', 'receipt id, or a file with a receipt')
    .option('--level <level>', 'L0 signatures, hashes and amounts; L2 also replays the answer bit by bit', 'L0')
    .option('--request <file>', 'the request body you sent, instead of what the provider shows')
    .option('--response <file>', 'the response body you received, instead of what the provider shows')
    .option('--model <file.gguf>', 'model to replay with (default: the demo model)')
    .action(runCommand((context, id: string, options: VerifyOptions) => verify(context.home, id, options, context.say)))
}

const callsOnly =
  'There is no gateway key in this home: these are the calls that were paid by themselves, by "pay" and "agent check --pay".'

function nothingYet(hasKeys: boolean): string {
  const ask = hasKeys
    ? 'Ask something: koinon chat "What is a subnet?"'
    : `There is no gateway key in this home. ${noKeyHint} Then ask something: koinon chat "What is a subnet?"`
  return `No receipts yet. ${ask}\nOr pay one call by itself: koinon pay URL (sellers who sign receipts leave one here)`
}

async function verify(home: Home, id: string, options: VerifyOptions, say: (text: string) => void) {
  const level = options.level as Rung
  if (!rungs.includes(level))
    throw new KoinonError({
      code: 'usage/unknown-level',
      message: `"${options.level}" is not a level`,
      hint: `Levels: ${checkableLevels.join(', ')}.`,
    })
  if (!checkableLevels.includes(level))
    throw new KoinonError({
      code: 'usage/unknown-level',
      message: `Level ${level} cannot be checked for inference yet`,
      hint: `Levels: ${checkableLevels.join(', ')}.`,
    })
  const found = await findReceipt(home, id)
  const network = existsSync(home.networkFile) ? networkOf(home) : undefined
  const engine =
    level === 'L0' || found.evidence === undefined ? undefined : await startEngine(home, options.model, say)
  try {
    const judged = await verifyReceipt(
      { ...found, ...ownBodies(options) },
      {
        level,
        ...(network === undefined ? {} : { chainId: network.chainId }),
        ...(engine === undefined ? {} : { engine }),
      },
    )
    const checks = [...judged, ...(await ledgerChecks(found, network))]
    const failed = checks.filter((check) => check.state === 'fail')
    const data = { id: found.bundle.hops[0]?.receipt.requestId, level, checks }
    return {
      data,
      text: `${describe(checks, found, failed.length, level)}${wayOn(checks, found, options)}`,
      isBad: failed.length > 0,
    }
  } finally {
    await engine?.stop()
  }
}

async function startEngine(home: Home, model: string | undefined, say: (text: string) => void) {
  const { InferenceEngine } = await import('@koinon/inference/provider/engine')
  say('loading the model to replay with ...')
  const engine = new InferenceEngine({ modelPath: await resolveReplayModel(home, model), maxParallelSequences: 1 })
  await engine.start()
  return engine
}

function ownBodies({ request, response }: VerifyOptions): OwnBodies {
  return {
    ...(request === undefined ? {} : { ownRequest: readBody(request, '--request') }),
    ...(response === undefined ? {} : { ownResponse: readBody(response, '--response') }),
  }
}

function readBody(path: string, flag: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new KoinonError({
      code: 'usage/no-file',
      message: `${path} cannot be read`,
      hint: `Check the path given with ${flag}.`,
      cause,
    })
  }
}

/** Whether the ledger knows the worker; whoever signs a receipt can name any account. */
async function ledgerChecks(
  { bundle, payment }: FetchedReceipt & OwnBodies,
  network: NetworkFile | undefined,
): Promise<readonly Check[]> {
  const worker = bundle.hops.at(-1)?.receipt.payee
  if (isPurchase(bundle))
    return [
      { name: 'payee', state: 'notChecked', detail: 'whoever sells over HTTP needs no seat, so none is looked for' },
      await settledCheck({ bundle, ...(payment === undefined ? {} : { payment }) }, network),
    ]
  if (network === undefined || worker === undefined)
    return [{ name: 'payee', state: 'notChecked', detail: 'this home belongs to no network' }]
  const { createLedgerReader, readNeurons } = await import('@koinon/ledger')
  try {
    const neurons = await readNeurons(createLedgerReader(network), network, 1)
    const seat = neurons.find((neuron) => neuron.hotkey === worker)
    return [
      seat === undefined
        ? {
            name: 'payee',
            state: 'notChecked',
            detail: `${worker} holds no seat on subnet 1 now; it may have left since`,
          }
        : { name: 'payee', state: 'pass', detail: `${worker} is uid ${seat.uid} of subnet 1` },
    ]
  } catch {
    return [{ name: 'payee', state: 'notChecked', detail: 'the ledger does not answer' }]
  }
}

async function settledCheck({ bundle, payment }: KeptReceipt, network: NetworkFile | undefined): Promise<Check> {
  if (network === undefined) return { name: 'channel', state: 'notChecked', detail: 'this home belongs to no network' }
  const [{ createLedgerReader }, { checkSettled }] = await Promise.all([
    import('@koinon/ledger'),
    import('@koinon/payments/verifier'),
  ])
  const { channels, dollar } = network.contracts
  const domain = { chainId: network.chainId, escrow: channels, token: dollar }
  return checkSettled(createLedgerReader(network), domain, (bundle.hops[0] as SignedReceipt).receipt, payment)
}

/** A receipt by its id, as this home kept it or from the gateways of its keys, or from a file. Throws `usage/bad-receipt-id`, `home/no-api-key`. */
export async function findReceipt(home: Home, id: string): Promise<FetchedReceipt & OwnBodies> {
  if (existsSync(id)) return readReceiptFile(id)
  if (!/^(chatcmpl-|cmpl-|0x)?[0-9a-f]{32}$/.test(id)) {
    throw new KoinonError({
      code: 'usage/bad-receipt-id',
      message: `"${id.slice(0, 60)}" is neither a receipt id nor a file`,
      hint: 'An id is 32 hexadecimal digits, as in the header x-koinon-receipt.',
    })
  }
  const kept = readPaidReceipt(home, id)
  if (kept !== undefined) return { ...kept, evidence: undefined, evidenceProblem: 'this call was paid without a key' }
  const keys = usableKeys(home)
  let last: unknown
  for (const key of keys) {
    try {
      return await fetchReceipt(key, id)
    } catch (error) {
      last = error
    }
  }
  throw last
}

function readReceiptFile(path: string): FetchedReceipt & OwnBodies {
  try {
    return { ...readReceiptJson(path), evidence: undefined, evidenceProblem: 'a file holds no evidence' }
  } catch (cause) {
    throw new KoinonError({
      code: 'usage/bad-receipt-file',
      message: `${path} does not hold a receipt: ${(cause as Error).message}`,
      hint: 'Give the identifier of a receipt, or a file that holds what "koinon receipt show" prints.',
      cause,
    })
  }
}

function hasKey(home: Home): boolean {
  return readApiKeys(home).some((key) => key.revokedAtMs === undefined)
}

function usableKeys(home: Home): readonly StoredApiKey[] {
  const keys = readApiKeys(home).filter((key) => key.revokedAtMs === undefined)
  if (keys.length > 0) return keys
  throw new KoinonError({
    code: 'home/no-api-key',
    message: `There is no API key in the home ${home.path}`,
    hint: noKeyHint,
  })
}

/** Keys paid by the home's own wallet; a local network's validators have theirs in the same home. */
function ownKeys(home: Home): readonly StoredApiKey[] {
  const keys = usableKeys(home)
  const { address } = existingAccountKey(home, 'wallet')
  return keys.filter((key) => key.channelConfig.payer === address)
}

function isFirstOfPayer(key: StoredApiKey, index: number, keys: readonly StoredApiKey[]): boolean {
  return (
    keys.findIndex(
      (other) => other.channelConfig.payer === key.channelConfig.payer && other.gatewayUrl === key.gatewayUrl,
    ) === index
  )
}

async function listOf(key: StoredApiKey, limit: number): Promise<readonly Record<string, unknown>[]> {
  const answer = await requestJson<{ readonly receipts: readonly Record<string, unknown>[] }>(
    `${key.gatewayUrl}/v1/receipts?limit=${limit}`,
    {
      method: 'GET',
      headers: { authorization: `Bearer ${key.apiKey}` },
    },
  )
  return answer.receipts
}

/** Bought over HTTP, by itself: there is neither a seat nor anything to replay. */
function isPurchase({ hops }: ReceiptBundle): boolean {
  return hops[0]?.receipt.kind === httpKind
}

/** What would let more be checked, where something is not. */
function wayOn(checks: readonly Check[], found: FetchedReceipt & OwnBodies, options: VerifyOptions): string {
  if (checks.every((check) => check.state !== 'notChecked')) return ''
  const isShown = found.evidence !== undefined
  const isReplayable = !isPurchase(found.bundle)
  const ways = [
    ...(isShown || options.request !== undefined || found.ownRequest !== undefined
      ? []
      : ['--request FILE (the body you sent)']),
    ...(isShown || options.response !== undefined || found.ownResponse !== undefined
      ? []
      : ['--response FILE (the body you received)']),
    ...(options.level === 'L2' || !isShown || !isReplayable ? [] : ['--level L2 (replays the answer)']),
    ...(isShown || !isReplayable ? [] : ['the id instead of a file (its provider shows what a replay needs)']),
  ]
  return ways.length === 0 ? '' : `\nMore can be checked with ${ways.join(', ')}`
}

function describe(checks: readonly Check[], found: FetchedReceipt, failedCount: number, level: Rung): string {
  const rows = checks.map((check) => [marks[check.state], check.name, check.detail])
  const open = checks.filter((check) => check.state === 'notChecked').length
  const summary =
    failedCount > 0
      ? `${failedCount} CHECKS FAILED`
      : `level ${level}: nothing failed; ${checks.length - open} passed, ${open} not checked`
  const note = found.evidenceProblem === undefined ? '' : `\nNo evidence: ${found.evidenceProblem}`
  return `${table(['result', 'check', 'what was looked at'], rows)}\n\n${summary}${note}`
}
