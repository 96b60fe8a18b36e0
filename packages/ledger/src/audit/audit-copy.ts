/** What an audit read, as files that can be kept and audited again without a server (specs/0019-audit.md section 3). */
import { KoinonError, sha256Hex } from '@koinon/base'
import { z } from 'zod'
import { type NetworkFile, parseNetworkFile } from '../network-file.ts'
import { eventFromLine, toLine, viewFromLine, viewKey } from './audit-json.ts'
import type { AuditCheck } from './audit-report.ts'
import type { Answer, AuditSource, ViewCall } from './audit-source.ts'

const fileNames = ['events.jsonl', 'views.jsonl', 'documents.jsonl'] as const
const manifestName = 'manifest.json'

/** Texts by file name. */
export type AuditFiles = Readonly<Record<(typeof fileNames)[number] | typeof manifestName, string>>
export const auditFileNames = [...fileNames, manifestName] as const

const manifestSchema = z.object({
  v: z.literal(1),
  network: z.unknown(),
  head: z.object({
    block: z.int().min(0),
    hash: z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)]),
    seconds: z.int().min(0),
  }),
  files: z.record(z.string(), z.string()),
})

/** Remembers what is read through it. `files` gives what was read until then. */
export function recordSource(source: AuditSource): { readonly source: AuditSource; files(): AuditFiles } {
  const views = new Map<string, string>()
  const documents = new Map<string, string>()
  const recording: AuditSource = {
    ...source,
    async view(call: ViewCall) {
      const answer = await source.view(call)
      if ('value' in answer) views.set(viewKey(call), toLine({ ...call, value: answer.value }))
      return answer
    },
    async document(url: string) {
      const answer = await source.document(url)
      documents.set(url, toLine({ url, ...answer }))
      return answer
    },
  }
  return {
    source: recording,
    files() {
      const texts = {
        'events.jsonl': linesOf(source.events.map(toLine)),
        'views.jsonl': linesOf([...views].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line)),
        'documents.jsonl': linesOf([...documents].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line)),
      }
      const files = Object.fromEntries(fileNames.map((name) => [name, sha256Hex(texts[name])]))
      const manifest = { v: 1, network: source.network, head: source.head, files }
      return { ...texts, [manifestName]: `${JSON.stringify(manifest, null, 2)}\n` }
    },
  }
}

/** A source that answers from files alone, and a check of the files themselves. Throws `ledger/bad-audit-copy`. */
export function createCopySource(files: AuditFiles): { readonly source: AuditSource; readonly check: AuditCheck } {
  const { network, head, hashes } = readManifest(files[manifestName])
  const views = new Map(linesIn(files['views.jsonl']).map((line) => [viewFromLine(line).key, viewFromLine(line).value]))
  const documents = new Map(
    linesIn(files['documents.jsonl']).map((line) => {
      const { url, ...answer } = JSON.parse(line) as { url: string } & Answer<string>
      return [url, answer as Answer<string>]
    }),
  )
  const missing = { problem: 'the copy does not hold it' }
  return {
    source: {
      network,
      head,
      events: linesIn(files['events.jsonl']).map(eventFromLine),
      view: async (call) => (views.has(viewKey(call)) ? { value: views.get(viewKey(call)) } : missing),
      document: async (url) => documents.get(url) ?? missing,
    },
    check: {
      name: 'copy',
      compares: 'the files with the hashes in their manifest',
      async run(_, tally) {
        for (const name of fileNames)
          tally.same({}, `SHA-256 of ${name}`, hashes[name] ?? 'named in the manifest', sha256Hex(files[name]))
      },
    },
  }
}

function readManifest(text: string): {
  readonly network: NetworkFile
  readonly head: AuditSource['head']
  readonly hashes: Readonly<Record<string, string>>
} {
  try {
    const { network, head, files } = manifestSchema.parse(JSON.parse(text))
    return { network: parseNetworkFile(JSON.stringify(network)), head, hashes: files }
  } catch (cause) {
    throw new KoinonError({
      code: 'ledger/bad-audit-copy',
      message: `The copy's ${manifestName} is malformed`,
      hint: 'Export it again: koinon audit export DIR.',
      cause,
    })
  }
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

function linesIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}
