/** How a term of the glossary is asked for: its article, plural and other names. */
export type TermForms = {
  readonly term: string
  /** '' for names and things that are not counted. */
  readonly article: '' | 'a' | 'an' | 'the'
  readonly plural?: string
  readonly aliases: readonly { readonly text: string; readonly article: '' | 'a' | 'an' | 'the' }[]
}

/** One line a term: `term | article | plural | alias; alias`. An alias starting with `~` takes no article. */
const table = `
Koinon ||| ~this project; ~this software
decentralized AI ||| ~decentralised ai; ~deai; ~decentralized artificial intelligence; ~a decentralized ai network
node | a | nodes | koinon node
gateway | a | gateways | api gateway; inference gateway
provider | a | providers | gpu provider; inference provider
miner | a | miners | ~mining
validator | a | validators | validator node
verifier | a | verifiers | receipt verifier
subnet | a | subnets | sub-network; sub net; subnetwork
neuron | a | neurons |
uid | a | uids | ~a neuron number
offer | an | offers | signed offer; standing quote
receipt | a | receipts | signed receipt; inference receipt
evidence |||
verdict | a | verdicts | list of checks
settlement |||~settling
probe | a | probes | test request
dashboard | the || dashboard page
local network | a | local networks | devnet; ~the local network
Bittensor ||| ~tao
DePIN ||| ~decentralized physical infrastructure; ~depin networks
ledger | the | ledgers | distributed ledger
blockchain | a | blockchains | block chain
block | a | blocks |
transaction | a | transactions | tx
smart contract | a | smart contracts | contract
EVM | the || ethereum virtual machine; ~evm chain
layer 2 | a | layer 2s | l2 chain; layer two; rollup; ~an l2
gas ||| ~gas fee; ~gas fees
RPC ||| ~json-rpc; ~an rpc address; ~rpc url
chain id | a | chain ids |
sequencer | a | sequencers |
journal | the || chain journal; write-ahead journal
reorg | a | reorgs | reorganisation; chain reorganization
nonce | a | nonces |
hash | a | hashes | hash function; ~hashing
Merkle tree | a | merkle trees | hash tree
Merkle root | a | merkle roots |
signature | a | signatures | digital signature
EIP-712 ||| ~eip712; ~typed data signing
private key | a | private keys | secret key
public key | a | public keys |
wallet | a | wallets | crypto wallet
hotkey | a | hotkeys | hot key
coldkey | a | coldkeys | cold key
session key | a | session keys |
stablecoin | a | stablecoins | stable coin; ~usdc
test dollar | a || ~test dollars
faucet | a | faucets |
ERC-20 ||| ~erc20; ~an erc-20 token
ERC-8004 ||| ~erc8004
stake | a || ~staking; ~stake
delegation ||| ~delegating; ~a delegator; ~delegators
take | the || validator take; ~take rate
slashing ||| ~slash; ~getting slashed
bond | a | bonds | security deposit
emission ||| ~emissions; ~token emission
epoch | an | epochs | ~a tempo; ~tempo
weights ||| ~a weight; ~weight setting; ~validator weights
commit-reveal ||| ~commit reveal; ~commit and reveal
Yuma consensus ||| ~yuma; ~yuma 3
stake-weighted median | the || weighted median; ~stake weighted median
clipping ||| ~weight clipping; ~clip
dividends ||| ~a dividend; ~validator dividends
incentive ||| ~incentives; ~miner incentive
scorer | a | scorers | scoring rule; ~scoring
aggregator | an | aggregators |
emission policy | an | emission policies |
beacon | a | beacons | random beacon; randomness beacon
quorum | a | quorums |
dispute | a | disputes |
epoch root | an | epoch roots |
evidence log | an | evidence logs |
sybil attack | a | sybil attacks | ~sybil; ~sybils
weight copying ||| ~weight copier; ~copying weights
halving | a | halvings | ~halvening
burn ||| ~burning tokens; ~token burn; ~burning; ~to burn
tokenomics ||| ~token economics
x402 ||| ~x 402; ~the x402 protocol
MPP ||| ~machine payments protocol; ~the machine payments protocol
payment channel | a | payment channels | channel
voucher | a | vouchers | payment voucher
claim watcher | a | claim watchers |
escrow ||| ~an escrow; ~an escrow contract
batch settlement ||| ~batch-settlement
replay attack | a | replay attacks |
API key | an | api keys |
budget | a | budgets |
inference ||| ~ai inference; ~model inference
model | a | models | language model; ai model
large language model | a | large language models | ~an llm; ~llm; ~llms
demo model | the || ~this demo model
parameter | a | parameters | model parameter; ~model weights
token | a | tokens | crypto token
text token | a | text tokens | ~a token of text; ~a token in a language model
tokenizer | a | tokenizers | tokeniser
prompt | a | prompts |
context window | the | context windows | context length; ~context size
GGUF ||| ~a gguf file; ~gguf format
llama.cpp ||| ~llama cpp; ~llamacpp
quantisation ||| ~quantization; ~a quantized model; ~quantising
Q8_0 ||| ~q8; ~8 bit quantisation
Q4_0 ||| ~q4; ~4 bit quantisation
KV cache | the | kv caches | key value cache; ~kv caching
logit | a | logits |
temperature ||| ~sampling temperature; ~temperature zero
sampling ||| ~a sampler; ~token sampling
embedding | an | embeddings | text embedding
prefill ||| ~prompt processing; ~the prefill phase
decode ||| ~decoding; ~the decode phase
padded decode ||| ~padded decoding
determinism class | a | determinism classes |
verification ladder | the || ~the ladder; ~a rung; ~the rungs
L0 ||| ~level 0; ~rung 0; ~l0 check
L1 ||| ~level 1; ~rung 1; ~l1 check
L2 ||| ~level 2; ~rung 2; ~l2 check; ~bit-exact replay
L3 ||| ~level 3; ~rung 3; ~l3 check
L4 ||| ~level 4; ~rung 4; ~l4 check
throughput ||| ~tokens per second
latency ||| ~time to first token
batching ||| ~continuous batching
failover |||
streaming ||| ~token streaming
GPU | a | gpus | graphics card; graphics processor
TEE | a | tees | trusted execution environment; ~confidential computing; ~an enclave
attestation | an | attestations | remote attestation; ~a tee quote
zero-knowledge proof | a | zero-knowledge proofs | zero knowledge proof; zk proof; ~zk; ~snark
re-execution ||| ~reexecution; ~replaying work
homomorphic encryption ||| ~fhe; ~fully homomorphic encryption
multi-party computation ||| ~mpc; ~multiparty computation; ~secure multi-party computation
secure aggregation ||| ~secagg
differential privacy ||| ~dp noise
secret sharing ||| ~shamir; ~shamir secret sharing
erasure coding ||| ~reed-solomon; ~erasure codes
proof of possession | a | proofs of possession | storage proof; ~proof of storage
training ||| ~model training; ~distributed training
fine-tuning ||| ~fine tuning; ~finetuning
federated learning ||| ~fl training
gradient | a | gradients |
loss | the || ~training loss
checkpoint | a | checkpoints |
DiLoCo ||| ~low-communication training
SparseLoCo ||| ~sparse loco
compute market | a | compute markets | gpu market; compute marketplace
lease | a | leases |
agent | an | agents | ai agent; autonomous agent
MCP ||| ~model context protocol; ~an mcp server
A2A ||| ~agent to agent; ~agent2agent; ~the a2a protocol
agent card | an | agent cards |
ERC-8183 ||| ~erc8183
reputation ||| ~agent reputation
prompt injection ||| ~a prompt injection attack
governance ||| ~on-chain governance
proposal | a | proposals | governance proposal
vote | a | votes | ~voting
DAO | a | daos | decentralized autonomous organisation
timelock | a | timelocks | time lock
multisig | a | multisigs | multi-signature wallet; ~multi sig
Nakamoto coefficient | the || ~nakamoto
`

function parse(line: string): TermForms {
  const [term = '', article = '', plural = '', aliases = ''] = line.split('|').map((cell) => cell.trim())
  const parsed = aliases
    .split(';')
    .map((alias) => alias.trim())
    .filter((alias) => alias !== '')
    .map((alias) => {
      if (alias.startsWith('~')) return { text: alias.slice(1), article: '' as const }
      return { text: alias, article: article === 'an' || article === 'a' ? indefinite(alias) : (article as '' | 'the') }
    })
  return { term, article: article as TermForms['article'], ...(plural === '' ? {} : { plural }), aliases: parsed }
}

function indefinite(text: string): 'a' | 'an' {
  return /^[aeio]/i.test(text) ? 'an' : 'a'
}

/** Every term of GLOSSARY.md in its order; a test holds the two together. */
export const termForms: readonly TermForms[] = table.trim().split('\n').map(parse)
