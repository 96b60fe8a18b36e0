/** A validator's record of an epoch, read from its server: bounded in bytes, answers and time, from one address only. */
import { type Hex, isKoinonError, KoinonError, maximumEvidenceLogBytes } from '@koinon/base'
import { readJson } from '@koinon/work/node'

export type RecordLimits = {
  readonly logBytes: number
  /** Of one answer as JSON. */
  readonly answerBytes: number
  readonly totalBytes: number
  readonly answers: number
  readonly requestMs: number
  readonly totalMs: number
}

/** All seats a subnet may have with all questions an epoch may have, and half an hour for them. */
export const recordLimits: Omit<RecordLimits, 'answerBytes'> = {
  logBytes: maximumEvidenceLogBytes,
  totalBytes: 512 * 1_048_576,
  answers: 256 * 64,
  requestMs: 20_000,
  totalMs: 1_800_000,
}

export type PublishedRecord = {
  /** The log as it was sent; nobody has checked it. */
  readonly log: unknown
  /** An answer's text; undefined where the validator has none under that hash. */
  answer(hash: Hex): Promise<string | undefined>
  /** The log of the epoch before, as it was sent; undefined where the validator has none. */
  before(): Promise<unknown>
}

/**
 * Reads the log of an epoch; answers when they are asked for, all from the address given, wherever it would send on to.
 * Throws `subnets/record-bounds` where it sends or takes more than the limits, `usage/bad-url`, and the errors of `readJson`.
 */
export async function openPublishedRecord(
  address: string,
  { netuid, epoch }: { readonly netuid: number; readonly epoch: number },
  limits: RecordLimits,
): Promise<PublishedRecord> {
  const base = baseOf(address)
  const deadline = AbortSignal.timeout(limits.totalMs)
  let answers = 0
  let leftBytes = limits.totalBytes
  const get = async (path: string, mostBytes: number): Promise<unknown> => {
    const signal = AbortSignal.any([deadline, AbortSignal.timeout(limits.requestMs)])
    try {
      const response = await fetch(`${base}${path}`, { redirect: 'error', signal })
      if (response.status === 404) return await response.body?.cancel().then(() => undefined)
      if (!response.ok) throw new Error(`it answered with status ${response.status}`)
      return await readJson(
        counted(response.body ?? nothing(), (bytes) => (leftBytes -= bytes)),
        mostBytes,
      )
    } catch (error) {
      if (deadline.aborted) throw outOfBounds(base, `it took longer than ${limits.totalMs / 1_000} s in all`)
      if (leftBytes < 0) throw outOfBounds(base, `it sent more than ${limits.totalBytes} bytes in all`)
      throw isKoinonError(error) ? error : unreachable(base, error as Error)
    }
  }
  const log = await get(`/v1/evidence-log/${netuid}/${epoch}`, limits.logBytes)
  if (log === undefined) throw noRecord(base, netuid, epoch)
  return {
    log,
    async answer(hash) {
      answers++
      if (answers > limits.answers) throw outOfBounds(base, `its log names more than ${limits.answers} answers`)
      const answer = (await get(`/v1/answers/${netuid}/${hash}`, limits.answerBytes)) as {
        readonly text?: unknown
      } | null
      return typeof answer?.text === 'string' ? answer.text : undefined
    },
    before: async () => (epoch === 0 ? undefined : get(`/v1/evidence-log/${netuid}/${epoch - 1}`, limits.logBytes)),
  }

  async function* counted(
    body: AsyncIterable<Uint8Array>,
    take: (bytes: number) => number,
  ): AsyncGenerator<Uint8Array> {
    for await (const part of body) {
      if (take(part.length) < 0) return
      yield part
    }
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function baseOf(address: string): string {
  const url = URL.parse(address)
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  if (isPlain && url.search === '' && url.hash === '') return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  throw new KoinonError({
    code: 'usage/bad-url',
    message: `${address} is not the address of a validator`,
    hint: 'Give http(s)://HOST:PORT as "koinon status" or the ledger names it.',
  })
}

function outOfBounds(base: string, problem: string): KoinonError {
  return new KoinonError({
    code: 'subnets/record-bounds',
    message: `${base} gives no record that can be read: ${problem}`,
    hint: 'Ask another validator of the subnet for the same epoch.',
  })
}

function noRecord(base: string, netuid: number, epoch: number): KoinonError {
  return new KoinonError({
    code: 'subnets/no-record',
    message: `${base} publishes no record of epoch ${epoch} of subnet ${netuid}`,
    hint: `Epochs and their states: koinon epoch show --netuid ${netuid}`,
  })
}

function unreachable(base: string, cause: Error): KoinonError {
  return new KoinonError({
    code: 'node/unreachable',
    message: `${base} cannot be read: ${cause.message}`,
    hint: 'Check the address, and that the validator runs.',
    retry: 'later',
    cause,
  })
}
