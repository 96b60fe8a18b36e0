import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { type AccountKey, accountKey, type Home, openHome } from '@koinon/node/home'
import type { TestLedger } from '@koinon/subnets/testing'
import { type Run, runKoinon } from './run-koinon.ts'

/** What `--json` printed, with the exit code. */
export type Envelope<data> = {
  readonly code: Run['code']
  readonly data: data
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string }
}

/** A home below a temporary folder of its own. */
export class TestHome {
  /** For what a test gives to commands as a file. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'koinon-cli-'))
  readonly home: Home = openHome(join(this.folder, 'home'))

  join(network: NetworkFile): void {
    writeFileSync(this.home.networkFile, JSON.stringify(network))
  }

  /** A key of the home, with gas money on the ledger. */
  async fund({ owner }: Pick<TestLedger, 'owner'>, name: string, wei = 10n ** 19n): Promise<AccountKey> {
    const key = accountKey(this.home, name, systemRandom)
    await owner.sender.send({ to: key.address, value: wei }, 'funding')
    return key
  }

  koinon(...args: readonly string[]): Promise<Run> {
    return runKoinon(this.home.path, ...args)
  }

  async json<data = Record<string, unknown>>(...args: readonly string[]): Promise<Envelope<data>> {
    const { code, stdout } = await this.koinon('--json', ...args)
    return { code, ...(JSON.parse(stdout) as Omit<Envelope<data>, 'code'>) }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
