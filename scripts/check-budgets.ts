// The budgets that a script can hold (ARCHITECTURE.md): file sizes, documented exports, `any`, export style.
import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { sourceFiles } from './sources.ts'

const root = resolve(import.meta.dirname, '..')
const files = sourceFiles(root, [
  'packages',
  'apps/web',
  'models',
  'subnets',
  'scripts',
  'bench',
  'test',
  'examples',
]).map((path) => {
  const text = readFileSync(path, 'utf8')
  return { name: relative(root, path), text, lines: text.split('\n').length - 1 }
})
const isTest = (name: string): boolean => /\.test\.tsx?$|^test\/|\/test\/|^bench\//.test(name)
const source = files.filter((file) => !isTest(file.name))
const problems: string[] = []

const sizes = source.map((file) => file.lines).sort((a, b) => a - b)
const quantile = (share: number): number =>
  sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))] as number
const median = quantile(0.5)
const ninetieth = quantile(0.9)
demand(median <= 110, `the median source file has ${median} lines, at most 110`)
demand(ninetieth <= 350, `90 % of source files have up to ${ninetieth} lines, at most 350`)
for (const file of files) demand(file.lines <= 900, `${file.name} has ${file.lines} lines, at most 900`)

const sourceLines = sum(source.map((file) => file.lines))
const testLines = sum(
  files.filter((file) => /\.test\.tsx?$/.test(file.name) || isTest(file.name)).map((file) => file.lines),
)

const packageSource = source.filter((file) => file.name.startsWith('packages/'))
const exported = packageSource.flatMap((file) => publicExports(file.text))
const documented = exported.filter((item) => item.documented).length
const documentedShare = exported.length === 0 ? 1 : documented / exported.length
demand(
  documentedShare >= 0.7,
  `${(100 * documentedShare).toFixed(0)} % of exports have a documentation comment, at least 70 %`,
)

const anyCount = sum(
  source.map((file) => [...withoutComments(file.text).matchAll(/(?:[:<,|(]\s*|\bas\s+)any\b/g)].length),
)
demand((1000 * anyCount) / sourceLines <= 0.5, `${anyCount} uses of any in ${sourceLines} lines, at most 0.5 per 1,000`)

for (const file of source) {
  const isTool = /(^|\/)(vite|vitest|drizzle)[\w.]*config\.ts$/.test(file.name)
  demand(isTool || !/^export default\b/m.test(file.text), `${file.name} has a default export`)
  demand(!/^(?:export\s+)?(?:const\s+)?enum\b/m.test(file.text), `${file.name} has an enum`)
  demand(!file.name.endsWith('/index.ts') || !/^export \*/m.test(file.text), `${file.name} re-exports with export *`)
}

console.log(
  JSON.stringify({
    files: source.length,
    medianLines: median,
    ninetiethLines: ninetieth,
    sourceLines,
    testLines,
    documentedShare,
    anyCount,
  }),
)
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}

function demand(holds: boolean, problem: string): void {
  if (!holds) problems.push(problem)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function publicExports(text: string): readonly { readonly documented: boolean }[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    if (!/^export (?:async )?(?:function|const|class|type|abstract class)\b/.test(line)) return []
    return [{ documented: (lines[index - 1] ?? '').trim().endsWith('*/') }]
  })
}

/** "any" is also an English word; only code counts. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}
