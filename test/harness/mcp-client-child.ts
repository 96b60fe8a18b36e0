/** The client side of the public MCP conformance suite: one scenario through our connection, the server's URL as the last argument. */
import { McpConnection } from '@koinon/agents/client/mcp'
import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js'
import { ClientCredentialsProvider, PrivateKeyJwtProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'

type Context = {
  readonly client_id?: string
  readonly client_secret?: string
  readonly private_key_pem?: string
  readonly signing_algorithm?: string
  readonly idp_client_id?: string
  readonly idp_id_token?: string
  readonly idp_token_endpoint?: string
}

const redirectUrl = 'http://localhost:3000/callback'

/** Stands for a person who says yes: visits the page and takes the code from where it sends it. */
class WillingPerson implements OAuthClientProvider {
  readonly redirectUrl: string | undefined = redirectUrl
  readonly clientMetadataUrl = 'https://conformance-test.local/client-metadata.json'
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: 'koinon conformance',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  }
  #information: OAuthClientInformationMixed | undefined
  #tokens: OAuthTokens | undefined
  #verifier = ''
  #code: Promise<string> = Promise.reject(new Error('nobody was sent anywhere'))

  constructor(information: OAuthClientInformationMixed | undefined) {
    this.#information = information
    this.#code.catch(() => undefined)
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.#information
  }

  saveClientInformation(information: OAuthClientInformationMixed): void {
    this.#information = information
  }

  tokens(): OAuthTokens | undefined {
    return this.#tokens
  }

  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens
  }

  redirectToAuthorization(url: URL): void {
    this.#code = fetch(url, { redirect: 'manual' }).then((answer) => {
      const code = new URL(answer.headers.get('location') ?? 'http://nowhere').searchParams.get('code')
      if (code === null) throw new Error('no code came back')
      return code
    })
    this.#code.catch(() => undefined)
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }

  codeVerifier(): string {
    return this.#verifier
  }

  code(): Promise<string> {
    return this.#code
  }
}

/** A company's employee (SEP-990): its identity provider vouches for it to the server's authorization server. */
class Employee extends WillingPerson {
  override readonly redirectUrl = undefined
  readonly #context: Context
  #state: OAuthDiscoveryState | undefined

  constructor(context: Context) {
    super({ client_id: context.client_id ?? '', client_secret: context.client_secret ?? '' })
    this.#context = context
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#state = state
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#state
  }

  async prepareTokenRequest(): Promise<URLSearchParams> {
    const { idp_client_id = '', idp_id_token = '', idp_token_endpoint = '' } = this.#context
    const exchanged = await fetch(idp_token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
        audience: this.#state?.authorizationServerMetadata?.issuer ?? this.#state?.authorizationServerUrl ?? '',
        resource: this.#state?.resourceMetadata?.resource ?? '',
        subject_token: idp_id_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        client_id: idp_client_id,
      }),
    })
    const { access_token: assertion } = (await exchanged.json()) as { readonly access_token: string }
    return new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion })
  }
}

const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? ''
const context = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as Context
const { client_id: clientId = '', client_secret: clientSecret = '' } = context
const person = new WillingPerson(
  scenario === 'auth/pre-registration' ? { client_id: clientId, client_secret: clientSecret } : undefined,
)

function provider(): OAuthClientProvider {
  if (scenario === 'auth/client-credentials-basic') return new ClientCredentialsProvider({ clientId, clientSecret })
  if (scenario === 'auth/client-credentials-jwt')
    return new PrivateKeyJwtProvider({
      clientId,
      privateKey: context.private_key_pem ?? '',
      algorithm: context.signing_algorithm ?? 'ES256',
    })
  return scenario === 'auth/cross-app-access-complete-flow' ? new Employee(context) : person
}

const connection = new McpConnection({
  url: process.argv.at(-1) as string,
  name: 'koinon-conformance',
  version: '1.0.0',
  elicit: async () => ({ action: 'accept', content: {} }),
  ...(scenario.startsWith('auth/') ? { authProvider: provider(), authorizationCode: () => person.code() } : {}),
})
await connection.open()
const tools = await connection.tools()
for (const { name } of tools) await connection.call(name, name === 'add_numbers' ? { a: 5, b: 3 } : {})
await connection.close()
