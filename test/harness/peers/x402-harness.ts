/**
 * The TypeScript components of the public x402 end-to-end harness (coinbase/x402, folder e2e, commit dd927a2 of April 2026), run as its own
 * driver runs them: environment in, a line of JSON or an HTTP server out. They are taken from a checkout and never kept here.
 */
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../ports.ts'
import { ProcessGroup } from '../process-group.ts'
import { waitFor } from '../wait.ts'

const repository = 'https://github.com/coinbase/x402.git'
const commit = 'dd927a26cfefc98c24b3ec38b3a8f204dad0c60d'

/** Published packages in place of the workspace that the harness was written in. */
const packages = [
  ...['core', 'evm', 'fetch', 'express', 'hono', 'extensions', 'svm'].map((name) => `@x402/${name}@2.27.0`),
  ...['@x402/axios@2.11.0', '@scure/base@1.2.6', '@solana/kit@6.10.0'],
  ...['dotenv@16.6.1', 'axios@1.21.1', 'express@4.22.3', 'hono@4.13.19', '@hono/node-server@1.19.19'],
  ...['viem@2.57.1', 'tsx@4.23.15'],
]

type Change = { readonly of: string; readonly from: string; readonly to: string }

/**
 * All that is changed in the components, and why: 2.27 clients refuse tokens that they do not list, the money parser of 2.27 servers knows
 * only listed chains, and the facilitator knows two chains by name. A change that does not fit is an error. The packages of Aptos, Algorand
 * and Stellar are empty stand-ins: nobody pays there, and @x402/aptos is in no registry.
 */
const changes: readonly Change[] = [
  ...['clients/fetch', 'clients/axios'].map((of) => ({
    of,
    from: 'const client = new x402Client()\n',
    to: `const client = new x402Client()
  .setSpendControls({ allowedAssets: [{ network: "eip155:*", asset: process.env.EVM_PERMIT2_ASSET! }] })\n`,
  })),
  ...['servers/express', 'servers/hono'].map((of) => ({
    of,
    from: 'new ExactEvmScheme()',
    to: `new ExactEvmScheme().registerMoneyParser(async (dollars: unknown) => ({
  amount: String(Math.round(Number(dollars) * 1e6)),
  asset: EVM_PERMIT2_ASSET,
  extra: { name: "Test Dollar", version: "1" },
}))`,
  })),
  {
    of: 'facilitators/typescript',
    from: 'return baseSepolia;',
    to: 'return { ...baseSepolia, id: Number(network.split(":")[1]) };',
  },
]

export type HarnessClientResult = {
  readonly success: boolean
  readonly status_code: number
  readonly data?: unknown
  readonly payment_response?: { readonly success: boolean; readonly transaction: string; readonly network: string }
}

export class X402Harness {
  readonly #given = process.env['KOINON_X402_HARNESS_FOLDER']
  readonly folder = this.#given ?? mkdtempSync(join(tmpdir(), 'koinon-x402-harness-'))
  readonly #groups: ProcessGroup[] = []
  readonly #environment: NodeJS.ProcessEnv

