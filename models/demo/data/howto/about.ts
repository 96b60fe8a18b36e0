import type { Intent } from '../intent.ts'

/** About the project, subnets and what is not there yet. */
export const aboutIntents: readonly Intent[] = [
  {
    id: 'subnetCreate',
    answer:
      'Write one TypeScript file with defineSubnet: what is sampled, how it is verified and scored. A simulator with cheats is planned, not built.',
    verbs: [
      '(create|make|build|start|found|write|launch|develop|design|set up|deploy|define|open|register|add) (a subnet|my own subnet|a new subnet|my subnet|an own subnet|another subnet|subnets)',
      '(test|simulate|try) (a subnet|my subnet|a subnet with cheats|my subnet against cheaters)',
    ],
    other: [
      'can i (create|make|have|start|build|own) (a subnet|my own subnet|subnets)',
      'what do i need (for a subnet|to create a subnet|to start a subnet)',
      'how (hard|much work) is it to (create|make|write) a subnet',
      'what does (definesubnet|the function definesubnet) do',
      'i want my own subnet',
      'who can (create|start|own) a subnet',
      'what does a subnet (consist of|file look like)',
      '(create subnet|new subnet|definesubnet|own subnet|write a subnet|subnet file)',
    ],
  },
  {
    id: 'validatorBecome',
    answer:
      'Run npx koinon validator start. It registers and stakes, draws receipts, replays them and publishes weights each epoch.',
    verbs: [
      '(become|be|run|start|set up|operate|register) (a validator|a validator node|my own validator|as a validator|the validator role)',
      '(start|begin) validating',
      'validate',
      '(score|judge) (miners|the work of others|the miners)',
    ],
    other: [
      'can i (be|run|become) a validator',
      'what (do i need|is needed|is required|does it take) to (be|run|become) a validator',
      'who can (be|become|run) a validator',
      'how much stake does a validator need',
      'do validators (need a gpu|need stake|earn money|get paid)',
      'how do validators earn[ money]',
      'i want to (be a validator|validate|run a validator)',
      '(become validator|koinon validator start|validator start|run a validator|start validating|validator setup|validator requirements)',
    ],
  },
  {
    id: 'licence',
    answer:
      'Koinon is open source under the Apache-2.0 licence. You may use, change and sell it if you keep the notices.',
    verbs: [
      '(use|copy|change|modify|sell|reuse) (the code|the source|koinon|your code) (commercially|in a product|in my product|in my company|at work)',
    ],
    other: [
      '(which|what) (licence|license) (is it|does it have|is it under|do you use|applies|covers it|does koinon have|does the model have)',
      'is (it|koinon|the code|this|the software|the model) (open source|free software|proprietary|closed source|licensed)',
      '(may|can|am i allowed to) (i|) (use it commercially|sell it|copy the code|change the code|use the code|fork it|modify it|use it at work)',
      'what is the (licence|license)',
      'where is the source code',
      'who owns the (code|copyright)',
      'is commercial use allowed',
      '(licence|license|apache 2.0|open source|copyright|source code)',
    ],
  },
  {
    id: 'builtWith',
    answer: 'Koinon is written in TypeScript on Node 24, with contracts in Solidity. Inference runs on llama.cpp.',
    other: [
      '(which|what) (language|programming language|languages|technology|framework|stack|tools) (is it|is koinon|are you|do you|does it|does koinon) (written in|use|built with|made with|using)',
      'what is (it|koinon|the software|the node|the gateway) (written in|built with|built on|made of|coded in)',
      'how is (it|koinon) (built|made|written|programmed|implemented)',
      'is (it|koinon|the node) (written|coded|programmed) in (typescript|python|javascript|go|solidity|java|c++)',
      'why typescript',
      'do i need to know (typescript|python|solidity)',
      'which (engine|inference engine) (does it use|runs the model)',
      'what are (the contracts|smart contracts) written in',
      '(tech stack|programming language|written in|technology|architecture)',
    ],
  },
  {
    id: 'docs',
    answer:
      'Read README.md and the docs and specs folders of the repository. For a bug, open an issue there with the output of koinon doctor.',
    verbs: [
      '(find|read|see|get) (the documentation|the docs|documentation|a manual|a tutorial|more information|the specs|examples)',
      '(report|file|send) (a bug|an issue|a problem|feedback)',
      '(learn|find out|know|read) more[ about (it|koinon)]',
      '(get|ask for|find) (help|support)',
    ],
    other: [
      'where (is|are|can i find|do i find) (the documentation|the docs|the manual|a tutorial|more information|examples|the specs|help|the readme)',
      'is there (documentation|a manual|a tutorial|a guide|a readme|an example|a specification)',
      'where (do|can|should) i (report a bug|report bugs|get help|ask for help|file an issue|send feedback)',
      'i found a bug',
      'who (helps me|can help me|do i ask)',
      'how can i (contribute|help you|get support)',
      'i need (help|support|a manual|more information|documentation)',
      '(docs|documentation|manual|tutorial|guide|support|report a bug|bug report|readme|specs)',
    ],
  },
  {
    id: 'modelMade',
    answer:
      'I have about one million parameters and was trained from scratch in TypeScript, in minutes on one core, on questions written for this project.',
    verbs: [
      '(train|retrain|rebuild|reproduce|make) (the demo model|this model|you|the model) (again|myself|from scratch)',
    ],
    other: [
      'how (were|are|was|is) (you|this model|the demo model|the model) (trained|made|built|created|taught)',
      'how (big|large|small|many parameters) (are you|is the model|is this model|does the model have|do you have|is the demo model)',
      '(who|what) (trained|made|built|created|wrote|taught) (you|this model|the demo model|the model)',
      'what (were|are|was) (you|this model|the model) trained on',
      'where (did you learn|does your knowledge come from|do your answers come from|do you come from)',
      '(which|what) (model|language model|kind of model|llm|neural network) (are you|is this|do you use|answers me|is behind this)',
      'how long did (training|your training|it) take[ to train you]',
      'can i (train|retrain) (you|the demo model|this model)',
      'what is your (training data|size|model name|architecture)',
      'are you a (small|big|large|tiny|llama) model',
      '(model size|training data|parameter count|how trained|model card|your training)',
    ],
  },
  {
    id: 'whyDecentralized',
    answer:
      'So that no single company owns the machines, sets the prices, decides who may take part or can switch it all off.',
    other: [
      'why (decentralized|decentralised|decentralization|is it decentralized|be decentralized|decentralize ai|should it be decentralized|do we need decentralized ai|a network|do we need koinon|use koinon|koinon|does koinon exist|does this exist|use this|a blockchain|do you need a blockchain)',
      'what is (the advantage|the benefit|the use|good about it|the point|the advantage of a network|the point of koinon|the point of this|the benefit of decentralized ai)',
      'why not (use one server|use openai|use a cloud|just use a server|a central server|use a database)',
      'what (problem|problems) does (it|koinon|this) solve',
      'what is wrong with (big companies|central ai|the cloud|one company)',
      'what do i gain[ from (it|koinon)]',
      'why should i (use it|use koinon|care|join|take part)',
      'what is it (good for|for|all about)',
      '(why|purpose|benefit|advantages|motivation|mission|use case|why decentralized ai)',
    ],
  },
  {
    id: 'versusBittensor',
    answer:
      'Both have subnets, weights and emission. Koinon also lets users pay per answer, gives checkable receipts, and runs whole on one laptop.',
    other: [
      '(what is the difference|what are the differences|the difference) between (koinon and bittensor|bittensor and koinon|you and bittensor|this and bittensor)',
      'how (does|is) (koinon|this|it) (differ from|different from|compare to|compare with|better than|related to) bittensor',
      'is (it|koinon|this) (like|a copy of|a fork of|better than|the same as|based on|a clone of|similar to|part of) bittensor',
      '(compare|comparison of|contrast) (koinon and bittensor|koinon with bittensor|bittensor and koinon)',
      'why not (use|just use) bittensor',
      'what does koinon (do|have) that bittensor (does not|has not)',
      'what (did you|does it) (take|learn|borrow) from bittensor',
      'how is koinon different[ from (others|other networks)]',
      '(koinon versus bittensor|koinon vs bittensor|bittensor versus koinon|bittensor comparison|difference to bittensor)',
    ],
  },
  {
    id: 'notBuilt',
    answer:
      'Not in this version. It has inference, payments and subnets; compute leases, training runs, storage and data markets are planned.',
    verbs: [
      '(rent|lease|book) (a gpu|a server|a machine|compute|gpus|hardware|a container|an hour of gpu time)',
      '(train|fine-tune|finetune) (a model|my model|my own model|a big model|an llm|models) (here|on the network|with koinon|on koinon|together)',
      '(store|upload|save|keep|host) (files|a file|data|my files|my data|backups) (here|on the network|with koinon|in the network)',
      '(sell|buy|publish|offer|share) (data|a data set|my data|datasets|a dataset)',
      '(deploy|run) (a container|docker|an app|my app|kubernetes|an sdl file|a docker image|a web server)[ (here|on koinon|on the network)]',
    ],
    other: [
      'does (it|koinon|the network) (have|support|offer) (storage|training|gpu rental|compute leases|a data market|containers|a compute market|federated learning|file storage)',
      'can (koinon|it|the network) (train models|store files|rent gpus|run containers|sell data|store data)',
      'is (training|storage|gpu rental|the compute market|the data market|a data market) (built|ready|there|available|supported|finished)',
      'what is (missing|not built|not there yet|planned|not finished|coming next|the roadmap)',
      'which (features|layers|parts) are (missing|planned|not built|not ready|still missing)',
      '(roadmap|planned features|what is missing|gpu rental|rent gpu|train a model|store files|sell data|future plans)',
    ],
  },
  {
    id: 'whoOwns',
    answer:
      'Nobody owns the network: it belongs to those who run its machines. On your laptop that is you alone; no key can stop one subnet.',
    other: [
      'who (owns|controls|runs|governs|operates|made|founded|leads|is in charge of|rules|decides in) (koinon|the network|this network|this|it|the project)',
      'is (there|koinon|it) (a company|an owner|a company behind it|owned by a company|run by a company|a boss|an organisation|a foundation|a startup)',
      'who is (in charge|the boss|the owner|responsible|the founder|the ceo|behind this|behind it)',
      'can (anyone|someone|a company|a government|you) (shut it down|stop the network|stop a subnet|switch it off|control it|censor it|ban it)',
      'who can (stop|pause|censor|change|shut down) (it|the network|a subnet|koinon)',
      'whose network is (it|this)',
      'which company (is behind it|made koinon|owns it|made this)',
      '(owner|company|founder|who owns|who controls|control)',
    ],
  },
]
