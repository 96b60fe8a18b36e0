import { InferenceEngine } from '@koinon/inference/provider/engine'
import { replay } from '@koinon/inference/verifier'
import { inferenceSubnet } from '@koinon/subnet-files/inference'
import { systemRandom } from '@koinon/base'
const q8 = new InferenceEngine({ modelPath: 'models/demo/koinon-demo-q8_0.gguf', threads: 1 })
const q4 = new InferenceEngine({ modelPath: '/tmp/q4/demo-q4_0.gguf', threads: 1 })
await q8.start()
await q4.start()
for (const temp of [1, 1.5, 2]) {
  let caught = 0,
    tokens = 0
  const n = 30
  for (let i = 0; i < n; i++) {
    const task = inferenceSubnet.probe!(systemRandom, { hotkey: '0x0', netuid: 1, epoch: 1 } as never)
    const request = {
      input: { kind: 'chat', messages: task.messages },
      maxTokens: task.max_tokens,
      stop: [],
      sampler: { version: 1, temperatureMicro: temp * 1e6, topPMicro: 1e6, topK: 0, seed: BigInt(task.seed) },
      caller: 'x',
    } as never
    let end: any
    for await (const e of q4.generate(request, AbortSignal.timeout(60000)) as any) if (e.kind === 'end') end = e
    const v = await replay(q8, {
      promptTokenIds: end.promptTokenIds,
      outputTokenIds: end.outputTokenIds,
      sampler: (request as any).sampler,
      finishReason: end.finishReason,
      stop: [],
      maxTokens: task.max_tokens,
      contextTokens: q8.contextTokens,
      determinismClass: q8.determinismClass().hash,
      promptTokens: end.promptTokens,
      outputTokens: end.outputTokens,
    })
    caught += v.state === 'fail' ? 1 : 0
    tokens += end.outputTokens
  }
  console.log(JSON.stringify({ temp, caught, of: n, tokens }))
}
await q8.stop()
await q4.stop()
