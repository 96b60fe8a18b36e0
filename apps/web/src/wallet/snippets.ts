/** How to reach a gateway from a program. The key stands as a variable of the environment, never in the text. */
export type Snippet = { readonly name: string; readonly text: string }

/** Examples for the OpenAI clients and for curl, complete enough to run. */
export function snippets(baseUrl: string): readonly Snippet[] {
  return [
    {
      name: 'TypeScript',
      text: `import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: '${baseUrl}',
  apiKey: process.env.KOINON_API_KEY,
})
const answer = await client.chat.completions.create({
  model: 'default',
  messages: [{ role: 'user', content: 'What is a subnet?' }],
})
console.log(answer.choices[0].message.content)`,
    },
    {
      name: 'Python',
      text: `import os
from openai import OpenAI

client = OpenAI(
    base_url="${baseUrl}",
    api_key=os.environ["KOINON_API_KEY"],
)
answer = client.chat.completions.create(
    model="default",
    messages=[{"role": "user", "content": "What is a subnet?"}],
)
print(answer.choices[0].message.content)`,
    },
    {
      name: 'curl',
      text: `curl -i ${baseUrl}/chat/completions \\
  -H "authorization: Bearer $KOINON_API_KEY" \\
  -H "content-type: application/json" \\
  -d '{"model": "default",
       "messages": [{"role": "user", "content": "What is a subnet?"}]}'
# The header x-koinon-receipt names the receipt:
koinon receipt verify <id>`,
    },
  ]
}
