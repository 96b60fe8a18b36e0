import type { Intent } from '../intent.ts'

/** Earning, joining and operating a node. */
export const operateIntents: readonly Intent[] = [
  {
    id: 'earn',
    answer:
      'Run npx koinon provider start. It benchmarks the machine, registers it, serves requests and shows what you earn.',
    verbs: [
      '(earn|make) (money|something|tokens|dollars|an income|cash) with (my|a|an old|my idle) (gpu|graphics card|machine|computer|pc|laptop|server|hardware|cpu|graphics cards)',
      'earn[ (money|tokens|here|something|with koinon)]',
      '(offer|sell|share|lend|provide|rent out) (my|a|some|spare|idle) (gpu|machine|computer|compute|hardware|server|computing power|capacity|graphics card)',
      '(become|be|run|start|set up) (a provider|a miner|a provider node|a mining node)',
      '(start|run) (mining|providing|serving|a miner|as a provider|as a miner)',
      'put my (gpu|machine|hardware|idle machine|graphics card|computer) to (use|work)',
      'serve (requests|a model|models|inference) for (money|others|pay|other people)',
      'let my (gpu|machine|computer) (work|earn|work for others)',
    ],
    other: [
      'how do (i|people|gpu owners|owners of machines) (earn|make money)[ here]',
      'can i (earn|mine|make money|be a provider|be a miner)[ (here|with this|with my machine|with my gpu)]',
      'i (have|own) (a gpu|an idle machine|a spare computer|a graphics card|two gpus|a server)[, (how do i earn|what can i do|how do i use it|what now)]',
      'which command starts (a provider|a miner|mining)',
      'what does koinon provider start do',
      '(provider start|koinon provider start|start mining|mine|earn with gpu|earn money|gpu mining|become provider)',
    ],
  },
  {
    id: 'join',
    answer:
      'Run npx koinon join with the address of a running network. It makes your keys and remembers that network; then start your role.',
    verbs: [
      'join (a network|the network|an existing network|another network|a running network|a friend|an other network|somebody else|your network|a public network)',
      '(connect|link|attach|add) (my node|my machine|my computer|a node|a second machine|another machine|my server) (to (a|the|an existing|another|a public|a running) network)',
      'enter (a|the|another|an existing) network',
      'take part in (a|the|an existing|a public) network',
    ],
    other: [
      'can i join[ (a network|you|others|an existing network)]',
      'is there a (public network|network i can join|network to join|mainnet|testnet)',
      'how do (two|several|many|more) machines (join|connect|work together|form a network)',
      'how do i (add|connect) (a second|another|one more) (machine|computer|node)',
      'which command (joins|connects to) a network',
      'what does koinon join do',
      '(koinon join|join network|join|connect to network)',
    ],
  },
  {
    id: 'wallet',
    answer: 'Run npx koinon wallet. It shows your address, your balances and what your keys have spent.',
    verbs: [
      '(see|show|check|view|look at|find|look up|get|read) my (balance|balances|wallet|money|tokens|account|address|funds|wallet address|account balance|test dollars)',
      '(open|use|see) (the|my|a) wallet',
      'find out (how much i have|my balance|what i have left|what i own)',
      'see (what i spent|my spending|how much i spent|what is left)',
    ],
    other: [
      'what is my (balance|address|account|wallet address)',
      'how much (have i got|do i have left|is left|have i spent|did i spend|do i own|money is in my wallet)',
      'where is my (money|wallet|balance|address|account)',
      'do i have a wallet',
      'which command shows my (balance|wallet|address|money)',
      'what does koinon wallet (do|show)',
      '(balance|my balance|my wallet|koinon wallet|my address|account balance)',
    ],
  },
  {
    id: 'faucet',
    answer:
      'The local network gives you test dollars by itself, and the wallet page has a faucet for more. They are worth nothing.',
    verbs: [
      '(get|obtain|receive|request|find) (test money|test dollars|test tokens|play money|free tokens|free test money|more test dollars|some coins|funds for testing)',
      '(use|find|call|open) the faucet',
      '(fill|fund|top up|load) my (wallet|account)[ with (test money|test dollars)]',
    ],
    other: [
      'where (is the faucet|do test dollars come from|does the test money come from|do i get test money|can i get test tokens)',
      'is there a faucet',
      'my (wallet|balance|account) is (empty|zero|at zero)',
      'i (have no|ran out of|need more|need) (test money|test dollars|money|funds|tokens)',
      'do i have to buy (test dollars|tokens to start|test money)',
      'who (gives|pays) me test money',
      '(faucet|free test money|test money|get test tokens)',
    ],
  },
  {
    id: 'doctor',
    answer: 'Run npx koinon doctor. It checks the installation and prints each check, the evidence and a fix.',
    verbs: [
      '(find|diagnose|solve|fix|debug|track down|repair|understand) (a|the|this|my) (problem|error|fault|issue|bug|failure|installation)',
      '(check|test|examine) (my|the) (installation|setup|node|machine|system)',
      'find out (what is wrong|why it does not work|what is broken)',
    ],
    other: [
      'it does not (work|run|start|answer|respond|connect)',
      'something (is wrong|does not work|went wrong|fails|is not working)',
      'what is wrong[ (here|with my node|with it)]',
      'why does it (not work|fail|not start|crash|not answer)',
      'i (get|see|have) (an error|a problem|an error message|errors|problems)[, what now|, what do i do|, help]',
      'is there a (self test|diagnosis|check command|health check command|troubleshooting command)',
      'which command (finds|shows|checks) (problems|errors|what is wrong|my setup)',
      'what does koinon doctor do',
      '(doctor|koinon doctor|troubleshooting|help it fails|error|not working|diagnose|problem)',
    ],
  },
  {
    id: 'health',
    answer:
      'Run npx koinon status. For programs there are /healthz, /readyz and, for Prometheus, /metrics on the gateway.',
    verbs: [
      '(monitor|watch|supervise|observe) (my|the|a) (node|gateway|network|provider|server)',
      '(get|see|collect|read|export) (metrics|prometheus metrics|the metrics|figures for prometheus)',
      '(check|see|test) (whether|if) (it|the node|my node|the gateway|the network) (is up|is alive|runs|is ready|is healthy|is running|works)',
    ],
    other: [
      'is (my node|the gateway|it|the network) (up|running|alive|healthy|ready|ok)',
      'is there (a health check|a metrics endpoint|monitoring|prometheus support|a status endpoint|a readiness check)',
      'where are the (metrics|health checks|prometheus metrics)',
      'does it (export|have|offer|support) (metrics|prometheus|health checks|monitoring)',
      'which (url|endpoint|path) (is|tells|shows) (the health check|whether it is ready|the metrics|health)',
      'what is (healthz|readyz|/healthz|/readyz|/metrics)',
      '(status|koinon status|monitoring|metrics|health check|prometheus|healthz|readyz|grafana)',
    ],
  },
  {
    id: 'logs',
    answer: 'Run npx koinon logs. It prints the recent messages of the processes of your node.',
    verbs: [
      '(see|read|view|show|find|print|open|watch|check|follow|tail) (the|my) (logs|log|log file|log files|log messages|messages|node logs)',
      'see what (the node|it|my node|the gateway|a provider) (is doing|did|does|wrote|printed)',
    ],
    other: [
      'where are (the|my) (logs|log files|messages)',
      'where (is|do i find) the (log|log file|logs)',
      'is there a log[ file]',
      'which command (shows|prints) the (logs|log|messages)',
      'does it (write|keep) (logs|a log)',
      'what does koinon logs do',
      '(logs|log|koinon logs|log file|show logs|view log)',
    ],
  },
  {
    id: 'epochShow',
    answer: 'Run npx koinon epoch show. It prints the weights, the payouts and the signatures of an epoch.',
    verbs: [
      '(see|show|view|print|inspect|look at|read|check|open) (an|the|the last|the current|the latest|a past) epoch',
      '(see|show|print|look up) (the|all) (weights|payouts|rewards|scores|votes) (of an epoch|of the last epoch|of this epoch|in an epoch)',
      'find out (what happened in an epoch|who was paid in an epoch|what was paid last epoch)',
    ],
    other: [
      '(which|what) (epoch is it|is the current epoch|epoch is running)',
      'where (are|can i see) (the epochs|epoch results|the rewards of an epoch|the weights)',
      'who (was paid|earned|got rewards) (in|during) (the last|this|an) epoch',
      'which command shows (an epoch|the epoch|epochs|the weights)',
      'what does koinon epoch show (do|print)',
      '(epoch show|koinon epoch show|show epoch|epoch results|current epoch|last epoch)',
    ],
  },
  {
    id: 'audit',
    answer:
      'Run npx koinon epoch run --in FILE.json --json. It recomputes an epoch from public data, and the same input gives the same root.',
    verbs: [
      '(audit|recompute|recalculate|verify|check|reproduce|repeat|redo) (the|an|all) (rewards|epoch|payouts|epoch result|reward calculation|results of an epoch|emission)',
      '(check|verify) (that|whether) the (rewards|payouts|validators) (are right|are correct|are fair|did not cheat)',
      'audit (the network|koinon|validators|the validators)',
    ],
    other: [
      'can (anyone|i|outsiders|a third party|everybody|an auditor) (audit|check|recompute|verify) (the rewards|an epoch|the results|the payouts|the network)',
      'who (checks|audits|controls) (the validators|the rewards|the epoch results)',
      'how do i know (that the rewards are right|the payouts are fair|the validators counted right)',
      'is there an audit (command|tool)',
      'are the rewards (reproducible|verifiable|auditable)',
      'what does koinon epoch run do',
      '(audit the rewards|audit rewards|recompute epoch|epoch run|koinon epoch run|verify rewards)',
    ],
  },
  {
    id: 'receiptVerify',
    answer:
      'Run npx koinon receipt verify with its id. It lists every check as pass, fail or not checked, in your own process.',
    verbs: [
      '(verify|check|validate|test|prove|examine|inspect) (a|the|my|that|an old) (receipt|receipts)',
      '(check|verify|see|know) (that|whether|if) (a|my|the) receipt is (real|valid|genuine|true|correct|right|good|honest)',
      'verify (an answer|my answer|the answer)[ myself]',
    ],
    other: [
      'can i (check|verify|validate|test) (a receipt|receipts|my receipt)[ (myself|offline|on my own)]',
      'is my receipt (valid|real|genuine|right|correct)',
      'which command (verifies|checks|validates) (a receipt|receipts)',
      'what does koinon receipt verify do',
      'how does receipt (verification|checking) work',
      'who verifies (receipts|a receipt|my receipt)',
      '(receipt verify|verify receipt|koinon receipt verify|check receipt|receipt verification)',
    ],
  },
  {
    id: 'receiptFind',
    answer:
      'Its id is in the header x-koinon-receipt of the response. GET /v1/receipts/ID returns it, and the dashboard lists them all.',
    verbs: [
      '(find|get|see|list|download|show|fetch|look up|read) (a|my|the|all my|old|my last) (receipt|receipts)',
      '(find|get|read) the (receipt id|id of a receipt|id of my receipt|number of the receipt)',
    ],
    other: [
      'where (is|are|do i find|can i see|can i get) (my|the) (receipt|receipts)',
      'which (http header|response header|header) (holds|carries|contains|is) the receipt',
      'what is (the receipt id|x-koinon-receipt|the header x-koinon-receipt)',
      'do i get a receipt',
      'does every answer (have|come with|carry) a receipt',
      'how long are receipts (kept|stored)',
      'is there a list of (receipts|my receipts)',
      '(my receipts|receipt id|list receipts|receipt header|find receipt)',
    ],
  },
  {
    id: 'whereKeys',
    answer:
      'In the home folder, ~/.koinon by default, readable by you only. Whoever can read that folder can spend your money.',
    verbs: [
      '(find|see|locate|get) my (keys|private keys|private key|secrets|key files|wallet file|wallet files)',
      'find (the home folder|the data folder|the folder with my keys|where my keys are)',
    ],
    other: [
      'where (are|do you keep|does it keep|does koinon store|does it store|does it put|do i find) (my keys|the keys|my private keys|private keys|my secrets|my wallet|the wallet|my data|the data)',
      'in which (folder|directory|file|place) are (my keys|the keys|my secrets|my data|the files)',
      'where is (the home folder|my home folder|the wallet file|my key|the key file|the data directory|my data)',
      'who (has|holds|keeps|can read|owns) my (keys|private keys|secrets)',
      'are my keys (safe|encrypted|protected|on disk|on my machine|private)',
      'does koinon (hold|have|see|keep) my keys',
      'what is in (the home folder|.koinon|~/.koinon)',
      '(key location|home folder|where keys|key storage|data folder)',
    ],
  },
  {
    id: 'backup',
    answer: 'Stop the network and copy the home folder, ~/.koinon by default, to a safe place. Put it back to restore.',
    verbs: [
      '(back up|save|copy|export|secure) (my|the) (keys|wallet|data|node|home folder|network|private keys|everything)',
      '(make|create|keep|restore) a (backup|copy)[ of (my keys|my wallet|my data|my node|everything)]',
      'move (my node|my keys|everything|it|my data) to (another machine|a new machine|another computer|a new laptop|a new server)',
      'restore (my keys|my wallet|my node|a backup|from a backup)',
    ],
    other: [
      'what (do i have to|should i|must i) (back up|save|copy)',
      'is there a backup[ command]',
      'do i need a backup',
      'how do i get my (keys|wallet|node) onto (another|a new) (machine|computer)',
      '(backup|back up|backup keys|restore|move to new machine|export keys)',
    ],
  },
  {
    id: 'lostKeys',
    answer:
      'Nobody can restore a lost key; there is no support desk. Restore your backup, or the money behind that key is gone.',
    verbs: [
      '(recover|restore|get back|replace|reset) (a lost key|lost keys|my lost key|my password|my lost keys|my lost wallet|a forgotten key)',
    ],
    other: [
      'what (if|happens if|can i do if|happens when) i (lose|lost|delete|forget) my (key|keys|private key|wallet|secret|coldkey|hotkey|laptop)',
      'i (lost|deleted|forgot|cannot find) my (keys|key|wallet|secret|home folder)[, (what now|can you help|what do i do)]',
      'my (keys|laptop|wallet) (are|is|was) (lost|gone|stolen|deleted)',
      'can (somebody|anyone|support|koinon|you) (restore|recover|reset|find) my (key|keys|wallet|password)',
      'is there (a recovery|support|a password reset|a recovery phrase|a seed phrase)',
      '(lost key|lost keys|key lost|recover wallet|stolen keys|forgot password)',
    ],
  },
  {
    id: 'reset',
    answer:
      'Stop the network and delete its home folder, ~/.koinon by default. The keys and test money in it are then gone for good.',
    verbs: [
      '(reset|wipe|delete|erase|remove|clear|clean|uninstall) (it|everything|the network|my network|koinon|the local network|my node|all data|the chain|the local chain)',
      'start (over|again|fresh|from scratch|from the beginning|with a clean state)',
      '(get|make) a (fresh|new|clean) (network|start|chain|install)',
    ],
    other: [
      'what do i (delete|remove) to (reset|start over|clean up|get rid of it)',
      'can i (reset|start over|wipe everything|uninstall it|remove it)',
      'how do i get rid of (it|koinon|the network|all data)',
      'is there a reset[ command]',
      '(reset|start over|uninstall|wipe|delete everything|factory reset|clean state)',
    ],
  },
  {
    id: 'slow',
    answer:
      'Usually other programs use the cores. Close them, give the engine fewer threads than free cores, and look at koinon doctor.',
    verbs: [
      '(speed up|make faster|improve the speed of) (it|my node|answers|the answers|inference|the model)',
      'get (faster answers|more speed|more tokens per second)',
    ],
    other: [
      'why (is|are) (it|koinon|my node|the answer|answers|the model|the network|inference) (so slow|slow|slower than before|slower today|taking long)',
      '(it|everything|the model|inference|the answer) is (slow|very slow|too slow|so slow)',
      'why does (it|an answer|the model|inference) take (so long|long|ages|minutes)',
      'the (answers|tokens) come (slowly|too slowly|very slowly)',
      'how (fast|slow) is it',
      'how many threads (should|does) (i give it|it use|the engine use)',
      'can it be (faster|sped up)',
      '(slow|too slow|performance|speed|slow answers)',
    ],
  },
  {
    id: 'tests',
    answer:
      'Run npm test. It installs what is missing and then runs every test; models, contracts and the network are all covered.',
    verbs: [
      '(run|start|execute|launch) (the|all|all the|your|its) (tests|test suite|unit tests|checks)',
      '(test|check) (the code|koinon itself|my changes|a change|the software)',
    ],
    other: [
      'is (it|the code|koinon) tested',
      'are there (tests|unit tests|any tests)',
      'which command runs (the tests|all tests|tests)',
      'what does npm test do',
      'how (is|are) (it|the software|the contracts) tested',
      'does it have (tests|a test suite)',
      '(npm test|run tests|unit tests|test suite|tests)',
    ],
  },
]
