/** What the invented model says. An unknown question gets an answer that is marked unsure, as a small model should. */
export type FakeReply = { readonly text: string; readonly unsure: boolean }

const known: readonly { readonly about: RegExp; readonly text: string }[] = [
  {
    about: /subnet/i,
    text: "A **subnet** is a market for one kind of work. It has three parts:\n\n- miners, who do the work and earn\n- validators, who check it and score it\n- a rule that turns scores into shares of each epoch's emission\n\nA founder writes it as one TypeScript file and tries it in the simulator, cheats included:\n\n```sh\nkoinon subnet dev forecast.ts\n```\n\nThis answer came from a miner of subnet 1, `inference`.",
  },
  {
    about: /earn|gpu|miner|provider/i,
    text: 'Run `koinon provider start` on the machine with the GPU. It measures what the machine can serve, registers it on the ledger and starts answering.\n\nYou earn twice: users pay per token as they go, and each epoch the subnet shares out its emission by the scores that validators gave you.\n\nWatch both on the **Network** page: every payout carries the sentence that says why.',
  },
  {
    about: /receipt|check|verif|trust/i,
    text: 'A receipt is a short signed statement: who asked, who answered, the hashes of the exact bytes in both directions, the tokens, the price and the time. Change one letter of this answer and the check named `response` fails.\n\nYou can check it in this page, or from a terminal:\n\n```sh\nkoinon receipt verify <id> --level L2\n```\n\nA check that nobody made is listed as *not checked*. It is never counted as passed.',
  },
  {
    about: /cost|price|pay|money/i,
    text: 'You pay per token, from the deposit of your API key. The price stands in every receipt, down to a millionth of a millionth of a dollar, and the deposit is the most that anybody can ever take.',
  },
  {
    about: /long|story|essay/i,
    text: `${'There was once a league of free cities that held one harbour in common. Each kept its own walls and its own laws, and all of them counted the ships together. '.repeat(14).trim()}`,
  },
]

/** Picks the reply to a question. */
export function replyTo(question: string): FakeReply {
  const found = known.find((entry) => entry.about.test(question))
  if (found !== undefined) return { text: found.text, unsure: false }
  return {
    text: 'I am a small model that knows this network, and little else. My best guess may be wrong, so please look it up before you rely on it.',
    unsure: true,
  }
}

/** Splits a reply as a tokenizer might: words with their leading space, and punctuation. */
export function tokensOf(text: string): readonly string[] {
  return text.match(/\s*[A-Za-z0-9]{1,8}|\s*[^A-Za-z0-9\s]|\s+$/g) ?? []
}
