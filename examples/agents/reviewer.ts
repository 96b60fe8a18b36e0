/** Reads a git bundle without ever checking it out or running it, and says what stands out in its last commit. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { defineAgent, defineService } from '@koinon/sdk/agent'

type Bundle = { readonly bundleBase64: string }
type Finding = { readonly path: string; readonly line: number; readonly finding: string }
type Review = { readonly commit: string; readonly files: number; readonly findings: readonly Finding[] }

const run = promisify(execFile)
const mostFindings = 100
const rules: readonly { readonly finding: string; readonly pattern: RegExp }[] = [
  { finding: 'looks like a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----|\b0x[0-9a-f]{64}\b/i },
  { finding: 'runs text as code', pattern: /\beval\s*\(|new Function\s*\(/ },
  { finding: 'left from debugging', pattern: /\bdebugger\b|console\.log\(/ },
  { finding: 'a conflict was not resolved', pattern: /^(<{7}|>{7}) / },
]

export const agent = defineAgent({
  name: 'Reviewer',
  description: 'Reviews the last commit of a git bundle: keys, code from text, debugging, unresolved conflicts.',
  version: '1.0.0',
  services: [
    defineService<Bundle, Review>({
      name: 'review',
      description: 'Findings in the lines that the last commit of HEAD adds',
      input: {
        type: 'object',
        properties: { bundleBase64: { type: 'string', maxLength: 700_000, pattern: '^[A-Za-z0-9+/=]+$' } },
        required: ['bundleBase64'],
        additionalProperties: false,
      },
      output: {
        type: 'object',
        properties: {
          commit: { type: 'string', pattern: '^[0-9a-f]{40,64}$' },
          files: { type: 'integer' },
          findings: { type: 'array', maxItems: mostFindings },
        },
        required: ['commit', 'files', 'findings'],
      },
      run: async ({ bundleBase64 }, { signal }) => {
        const folder = await mkdtemp(join(tmpdir(), 'koinon-review-'))
        try {
          const bundle = join(folder, 'given.bundle')
          await writeFile(bundle, Buffer.from(bundleBase64, 'base64'))
          const options = { signal, timeout: 20_000, maxBuffer: 16 << 20, env: quietGit }
          const git = (...words: readonly string[]) => run('git', [...words], options)
          await git('clone', '--quiet', '--bare', '--no-local', bundle, join(folder, 'repository'))
          const at = ['--git-dir', join(folder, 'repository')]
          const { stdout: commit } = await git(...at, 'rev-parse', 'HEAD')
          const show = ['show', '--format=', '--unified=0', '--no-ext-diff', '--no-textconv', '--no-color', 'HEAD']
          const { stdout: changes } = await git(...at, ...show)
          return { commit: commit.trim(), ...findingsIn(changes) }
        } finally {
          await rm(folder, { recursive: true, force: true })
        }
      },
    }),
  ],
})

/** Nothing of this machine's or the bundle's settings is obeyed. */
const quietGit = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'file',
}

function findingsIn(changes: string): Pick<Review, 'files' | 'findings'> {
  const findings: Finding[] = []
  const files = new Set<string>()
  let path = ''
  let line = 0
  for (const text of changes.split('\n')) {
    if (text.startsWith('+++ ')) {
      path = text.slice(6)
      files.add(path)
    } else if (text.startsWith('@@')) line = Number(/\+(\d+)/.exec(text)?.[1] ?? 1)
    else if (text.startsWith('+')) {
      const added = text.slice(1)
      for (const { finding, pattern } of rules)
        if (pattern.test(added) && findings.length < mostFindings) findings.push({ path, line, finding })
      line++
    }
  }
  return { files: files.size, findings }
}
