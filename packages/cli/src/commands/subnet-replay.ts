import { type Hex, KoinonError } from '@koinon/base'
import type { EvidenceLog } from '@koinon/subnets/dev'
import type { Command } from 'commander'
import { readGivenText } from '../given-file.ts'
import { mechanismTable } from '../mechanism-table.ts'
import { parseNetuid } from '../netuid.ts'
import { openPublishedRecord, recordLimits } from '../published-record.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { table } from '../table.ts'

type ReplayFlags = { readonly file: string; readonly epoch?: string; readonly netuid: string }
type Record = {
  readonly log: EvidenceLog
  readonly blobs: (hash: Hex) => Promise<string | undefined>
  readonly before?: () => Promise<EvidenceLog | undefined>
}

const recordHint = 'Give a file that "koinon subnet dev FILE --out DIR" wrote, or the URL of a validator.'

/** `koinon subnet replay RECORD --file FILE`. */
export function defineSubnetReplay(subnet: Command): void {
  subnet
    .command('replay')
    .description("compute a validator's scores again from its published evidence, and name the first difference")
    .argument('<record>', 'a record that "koinon subnet dev FILE --out DIR" kept, or a validator\'s URL')
    .requiredOption('--file <file>', 'the subnet file')
    .option('--epoch <n>', 'with a URL: which epoch')
    .option('--netuid <n>', 'with a URL: which subnet', '1')
    .action(
      runCommand(async ({ say, typed }, source: string, flags: ReplayFlags) => {
        const { readSubnetFile, replayLog, SubnetSandbox } = await import('@koinon/subnets/dev')
        const file = readSubnetFile(flags.file)
        const kept = isUrl(source) ? undefined : await readRecord(source)
        const place = isUrl(source) ? placeOf(flags) : undefined
        const sandbox = await SubnetSandbox.open(file, { onLog: (line) => say(`  ${line}`) })
        try {
          const record = kept ?? (await fetchRecord(source, place as Place, sandbox.description.answerBytes))
          const { checks, firstDifference } = await replayLog(sandbox, record.log, record.blobs, record.before)
          const { epoch, validator, scores } = record.log
          const parts = scores.flatMap(({ uid, parts: own }) => (own === undefined ? [] : [{ uid, parts: own }]))
          // Its words are ours; those of the others may name what the record's author wrote.
          const rows = checks.map(({ state, name, detail }) => [
            state,
            name,
            name === 'committed' ? typed(detail) : detail,
          ])
          const end =
            firstDifference === undefined
              ? checks.some(({ name, state }) => state === 'notChecked' && name !== 'committed')
                ? 'Nothing differs in what could be computed again; see what was not checked.'
                : 'Computed again, nothing differs.'
              : `FIRST DIFFERENCE in ${firstDifference}`
          return {
            data: { epoch, validator, checks, firstDifference: firstDifference ?? null, parts },
            text: `Validator ${validator}, epoch ${epoch}\n\n${table(['result', 'check', 'what was compared'], rows)}${mechanismTable(parts)}\n\n${end}`,
            isBad: firstDifference !== undefined,
          }
        } finally {
          await sandbox.close()
        }
      }),
    )
}

async function readRecord(path: string): Promise<Record> {
  const { parseEvidenceLog } = await import('@koinon/subnets/dev')
  const text = readGivenText(path, recordHint)
  const { log, blobs } = parseBundle(text, path)
  const parsed = parseEvidenceLog(JSON.stringify(log))
  return {
    log: parsed,
    blobs: async (hash) => {
      const blob = Object.hasOwn(blobs, hash) ? blobs[hash] : undefined
      return typeof blob === 'string' ? blob : undefined
    },
  }
}

function parseBundle(
  text: string,
  path: string,
): { readonly log: unknown; readonly blobs: { readonly [hash: string]: unknown } } {
  try {
    const json = JSON.parse(text) as { readonly log?: unknown; readonly blobs?: { readonly [hash: string]: unknown } }
    if (typeof json.log === 'object' && typeof json.blobs === 'object' && json.blobs !== null) {
      return { log: json.log, blobs: json.blobs }
    }
  } catch {
    // Said below, in the same words.
  }
  throw new KoinonError({
    code: 'usage/bad-record',
    message: `${path} holds no record of a validator: an object with "log" and "blobs"`,
    hint: recordHint,
  })
}

async function fetchRecord(url: string, place: Place, answerBytes: number): Promise<Record> {
  const { answerEvidenceBytes, parseEvidenceLog } = await import('@koinon/subnets/dev')
  const limits = { ...recordLimits, answerBytes: answerEvidenceBytes(answerBytes) }
  const { log, answer, before } = await openPublishedRecord(url, place, limits)
  return {
    log: parseEvidenceLog(JSON.stringify(log)),
    blobs: answer,
    before: async () => {
      const earlier = await before()
      return earlier === undefined ? undefined : parseEvidenceLog(JSON.stringify(earlier))
    },
  }
}

type Place = { readonly netuid: number; readonly epoch: number }

function isUrl(source: string): boolean {
  return /^https?:\/\//.test(source)
}

/** Throws `usage/no-epoch`. */
function placeOf(flags: ReplayFlags): Place {
  if (flags.epoch === undefined) {
    throw new KoinonError({
      code: 'usage/no-epoch',
      message: 'A validator has records of many epochs',
      hint: 'Name one with --epoch N; "koinon epoch show" lists them.',
    })
  }
  const epoch = parseInteger(flags.epoch, '--epoch', 0, Number.MAX_SAFE_INTEGER)
  const netuid = parseNetuid(flags.netuid, '--netuid')
  return { netuid, epoch }
}
