/** The home: one folder that holds everything one operator keeps. Its layout is this file and nothing else. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { KoinonError } from '@koinon/base'

/** Raised whenever an older program could not use a newer home. */
const homeVersion = 1

export type Home = {
  readonly path: string
  readonly networkFile: string
  readonly keys: string
  /** A file an API key. */
  readonly apiKeys: string
  /** A file a budget, with the key that it is for, and the books of what was spent. */
  readonly budgets: string
  readonly chain: string
  /** What the faucet gave strangers in all. */
  readonly faucetBook: string
  readonly index: string
  /** What the last audit that was run from here came to. */
  readonly lastAudit: string
  /** Files of subnets that were deployed from here. */
  readonly subnets: string
  readonly logs: string
  /** What runs now: lock and control socket of a supervisor, and a note of each agent beside it. */
  readonly run: string
  /** Private folder of one role, for example `provider-1`. */
  role(name: string): string
}

/** Where a home lies when none is named. */
export function defaultHomePath(): string {
  return process.env['KOINON_HOME'] ?? join(homedir(), '.koinon')
}

/** Paths of a home; touches nothing. */
export function homeAt(path: string): Home {
  const root = resolve(path)
  return {
    path: root,
    networkFile: join(root, 'network.json'),
    keys: join(root, 'keys'),
    apiKeys: join(root, 'keys', 'api'),
    budgets: join(root, 'keys', 'budgets'),
    chain: join(root, 'chain'),
    faucetBook: join(root, 'faucet.json'),
    index: join(root, 'index'),
    lastAudit: join(root, 'last-audit.json'),
    subnets: join(root, 'subnets'),
    logs: join(root, 'logs'),
    run: join(root, 'run'),
    role: (name) => join(root, 'roles', name),
  }
}

/** Creates the home when missing and checks that this program may use it. Throws `home/other-version` or `home/not-writable`. */
export function openHome(path: string): Home {
  const home = homeAt(path)
  const marker = join(home.path, 'home.json')
  try {
    for (const folder of [home.path, home.keys, home.apiKeys, home.chain, home.logs, home.run, home.subnets])
      mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(home.keys, 0o700)
    if (!existsSync(marker)) writeFileDurably(marker, `${JSON.stringify({ version: homeVersion })}\n`)
  } catch (cause) {
    throw new KoinonError({
      code: 'home/not-writable',
      message: `The home ${home.path} cannot be written: ${(cause as Error).message}`,
      hint: 'Choose another place with --home DIR, or free some disk space.',
      cause,
    })
  }
  const version = readVersion(marker)
  if (version !== homeVersion) {
    throw new KoinonError({
      code: 'home/other-version',
      message: `The home ${home.path} was made by another version of Koinon (home version ${version}, this program knows ${homeVersion})`,
      hint: 'Use the program that made it, or start a new home with --home DIR. Nothing was changed.',
    })
  }
  return home
}

/** Replaces a file in one step, so that a crash leaves the old or the new one, never half. */
export function writeFileDurably(path: string, text: string | Uint8Array, mode = 0o600): void {
  // Two programs of one owner may write at once; each fills a file of its own, and the last rename wins whole.
  const temporary = `${path}.${process.pid}.new`
  writeFileSync(temporary, text, { mode, flush: true })
  renameSync(temporary, path)
}

/** The text of a file; undefined where there is none that can be read. */
export function readableText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function readVersion(marker: string): unknown {
  try {
    return (JSON.parse(readFileSync(marker, 'utf8')) as { version?: unknown }).version
  } catch {
    return 'unreadable'
  }
}
