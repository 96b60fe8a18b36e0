// A LangGraph of two steps: what an answer costs, by a tool of `koinon mcp`; then the answer, through `koinon proxy`, which pays. No key.
// KOINON_PROXY is the base URL that `koinon proxy` printed, KOINON_GATEWAY the gateway, KOINON_HOME the home that `koinon join` made;
// KOINON_BUDGET, if any, a budget of it, from which the tools `pay` and `hire` may spend.
// Exits non-zero when anything does not hold.
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { MultiServerMCPClient } from '@langchain/mcp-adapters'
import { ChatOpenAI } from '@langchain/openai'

const proxy = process.env['KOINON_PROXY'] ?? 'http://127.0.0.1:8403/v1'
const gatewayUrl = process.env['KOINON_GATEWAY'] ?? 'http://127.0.0.1:8402'
const home = process.env['KOINON_HOME'] ?? 'agent-home'
const budget = process.env['KOINON_BUDGET']
const koinon = resolve(import.meta.dirname, '../../packages/cli/bin/koinon.mjs')

const mcp = new MultiServerMCPClient({
  koinon: {
    transport: 'stdio',
    command: process.execPath,
    args: [koinon, 'mcp', '--home', home, ...(budget === undefined ? [] : ['--budget', budget]), '--max-total', '0.01'],
  },
})
const tools = await mcp.getTools()
const quote = tools.find(({ name }) => name.endsWith('quote_service'))
assert.ok(quote, `koinon mcp offers ${tools.map(({ name }) => name).join(', ')}`)
// The proxy takes any key and sends none on.
const model = new ChatOpenAI({ model: 'default', apiKey: 'none', configuration: { baseURL: proxy } })

const State = Annotation.Root({ question: Annotation<string>, terms: Annotation<string>, answer: Annotation<string> })
const graph = new StateGraph(State)
  .addNode('price', async ({ question }) => {
    const body = { model: 'default', messages: [{ role: 'user', content: question }] }
    const terms: unknown = await quote.invoke({ url: `${gatewayUrl}/v1/chat/completions`, body })
    return { terms: typeof terms === 'string' ? terms : JSON.stringify(terms) }
  })
  .addNode('ask', async ({ question }) => ({ answer: (await model.invoke(question)).text }))
  .addEdge(START, 'price')
  .addEdge('price', 'ask')
  .addEdge('ask', END)
  .compile()

const { terms, answer } = await graph.invoke({ question: 'What is a subnet?' })
await mcp.close()
console.log(answer)
assert.match(terms, /batch-settlement/, 'the tool told no price')
assert.ok(answer.length > 0, 'the answer is empty')

const spend = (await (await fetch(proxy.replace(/\/v1$/, '/spend'))).json()) as {
  paidCalls: number
  spentAtomic: string
}
assert.ok(spend.paidCalls > 0, 'the proxy paid nothing')
console.log(`${tools.length} tools; the proxy paid ${spend.spentAtomic} millionths of a dollar`)
