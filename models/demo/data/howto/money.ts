import type { Intent } from '../intent.ts'

/** Prices, pay and tokens. */
export const moneyIntents: readonly Intent[] = [
  {
    id: 'cost',
    answer:
      'You pay per token at the price the provider asks, and the receipt shows the exact amount. A local network uses test dollars, which are worth nothing.',
    verbs: ['(know|see|find out|calculate) (the price|what it costs|the cost|what a request costs|how much i pay)'],
    other: [
      'what (does|will|would) (it|a request|an answer|a question|inference|this|a token|using it|koinon|the network|chatting|one answer) cost[ me]',
      'how (much|expensive) (is|does|are) (it|it cost|an answer|a request|the tokens|a question|a request cost|this cost|koinon|using the network|it to use)',
      'is (it|this|koinon|chat|the network|the chat) (free|free of charge|for free|expensive|cheap|paid|without cost)',
      'do (i|users|we) (have to pay|need to pay|pay|need money|pay for it|pay anything)[ (for answers|to use it|here)]',
      'what (are the prices|is the price|is the fee|are the fees|do i pay|must i pay|are the costs)[ (per token|for an answer|of a request)]',
      'who sets the (price|prices)',
      'how (is|are) (the price|prices|requests|tokens|answers) (set|calculated|billed|charged|counted)',
      'how does (billing|pricing|payment) work',
      '(price|prices|pricing|cost|costs|fees|billing|free)',
    ],
  },
  {
    id: 'tokenValue',
    answer:
      'No. The token and the dollars of a local network are test money without value, and nothing here is for sale.',
    verbs: [
      '(buy|sell|trade|invest in|exchange|get rich with) (the token|tokens|the coin|koinon tokens|your token|test dollars)',
    ],
    other: [
      '(is|are) (the token|the tokens|my tokens|test dollars|the coin|the money|the koinon token) (worth (anything|money|something|real money)|real|valuable|real money)',
      'does the (token|coin) have (a value|a price|any value|a market price)',
      'can i (buy|sell|trade|exchange|cash in) (the token|tokens|my tokens|test dollars|the coin|koinon)',
      'where (can|do) i (buy|sell|trade) (the token|tokens|the coin|koinon tokens)',
      'what is the (price|value|market cap) of the (token|coin|koinon token)',
      'is there (an ico|a token sale|an airdrop|a presale|a token to buy|a real token)',
      'is the money real',
      'should i (invest|buy|buy tokens)',
      '(buy token|token price|token sale|airdrop|token value|real money)',
    ],
  },
  {
    id: 'paid',
    answer:
      'Users pay you per answer through payment channels, and at each epoch the subnet pays emission for your score. Both are claimed on the ledger.',
    verbs: [
      '(get|be) (paid|rewarded)[ (for my work|as a miner|as a provider|for serving|here)]',
      'receive (my pay|money|payment|my payment|rewards)',
    ],
    other: [
      'how (am i|are miners|are providers|is a miner|is a provider|do miners get|do i get|does a miner get|do providers get|will i be) paid',
      'how (does|do) (pay|payment of miners|rewards|earnings|payouts) work',
      '(when|how often|in what) (am i|do i get|are miners|will i be) paid',
      'who pays (me|providers|the miner|for my work|miners)',
      'where does (the money|my pay|my income|the reward) come from',
      'what do i (earn from|get paid for|get for my work|get for serving)',
      'how (does|will) (the money|my pay|payment) (get to|come to|reach) (me|my wallet|miners|a miner)',
      'in which (money|currency|token|coin) am i paid',
      'what do (miners|providers) (earn|get|get paid for)',
      '(payout|payouts|payment of miners|miner pay|get paid|how paid|rewards)',
    ],
  },
  {
    id: 'earnAmount',
    answer:
      'That depends on demand, your price, your speed and your score. On a local network it is test money; nobody can promise an income.',
    verbs: ['(estimate|calculate|predict|know) (my earnings|my income|my profit|how much i earn|what i will earn)'],
    other: [
      'how much (can|do|will|could|would) (i|one|a miner|a provider|a gpu|my gpu|people) (earn|make|get)[ (per day|per month|a day|a month|per hour|with one gpu|as a miner)]',
      'what (can|do|will|could) (i|a miner|a gpu|a provider) (earn|make|bring in)[ (per day|per month|a month|a year)]',
      'is (mining|it|providing|being a miner) (profitable|worth it|lucrative|worth the power)',
      'how (profitable|lucrative) is (it|mining|a gpu)',
      'can i (get rich|live from it|make a living|make a profit)',
      'what is the (income|profit|return|yield|revenue)[ of (a gpu|a miner|a provider)]',
      'how much does a (gpu|miner|provider) earn',
      '(earnings|expected income|profit|how much money|income per day|profitability)',
    ],
  },
  {
    id: 'claim',
    answer:
      'Vouchers are claimed for you by the claim watcher, and emission with a Merkle proof against the epoch root. Then koinon wallet shows the money.',
    verbs: [
      '(withdraw|claim|cash out|collect|take out|get out|pick up|redeem) (my earnings|my rewards|my money|my emission|earnings|rewards|what i earned|my tokens|my pay|vouchers|my vouchers)',
      '(move|transfer|send|bring) my (earnings|rewards|pay) to (my wallet|my account)',
    ],
    other: [
      'where (are|is) my (earnings|rewards|emission|money i earned)',
      'how does (claiming|a claim|withdrawal) work',
      'do i have to claim (my rewards|by hand|my earnings|anything)',
      'when can i (claim|withdraw|cash out)',
      'can i (claim|withdraw|cash out)[ (now|my rewards|my earnings)]',
      'who claims (my vouchers|the vouchers|my rewards)',
      '(claim|claim rewards|withdraw|withdraw earnings|cash out|claim emission)',
    ],
  },
  {
    id: 'budget',
    answer:
      'The deposit of its channel is the hard limit: a key can never spend more, even when stolen. Give each agent its own small key.',
    verbs: [
      '(limit|cap|restrict|control|bound) (spending|what i spend|the cost|costs|what a key spends|what an agent spends|my agent|the budget|the bill)',
      '(set|give|define|have) (a budget|a limit|a spending limit|a cap|limits)[ (for a key|for my agent|for an agent)]',
      '(stop|keep|prevent) (an agent|my agent|a key|my app) from (spending too much|overspending|spending everything|draining my wallet)',
    ],
    other: [
      'what is the (maximum|most) (i|a key|an agent|it) can (spend|lose|cost)',
      'how much can (a key|an agent|my agent|a thief|a stolen key) spend',
      'what (happens|if) (when|) (an api key|my api key|a key) (is|gets) stolen',
      'can (an agent|my agent|an api key) (spend everything|empty my wallet|drain my wallet|overspend)',
      'is there a (spending limit|budget|limit on spending|cost limit)',
      'can i (limit|cap|control) (spending|the cost|my costs)',
      '(spending limit|limit cost|key stolen|cost control|spending cap)',
    ],
  },
  {
    id: 'x402Pay',
    answer:
      'Call the API without a key. The gateway answers 402 with a price, and any stock x402 client pays and repeats the call.',
    verbs: [
      'pay (with x402|per call|per request|without an api key|from an agent|as an agent|automatically|by x402)',
      'let (my agent|an agent|a program|a bot) (pay|pay for answers|pay by itself|buy answers)',
      'use (x402|an x402 client)[ (here|with the gateway|to pay)]',
    ],
    other: [
      'can (an agent|agents|a program|my bot|machines|software) (pay|pay by itself|pay on its own|buy answers|pay for itself)',
      'does (it|koinon|the gateway) (support|accept|speak|take) x402[ payments]',
      'do i need an (account|api key) to pay',
      'what does (status 402|a 402|http 402|402 payment required|error 402) mean',
      'i get (a 402|402|payment required|status 402)',
      'how do agents pay[ here]',
      'can i use it without an (api key|account)',
      '(x402 payment|pay with x402|agent payment|402|payment required|pay per call)',
    ],
  },
  {
    id: 'delegate',
    answer: 'Stake on a validator you trust. You share its dividends, less its take, and can take your stake back.',
    verbs: [
      '(stake|delegate) (tokens|my tokens|on a validator|to a validator|stake|money|some tokens)',
      '(stake|delegate)',
      '(earn|get) (dividends|by delegation|as a delegator|passive income)',
      'become a delegator',
      '(take back|withdraw|remove) my stake',
    ],
    other: [
      'what do i get for (staking|delegating|my stake)',
      'can i (stake|delegate|stake on others|earn without hardware)',
      'is it possible to stake[ without hardware]',
      'how does (staking|delegating) work',
      'on whom (should|can) i stake',
      'which validator should i (choose|trust|stake on)',
      'i have tokens but no (machine|hardware|gpu)',
      '(how to stake|delegate tokens|stake on a validator|staking rewards|passive income)',
    ],
  },
]
