/** Two terms that newcomers mix up, and one answer that separates them. */
export type Contrast = { readonly a: string; readonly b: string; readonly answer: string }

const contrast = (a: string, b: string, answer: string): Contrast => ({ a, b, answer })

export const contrasts: readonly Contrast[] = [
  contrast(
    'hotkey',
    'coldkey',
    'The hotkey signs daily work and can be replaced. The coldkey owns the money and stays offline.',
  ),
  contrast(
    'miner',
    'validator',
    'A miner does the work and is paid for its quality. A validator checks that work and decides by weights who earns.',
  ),
  contrast(
    'gateway',
    'provider',
    'A gateway takes requests from users and passes them on. A provider runs the model and answers them.',
  ),
  contrast(
    'provider',
    'miner',
    'Any machine that serves requests is a provider. Registered in a subnet it is called a miner and also earns emission.',
  ),
  contrast(
    'token',
    'text token',
    'A token is a unit of value on a chain. A text token is a piece of a word that a model reads or writes.',
  ),
  contrast(
    'receipt',
    'voucher',
    'A receipt says what work was done and what it cost. A voucher is the signed money that may be claimed for it.',
  ),
  contrast('prefill', 'decode', 'Prefill reads the whole prompt at once. Decode writes the answer token after token.'),
  contrast(
    'L0',
    'L2',
    'L0 checks signature, hashes and sums of a receipt. L2 replays the answer and compares every bit.',
  ),
  contrast(
    'L1',
    'L2',
    'L1 is a cheap pass that tolerates small differences, so it never slashes. L2 demands equal bits and can slash.',
  ),
  contrast(
    'Q8_0',
    'Q4_0',
    'Q8_0 stores 8 bits a weight, Q4_0 only 4. Q4_0 is half as big and answers a little differently.',
  ),
  contrast(
    'inference',
    'training',
    'Training makes a model by adjusting its parameters. Inference uses the finished model to answer.',
  ),
  contrast(
    'training',
    'fine-tuning',
    'Training starts from random numbers. Fine-tuning goes on from a finished model with a few special examples.',
  ),
  contrast(
    'private key',
    'public key',
    'The private key signs and must stay secret. The public key checks those signatures and may be known to all.',
  ),
  contrast(
    'incentive',
    'dividends',
    'Incentive is what miners earn from emission. Dividends are what validators and their delegators earn.',
  ),
  contrast(
    'proposal',
    'vote',
    'A proposal is the change put forward. A vote is the weight of one holder for or against it.',
  ),
  contrast(
    'x402',
    'MPP',
    'Both pay over HTTP after status 402. x402 puts the payment in its own headers, MPP in the authorization header.',
  ),
  contrast(
    'TEE',
    'zero-knowledge proof',
    'A TEE asks you to trust a chip maker and is fast. A zero-knowledge proof is mathematics and slow for large models.',
  ),
  contrast(
    'DiLoCo',
    'SparseLoCo',
    'DiLoCo sends the whole difference after many steps. SparseLoCo sends only its largest parts in a few bits.',
  ),
  contrast('MCP', 'A2A', 'MCP connects a model to tools. A2A connects agents to other agents.'),
  contrast(
    'Merkle tree',
    'Merkle root',
    'The tree holds all hashes of a list. The root is its top hash, which stands for the whole list.',
  ),
  contrast('blockchain', 'layer 2', 'A layer 2 is a blockchain that settles on another one, which makes it cheaper.'),
  contrast(
    'stake',
    'bond',
    'Stake gives weight to votes and can be slashed for cheating. A bond only secures one promise.',
  ),
  contrast(
    'stake',
    'delegation',
    'Stake is money locked behind your own identity. Delegation puts it behind the validator of somebody else.',
  ),
  contrast(
    'weights',
    'parameter',
    'In a subnet, weights are the marks validators give to miners. In a model, parameters are its trained numbers.',
  ),
  contrast(
    'epoch',
    'block',
    'A block holds a few transactions. An epoch spans many blocks and ends with the payment of emission.',
  ),
  contrast('receipt', 'evidence', 'A receipt states what was done. Evidence is what lets others check that statement.'),
  contrast(
    'timelock',
    'multisig',
    'A timelock delays a change so that people can leave. A multisig only asks several keys to agree.',
  ),
  contrast(
    'latency',
    'throughput',
    'Latency is how long one answer takes. Throughput is how much work is done in a second.',
  ),
  contrast(
    'fee',
    'emission',
    'Fees are paid by users for answers. Emission is new token paid by the network for scored work.',
  ),
  contrast(
    'blockchain',
    'ledger',
    'The ledger is the record itself. A blockchain is one way to keep it among machines that do not trust each other.',
  ),
  contrast(
    'scorer',
    'aggregator',
    'A scorer turns evidence into one score by one validator. An aggregator joins the scores of all validators.',
  ),
  contrast(
    'attestation',
    'receipt',
    'An attestation is a statement by hardware about its program. A receipt is a statement by a miner about one answer.',
  ),
]

/** Question templates over `{a}` and `{b}` with articles; both orders are used. */
export const contrastTemplates: readonly string[] = [
  'what is the difference between {a} and {b}',
  "what's the difference between {a} and {b}",
  'how does {a} differ from {b}',
  '{a} or {b}',
  '{a} versus {b}',
  '{a} vs {b}',
  'is {a} the same as {b}',
  'compare {a} and {b}',
  'compare {a} with {b}',
  'explain the difference between {a} and {b}',
  'what distinguishes {a} from {b}',
  'difference between {a} and {b}',
  'how do i tell {a} from {b}',
  'what are the differences between {a} and {b}',
  'is {a} different from {b}',
  'how is {a} different from {b}',
  'tell me the difference between {a} and {b}',
]

/** Contrast templates never used in training. */
export const heldOutContrastTemplates: readonly string[] = [
  'i mix up {a} and {b}',
  'where is the difference between {a} and {b}',
  'what separates {a} from {b}',
]
