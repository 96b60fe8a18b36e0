// The table of error codes in specs/0008-http.md follows the source: compares the two, or writes the table with --write.
import { readFileSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { sourceFiles } from './sources.ts'

/** How a code that is put together at run time gets its last part. */
const assembled: Readonly<Record<string, RegExp>> = {
  'request/${reason}': /\brefused\(\s*'([a-z-]+)'/g,
  'subnets/peer-${reason}': /\bpeerError\(\s*'([a-z-]+)'/g,
}
/** Codes in OpenAI's own form: made by `openAiError({ code })`, and by the last argument of `badRequest`. */
const openAiCodes = [/\bcode: '([a-z]+(?:_[a-z]+)+)'/g, /\bbadRequest\([\s\S]*?'([a-z]+(?:_[a-z]+)+)',?\s*\)/g]

const root = resolve(import.meta.dirname, '..')
const chapter = resolve(root, 'specs/0008-http.md')
const begin = '<!-- error codes: written by scripts/error-codes.ts -->'
const end = '<!-- end of error codes -->'
const problems: string[] = []

const sources = sourceFiles(root, ['packages', 'subnets', 'apps/web/src'])
  .map((path) => ({ name: relative(root, path), text: readFileSync(path, 'utf8') }))
  .filter(({ name }) => !/\.test|\/testing\//.test(name))
/** Layers that name an error anywhere; a literal `layer/reason` of one of them is a code wherever it stands. */
const layers = new Set(sources.flatMap(({ text }) => textsOf(text, /\bcode: '([a-z]+)\//g)))
const codes = new Set(sources.flatMap(({ name, text }) => codesOf(name, text)))

const table = tableOf([...codes].sort())
const text = readFileSync(chapter, 'utf8')
const [from, to] = [text.indexOf(begin), text.indexOf(end)]
if (from < 0 || to < from) problems.push(`${relative(root, chapter)} has no place for the error codes`)
else if (process.argv.includes('--write')) {
  writeFileSync(chapter, `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`)
} else if (text.slice(from + begin.length, to).trim() !== table) {
  problems.push(
    'The error codes in specs/0008-http.md are not those of the source: node scripts/error-codes.ts --write',
  )
}
console.log(JSON.stringify({ errorCodes: codes.size }))
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}

function codesOf(name: string, source: string): readonly string[] {
  const literals = [...source.matchAll(/'([a-z]+)\/([a-z]+(?:[a-z0-9-]*[a-z0-9])?)'/g)].filter(([, layer]) =>
    layers.has(layer as string),
  )
  const built = textsOf(source, /\bcode: `([^`]+)`/g).flatMap((template) => {
    const reasons = assembled[template]
    if (reasons !== undefined) return textsOf(source, reasons).map((reason) => template.replace('${reason}', reason))
    if (template !== 'openai/${code}') problems.push(`${name}: nothing is known of the code ${template}`)
    return []
  })
  const openAi = name.startsWith('packages/inference/src/')
    ? openAiCodes.flatMap((pattern) => textsOf(source, pattern)).map((code) => `openai/${code}`)
    : []
  return [...literals.map(([, layer, reason]) => `${layer}/${reason}`), ...built, ...openAi]
}

function textsOf(source: string, pattern: RegExp): readonly string[] {
  return [...source.matchAll(pattern)].map(([, found]) => found as string)
}

function tableOf(sorted: readonly string[]): string {
  const rows = new Map<string, string[]>()
  for (const code of sorted) {
    const [layer, reason] = code.split('/') as [string, string]
    rows.set(layer, [...(rows.get(layer) ?? []), `\`${reason}\``])
  }
  const lines = [...rows].map(([layer, reasons]) => `| \`${layer}/\` | ${reasons.join(' ')} |`)
  return ['| layer | reasons |', '|---|---|', ...lines].join('\n')
}