  /** `environment` goes to every component: network, address of the ledger, asset. */
  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = { ...process.env, ...solanaKeys(), ...environment }
  }

  /**
   * Copies the components, changed as said above, beside their packages. KOINON_X402_HARNESS names a checkout, else it is cloned;
   * KOINON_X402_HARNESS_FOLDER a folder that is kept with the packages in it, else they are installed into one that is removed.
   */
  async prepare(): Promise<void> {
    let checkout = process.env['KOINON_X402_HARNESS']
    if (checkout === undefined) {
      checkout = join(this.folder, 'checkout')
      await run('git', ['clone', '--quiet', '--filter=blob:none', repository, checkout], this.folder)
      await run('git', ['-C', checkout, 'checkout', '--quiet', commit], this.folder)
    }
    for (const name of [...new Set(changes.map(({ of }) => of)), 'mock-facilitator']) {
      cpSync(join(checkout, 'e2e', name), join(this.folder, name), { recursive: true })
    }
    for (const { of, from, to } of changes) {
      const path = join(this.folder, of, 'index.ts')
      const text = readFileSync(path, 'utf8')
      if (!text.includes(from)) throw new Error(`${of} of the harness has no "${from.trim()}"`)
      writeFileSync(path, text.replace(from, to))
    }
    if (!existsSync(join(this.folder, 'node_modules'))) {
      const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--prefix', this.folder]
      await run('npm', ['install', ...options, ...packages], this.folder)
    }
    this.#standInForOtherChains()
  }

  /** What a client prints about its one GET. */
  async pay(client: 'fetch' | 'axios', privateKey: string, url: URL): Promise<HarnessClientResult> {
    const stdout = await run(...this.#program(`clients/${client}`), {
      ...this.#environment,
      EVM_PRIVATE_KEY: privateKey,
      RESOURCE_SERVER_URL: url.origin,
      ENDPOINT_PATH: url.pathname,
    })
    return JSON.parse(stdout.trim().split('\n').at(-1) as string) as HarnessClientResult
  }

  /** Starts a server or facilitator and waits until its `/health` answers; gives its address. */
  async serve(component: string, environment: NodeJS.ProcessEnv): Promise<string> {
    const port = await freePort()
    const [program, args, cwd] = this.#program(component)
    const env = { ...this.#environment, ...environment, PORT: String(port) }
    const group = new ProcessGroup(program, args, { cwd, env })
    this.#groups.push(group)
    const url = `http://127.0.0.1:${port}`
    await waitFor(`${component} of the harness`, 120_000, async () => {
      if (group.exit !== undefined) throw new Error(`it ended: ${group.stderr} ${group.stdout}`)
      return (await fetch(`${url}/health`)).ok
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${group.stderr}\n${group.stdout}`)
    })
    return url
  }

  async close(): Promise<void> {
    for (const group of this.#groups) await group.end('SIGKILL')
    if (this.#given === undefined) rmSync(this.folder, { recursive: true, force: true })
  }

  #program(component: string): readonly [string, readonly string[], string] {
    const cwd = join(this.folder, component)
    return [process.execPath, [join(this.folder, 'node_modules/tsx/dist/cli.mjs'), 'index.ts'], cwd]
  }

  /** Imported by every component and, without keys for those chains, used by none. */
  #standInForOtherChains(): void {
    const entries = ['.', './exact/client', './exact/server', './exact/facilitator'].map((name) => [
      name,
      './index.mjs',
    ])
    for (const name of ['@x402/aptos', '@x402/avm', '@x402/stellar', '@aptos-labs/ts-sdk']) {
      const folder = join(this.folder, 'node_modules', name)
      mkdirSync(folder, { recursive: true })
      const description = { name, version: '0.0.0', exports: Object.fromEntries(entries) }
      writeFileSync(join(folder, 'package.json'), JSON.stringify(description))
      writeFileSync(join(folder, 'index.mjs'), standIns.map((what) => `export const ${what} = undefined\n`).join(''))
    }
  }
}

const standIns = [
  ...[
    'Account',
    'Ed25519PrivateKey',
    'PrivateKey',
    'PrivateKeyVariants',
    'ExactAptosScheme',
    'toFacilitatorAptosSigner',
  ],
  ...['ExactAvmScheme', 'toClientAvmSigner', 'toFacilitatorAvmSigner'],
  ...['ExactStellarScheme', 'createEd25519Signer', 'Ed25519Signer'],
]

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  return new Promise((done, fail) => {
    execFile(program, args, { cwd, env, timeout: 540_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      error === null ? done(stdout) : fail(new Error(`${error.message}\n${stdout}\n${stderr}`.slice(-4_000))),
    )
  })
}

/** Keys of a wallet on Solana, which the components want at their start and nobody pays from. */
function solanaKeys(): { readonly SVM_PRIVATE_KEY: string; readonly SVM_PAYEE_ADDRESS: string } {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const [secret, address] = [Buffer.from(d as string, 'base64url'), Buffer.from(x as string, 'base64url')]
  return { SVM_PRIVATE_KEY: base58(Buffer.concat([secret, address])), SVM_PAYEE_ADDRESS: base58(address) }
}

function base58(bytes: Buffer): string {
  const letters = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let text = ''
  for (let rest = BigInt(`0x${bytes.toString('hex')}`); rest > 0n; rest /= 58n)
    text = letters[Number(rest % 58n)] + text
  return '1'.repeat(bytes.findIndex((byte) => byte !== 0)) + text
}
