import type { Intent } from '../intent.ts'

/** How work is checked, what can go wrong, and what is honest to say about it. */
export const trustIntents: readonly Intent[] = [
  {
    id: 'checked',
    answer:
      'Every answer has a signed receipt. A beacon picks some of them, and validators replay those bit for bit; the receipt names its rung.',
    verbs: [
      '(know|be sure|tell|check|prove) that (an answer|the answer|the result|the work) is (right|correct|real|honest|from the right model|genuine)',
      '(trust|check) (a miner|the network|the work|what a miner sends)',
    ],
    other: [
      'how (is|are) (an answer|answers|the answer|the work|work|results|a miner|miners|requests|the miners) (checked|verified|tested|proved|controlled|validated|audited)',
      'who (checks|verifies|controls|validates) (the answers|an answer|the answer|my answer|miners|the work|results)',
      'how does (checking|verification|the check|the network check answers|a validator check an answer) work',
      'is (every|each|my|an) answer (checked|verified|tested|replayed)',
      'how do (validators|you) (check|verify|test) (answers|the work|miners|an answer)',
      'why should i trust (an answer|the answers|a miner|a stranger|the network)',
      'how do i know (that the right model answered|the answer is real|which model answered|nobody cheated)',
      'what (proves|guarantees) that (the work was done|the right model ran|the answer is right)',
      'how many answers are checked',
      '(verification|checking|how checked|proof of work done|trust|answer check)',
    ],
  },
  {
    id: 'minerCheats',
    answer:
      'A replay shows different bits, so the miner scores zero and can lose its stake. Small differences alone never cost stake.',
    verbs: [
      '(catch|find|punish|detect|stop|expose) (a cheater|cheaters|a cheating miner|a dishonest miner|miners who cheat|bad miners|a lying miner|fraud)',
      'cheat[ (as a miner|the network|the validators)]',
    ],
    other: [
      'what (if|happens if|happens when|about) (a miner|a provider|someone|somebody|one of them) (cheats|lies|is dishonest|uses a smaller model|sends a wrong answer|fakes the work|sells a cheaper model|sends garbage)',
      'can (a miner|miners|a provider|someone) (cheat|lie|fake answers|fake the work|use a cheaper model|sell q4 as q8)',
      'what stops (a miner|miners|a provider) from (cheating|lying|faking answers)',
      'what is the (penalty|punishment|price) for (cheating|lying|fraud|a cheating miner)',
      'how (are|is) (cheaters|a cheater|cheating|fraud|fake work) (caught|found|punished|detected|handled|prevented)',
      'does cheating pay',
      'what about (cheaters|fraud|cheating|dishonest miners)',
      '(cheating|cheater|fraud|dishonest miner|fake work|cheating miner)',
    ],
  },
  {
    id: 'gatewayCheats',
    answer:
      'The receipt is signed by the miner over the exact bytes, so a gateway that changes the answer or the price fails your own check.',
    verbs: ['(check|control|catch|trust) (the gateway|a gateway|a bad gateway|a lying gateway)'],
    other: [
      'what (if|happens if|happens when) (the|a|my) gateway (cheats|lies|is dishonest|changes my answer|overcharges me|is evil|steals|is hacked|charges too much)',
      'can (the|a|my) gateway (cheat|lie|change my answer|charge too much|overcharge me|fake a receipt|steal my money|alter answers|change the price)',
      '(must|do|should) i trust (the|a|my) gateway',
      'what can a (bad|dishonest|malicious) gateway do',
      'what stops the gateway from (cheating|lying|changing answers|overcharging)',
      'is the gateway (trusted|a trust point|a single point of trust|honest)',
      '(gateway cheats|malicious gateway|dishonest gateway|trust the gateway)',
    ],
  },
  {
    id: 'slashMe',
    answer:
      'Only for a proven fault, such as an answer whose bits differ on replay. Being offline costs you income, never stake.',
    verbs: [
      '(lose|protect|keep) my stake',
      '(avoid|prevent) (slashing|being slashed|getting slashed|losing my stake)',
      'get slashed',
    ],
    other: [
      '(can|could|will) (i|my stake|a miner|my node) (lose my stake|be slashed|get slashed|be punished|lose money|be taken away)',
      '(when|why|for what) (am i|is a miner|is stake|do i get|can i be|would i be) (slashed|punished)',
      'what (do i|could i|can i) (lose|risk)[ as a (provider|miner)]',
      'is (my stake|it|mining|providing|staking) (safe|risky|dangerous)',
      'what happens (if|when) (i am offline|my node is offline|my internet fails|i go offline|my machine is off|i turn my node off)',
      'do i get (slashed|punished) (for being offline|for downtime|when i am offline|by mistake)',
      'am i (punished|slashed) for (downtime|being offline|a mistake|a slow answer)',
      '(lose stake|slashed|downtime|offline penalty|risk of slashing|stake risk)',
    ],
  },
  {
    id: 'minerDies',
    answer:
      'The gateway hands the request to another miner. If an answer breaks off in the middle, you pay only for the tokens delivered.',
    other: [
      'what (happens|if|happens if|happens when|do you do when) (a|the|my) (miner|provider|machine that answers|node that answers) (dies|crashes|disappears|goes down|goes offline|fails|vanishes|leaves|stops answering|is killed|disconnects|hangs)',
      'what (if|happens if) (no miner|no provider|nobody) (answers|responds|is there|is online)',
      '(does|will) my (request|answer|chat) (survive|fail|break|get lost) when a (miner|provider) (dies|crashes|fails|disappears)',
      'is there (failover|a backup miner|a second miner)',
      'who answers when (a|the) (miner|provider) is (gone|dead|offline|down)',
      'do i (pay|have to pay) for (half an answer|a broken answer|an answer that broke off|an unfinished answer)',
      'what about miners that (disappear|die|go offline|crash)',
      'a (miner|provider) (died|crashed|disappeared|went offline)[, what now]',
      '(miner dies|miner crash|dead miner|provider offline|miner offline|broken answer)',
    ],
  },
  {
    id: 'privacy',
    answer:
      'Not fully. The miner that answers can read your prompt, and prompts of sampled requests are shown to validators. Do not send secrets.',
    verbs: [
      '(keep|make) my (prompt|prompts|questions|data|chat|messages) (private|secret|confidential)',
      '(hide|protect|encrypt) my (prompt|prompts|questions|data|messages)',
      'send (private|secret|confidential|sensitive) (data|text|prompts|information)',
    ],
    other: [
      '(is|are) my (prompt|prompts|data|chat|chats|question|questions|messages|requests|input) (private|secret|safe|confidential|encrypted|hidden|visible|public|anonymous|protected)',
      'who (can|could|will) (read|see|look at|view) my (prompt|prompts|question|questions|data|chat|messages|requests|answers)',
      '(can|does|do) (a miner|miners|the miner|validators|a validator|others|the gateway|somebody|anyone|you) (read|see|look at) (my prompt|my prompts|what i write|my question|my data|what i type|my chat)',
      '(is|how is) (privacy|data protection|confidentiality) (guaranteed|protected|handled|given)',
      'is it (private|confidential|anonymous|end to end encrypted|encrypted)',
      'should i (send|type|paste|write) (secrets|private data|passwords|personal data|confidential data|my password)',
      'what about (privacy|my privacy|data protection|my data)',
      'are prompts (shown to validators|stored|logged|kept|shared)',
      'do you (store|keep|log|share|sell) my (prompts|data|questions|messages)',
      '(privacy|private|data protection|confidential|prompt privacy|secrecy)',
    ],
  },
  {
    id: 'simulated',
    answer:
      'On a laptop all roles run on one machine and are yours, and the money is test money. Contracts, signatures and checks are real.',
    other: [
      'what is (simulated|fake|pretended|not real|real|only simulated|mocked|a simulation)[ (here|in it|on a laptop|in the local network|on my machine)]',
      'which (parts|things) are (simulated|real|not real|mocked|pretend)',
      'is (this|it|the local network|everything|koinon|the network) (real|fake|simulated|a simulation|a demo|a toy|just a demo|only a simulation|serious)',
      'are the (miners|validators|payments|transactions|checks|signatures|providers|contracts) (real|fake|simulated)',
      'do (real people|other people|strangers) run the miners on my laptop',
      'is anything (simulated|faked|fake)',
      'how real is (it|this|the local network)',
      'who are the miners (on my laptop|here|in my local network)',
      '(simulated|simulation|real or fake|what is real|fake|mock)',
    ],
  },
  {
    id: 'whoRunsChain',
    answer:
      'On a laptop you do: one sequencer process on your machine orders all blocks. That is a trust point, not consensus.',
    other: [
      'who (runs|operates|controls|owns|orders|mines|makes) the (chain|local chain|blockchain|ledger|blocks|local blockchain)[ (on a laptop|on my laptop|here|on my machine|locally)]',
      'is the (local chain|chain|ledger|local ledger|local blockchain) (decentralized|trustless|centralized|real|distributed|a real blockchain)',
      'who is the sequencer',
      'how many (nodes|machines|validators) (run|keep) the (chain|local chain|ledger)',
      'does my (laptop|computer|machine) run the chain',
      'where does the chain run',
      'who makes the blocks',
      'does the local chain have consensus',
      '(local chain|who runs the chain|chain operator|local ledger|embedded chain)',
    ],
  },
  {
    id: 'whichChain',
    answer:
      'Any EVM chain. A laptop runs an embedded chain; Base or another layer 2 needs only its RPC address and our contracts deployed there.',
    verbs: [
      '(use|run it on|connect to|deploy to|switch to|go to|move to) (a real chain|a public chain|ethereum|base|another chain|arbitrum|optimism|my own chain|a layer 2|mainnet)',
    ],
    other: [
      '(which|what) (chain|blockchain|chains|network|ledger) (do you use|does it use|does it run on|is it on|is used|are supported|does koinon use|can i use|is supported)',
      '(is|does) (it|koinon) (run on|use|support|work with|built on|work on) (ethereum|base|solana|a blockchain|bitcoin|arbitrum|polygon|any chain|a real chain|evm chains)',
      'can it (use|run on) (base|ethereum|a real chain|a public chain|other chains|any evm chain)',
      'does koinon have (its own chain|a chain|its own blockchain|an own blockchain)',
      'is it an (ethereum|evm) (project|chain|network)',
      'do i need (ethereum|ether|a blockchain node|eth)',
      '(which chain|which blockchain|ethereum|base chain|public chain|real chain)',
    ],
  },
  {
    id: 'trustAnswers',
    answer:
      'No. I recite answers from a small list and do not reason, so I can be wrong. Check facts in the documentation.',
    other: [
      'can i (trust|believe|rely on) (you|your answers|what you say|this model|the demo model|what you tell me)',
      'are (you|your answers) (right|correct|reliable|always right|true|accurate|trustworthy|ever wrong|sure)',
      'do you (make mistakes|lie|hallucinate|make things up|think|reason|understand me|understand what i say|know everything|invent things)',
      'how (good|accurate|smart|clever|trustworthy|reliable) are (you|your answers)',
      'can you (be wrong|think|reason|make mistakes|lie)',
      'what if you are wrong',
      'that is wrong',
      'is that (true|right|really true|correct)',
      'are you (intelligent|smart|really intelligent|clever)',
      '(wrong answer|hallucination|reliable|accuracy|mistake)',
    ],
  },
  {
    id: 'unsure',
    answer:
      'The model gave one of its first words a low probability, so it may be guessing. Treat that answer with care.',
    other: [
      'what (does|is) (unsure|the unsure mark|the word unsure|the unsure notice|the notice unsure|the unsure sign|unsure mean)[ mean]',
      'why (is|was) (the|my|this|that) answer (unsure|marked as unsure|labelled unsure|flagged unsure)',
      'why does (it|the page|the dashboard|the answer|the chat) (say|show) unsure',
      'when is an answer (marked unsure|unsure|called unsure)',
      'it says unsure',
      'how do you know (when you are|that you are) unsure',
      'what is an unsure answer',
      'are you unsure',
      '(unsure|unsure notice|marked unsure|unsure answer)',
    ],
  },
]
