import { KoinonError, parseUnits, picoUsdDecimals } from '@koinon/base'
import { objectCheck } from '../object-check.ts'
import type { AgentDefinition, AgentService } from './definition.ts'

const dollars = /^\d{1,6}(\.\d{1,12})?$/

/** One service with the types of its input and output. */
export function defineService<input, output>(service: AgentService<input, output>): AgentService {
  return service as unknown as AgentService
}

/** An agent, checked: names, prices, URLs and schemas. Throws `agents/bad-definition` with what is wrong. */
export function defineAgent(definition: AgentDefinition): AgentDefinition {
  const { services, tools = {}, budget } = definition
  if (definition.name.length < 1 || definition.name.length > 100) throw bad('The name has 1 to 100 characters')
  if (services.length < 1 || services.length > 32) throw bad('An agent has 1 to 32 services')
  if (new Set(services.map(({ name }) => name)).size < services.length) throw bad('Two services have one name')
  for (const { name, priceDollars, input, output } of services) {
    if (!/^[a-z0-9-]{1,40}$/.test(name)) throw bad(`The service name "${name}" is not of a-z, 0-9 and -`)
    if (priceDollars !== undefined && !dollars.test(priceDollars))
      throw bad(`The price of ${name} is no amount of dollars`)
    compile(name, input)
    compile(name, output)
  }
  for (const [name, url] of Object.entries(tools)) {
    const isHttp = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
    if (!isHttp) throw bad(`The tool ${name} has no http URL`)
  }
  if (budget !== undefined && !(dollars.test(budget.maxTotalDollars) && dollars.test(budget.maxPerCallDollars)))
    throw bad('The budget is no amount of dollars')
  return definition
}

/** Pico-dollars a call; 0 for a free service. */
export function priceOf({ priceDollars }: AgentService): bigint {
  return parseUnits(priceDollars ?? '0', picoUsdDecimals)
}

function compile(name: string, schema: object): void {
  try {
    objectCheck(schema)
  } catch (cause) {
    throw bad(`A schema of ${name} is none: ${(cause as Error).message}`)
  }
}

function bad(message: string): KoinonError {
  return new KoinonError({ code: 'agents/bad-definition', message, hint: 'Mend the file of the agent.' })
}
