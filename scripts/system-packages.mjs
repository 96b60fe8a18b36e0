// What the tests use for real and npm cannot bring: a browser and PostgreSQL's server. Installed where that takes no question
// (root on Debian or its kin), else named.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const packages = [
  { name: 'chromium', isThere: () => existsSync(process.env.KOINON_CHROMIUM ?? '/usr/bin/chromium') },
  { name: 'postgresql', isThere: () => existsSync('/usr/lib/postgresql') || isCommand('initdb') },
]

/** Installs what is missing if it can; returns the names of what is still missing. */
export function ensureSystemPackages() {
  const missing = packages.filter((entry) => !entry.isThere())
  if (missing.length === 0) return []
  if (process.getuid?.() === 0 && isCommand('apt-get')) {
    const names = missing.map((entry) => entry.name)
    console.log(`installing ${names.join(' and ')} for the tests ...`)
    const options = {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 10 * 60_000,
    }
    spawnSync('apt-get', ['update', '-qq'], options)
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], options)
  }
  return missing.filter((entry) => !entry.isThere()).map((entry) => entry.name)
}

function isCommand(name) {
  return spawnSync(process.platform === 'win32' ? 'where' : 'which', [name], { stdio: 'ignore' }).status === 0
}
